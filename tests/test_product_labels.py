"""Which columns of a catalog are learned, as which values, and how products are split."""

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.labelling.labels import OTHER
from engine.labelling.product_columns import (
    attribute_columns,
    choose_columns,
    unify_spelling,
)
from engine.labelling.product_labels import (
    MOST_LABELS,
    family_keys,
    label_products,
)
from engine.labelling.split import split_groups
from engine.labelling.stated_values import stated_probabilities
from engine.simulation.tiny_shop import tiny_catalog
from engine.tables.product_text import BEGINNING, summary
from engine.tables.tables import Tables
from engine.tasks import get_task
from tests.tiny_shop import tiny_tables


def catalog(**columns: list[object]) -> pd.DataFrame:
    """Products with these columns; what is no column of the schema becomes an attribute."""
    frame = pd.DataFrame(columns)
    own = [name for name in frame if name not in ("title", "description", "category", "brand")]
    facts = [{k: v for k, v in row.items() if pd.notna(v)} for row in frame[own].to_dict("records")]
    frame["attributes"] = [json.dumps(row) if row else None for row in facts]
    frame["product_id"] = [f"p{row}" for row in range(len(frame))]
    return frame.reindex(columns=tiny_catalog(2).columns)


def test_attributes_become_columns_of_filled_cells() -> None:
    products = catalog(title=["a", "b"], brand=["X", None], colour=["Red ", None], n=[2.0, 3.5])
    products.loc[1, "attributes"] = '{"n": [1, 2], "ok": true, "deep": {"a": 1}, "x": "  "}'
    found = {name: values.to_dict() for name, values in attribute_columns(products).items()}
    assert found == {
        "category": {}, "brand": {0: "X"}, "colour": {0: "Red"}, "n": {0: "2"}, "ok": {1: "true"},
    }  # fmt: skip


def test_numbers_switches_texts_and_rare_values_are_not_learned_by_themselves() -> None:
    n = 60
    columns = {
        "colour": pd.Series(["Red", "blue"] * 30),
        "weight": pd.Series(["3 kg", "4 kg"] * 30),
        "touch": pd.Series(["true", "false"] * 30),
        "code": pd.Series([f"c{row}" for row in range(n)]),
        "story": pd.Series(["x" * 80, "y" * 80] * 30),
        "few": pd.Series(["a", "b"] * 5),
        "title": pd.Series(["a", "b"] * 30),
    }
    assert list(choose_columns(columns, 8)) == ["colour"]
    assert list(choose_columns(columns, 8, "weight")) == ["weight"]
    assert choose_columns(columns, 8, "code") == {}


@pytest.mark.parametrize(
    "name", ["words", "label", "unsure", "heads", "colour_unsure", "probabilities", "input"]
)
def test_a_column_may_be_called_as_a_field_of_an_answer(name: str) -> None:
    assert list(choose_columns({name: pd.Series(["a", "b"] * 30)}, 8)) == [name]


@pytest.mark.parametrize("name", ["", "title", "description", "price", "product_id"])
def test_an_attribute_named_as_another_column_of_the_catalog_is_left_alone(name: str) -> None:
    assert choose_columns({name: pd.Series(["a", "b"] * 30)}, 8, name) == {}


def test_values_that_differ_in_case_only_are_one() -> None:
    found = unify_spelling(pd.Series(["Red", "red", "Red", "ＲＥＤ", "Blue"]))
    assert found.tolist() == ["Red", "Red", "Red", "Red", "Blue"]


def test_labels_are_the_cells_and_rare_ones_are_other() -> None:
    n = 120
    values = ["red"] * 50 + ["blue"] * 50 + ["odd"] * 3 + [None] * 17
    products = catalog(
        title=[f"thing {chr(97 + row % 26)}{'z' * row}" for row in range(n)], c=values
    )
    frame, notes = label_products(Tables({"products": products}), 6, 1800, 1)
    assert notes == []
    truth = frame.set_index("product_id")["truth.c"].to_dict()
    for row, value in enumerate(values):
        wanted = OTHER if value == "odd" else value
        assert truth[f"p{row}"] == wanted or (wanted is None and pd.isna(truth[f"p{row}"]))
    assert (frame["weight.c"] == frame["truth.c"].notna()).all()


def test_an_attribute_has_at_most_so_many_labels_and_a_catalog_so_many_heads() -> None:
    n = 2000
    many = [f"v{row % 100}x" for row in range(n)]
    products = catalog(
        title=[f"thing {'a' * (row % 700)} {row}" for row in range(n)],
        many=many, second=["p", "q"] * (n // 2), third=["r", "s"] * (n // 2),
    )  # fmt: skip
    frame, notes = label_products(Tables({"products": products}), 2, 1800, 1)
    heads = [name for name in frame if name.startswith("truth.")]
    assert len(heads) == 2
    assert notes == ["attributes.more_columns"]
    frame, _ = label_products(Tables({"products": products}), 2, 1800, 1, "many")
    assert frame["truth.many"].nunique() == MOST_LABELS + 1


def test_a_category_is_learned_at_the_deepest_level_with_enough_rows() -> None:
    deep = [f"Home > {'Lamps' if row % 2 else 'Mugs'} > kind {row}" for row in range(100)]
    products = catalog(title=[f"{'ab' * (row + 1)} thing" for row in range(100)], category=deep)
    frame, _ = label_products(Tables({"products": products}), 6, 1800, 1)
    assert set(frame["truth.category"]) == {"Home > Lamps", "Home > Mugs"}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Levant 2 Rain Jacket, Moss", "Levant 4 Rain Jacket Red XL"),
        ("Kabel 2m", "Kabel 5,5m"),
        ("dv7-1211ea Notebook Red", "dv6 Notebook"),
        ("霁色2 水杯 红色", "霁色3 水杯"),
    ],
)
def test_variants_share_a_family(left: str, right: str) -> None:
    columns = {"colour": pd.Series(["Moss", "Red", "红色"]), "maker": pd.Series(["Levant"])}
    keys = family_keys(pd.Series([left, right, "Levant Boot"]), columns)
    assert keys[0] == keys[1] != keys[2]


def test_a_title_of_numbers_only_is_its_own_family() -> None:
    keys = family_keys(pd.Series(["123", "124"]), {})
    assert keys.nunique() == 2


@given(st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=60), st.integers(0, 5))
def test_a_group_is_never_parted(groups: list[str], seed: int) -> None:
    frame = pd.DataFrame({"group": groups})
    frame["part"] = split_groups(frame["group"], seed)
    assert frame["part"].isin(["train", "validation", "test"]).all()
    assert (frame.groupby("group")["part"].nunique() == 1).all()


def test_families_are_split_about_as_asked() -> None:
    groups = pd.Series([f"g{row // 3}" for row in range(900)])
    shares = split_groups(groups, 3).value_counts(normalize=True)
    assert shares["train"] == pytest.approx(0.6, abs=0.02)
    assert shares["test"] == pytest.approx(0.25, abs=0.02)


def test_no_family_is_in_two_parts_of_the_dataset() -> None:
    task, tables = get_task("attributes"), tiny_tables("attributes")
    dataset = task.dataset(tables, task.config("quick", tables))
    columns = attribute_columns(tables.products)
    families = [
        set(family_keys(part["title"], columns))
        for part in (dataset.train, dataset.validation, dataset.test)
    ]
    assert not families[0] & families[1]
    assert not families[0] & families[2]
    assert not families[1] & families[2]


@given(st.text(max_size=40), st.one_of(st.none(), st.text(max_size=2000)))
def test_any_text_makes_an_input(title: str, told: str | None) -> None:
    text = summary(title, told)
    assert text.startswith(title)
    assert len(text) <= len(title) + 1 + BEGINNING


def test_one_column_can_be_asked_for_and_a_wrong_name_is_said() -> None:
    task, tables = get_task("attributes"), tiny_tables("attributes")
    dataset = task.dataset(tables, task.config("quick", tables, field="type"))
    assert dict(dataset.labels) == {"type": ["brass", "clay", "leather", "steel"]}
    with pytest.raises(InputError) as caught:
        task.dataset(tables, task.config("quick", tables, field="tpye"))
    assert "tpye" in caught.value.message("zh")


def test_variants_of_one_product_alone_cannot_be_split() -> None:
    products = catalog(title=[f"mug {row}" for row in range(80)], c=["red", "blue"] * 40)
    task, tables = get_task("attributes"), Tables({"products": products})
    with pytest.raises(InputError) as caught:
        task.dataset(tables, task.config("quick", tables))
    assert caught.value.code == "attributes.one_family"


def test_the_longest_stated_value_wins_and_nothing_stated_gives_the_shares() -> None:
    labels = {"c": ["blue", "dark blue", "深蓝", "other"]}
    shares = {"c": [0.4, 0.1, 0.1, 0.4]}
    texts = ["A dark blue mug", "an other mug", "深蓝色杯子", "blueberry"]
    found = stated_probabilities(texts, labels, shares)["c"]
    assert found.sum(axis=1) == pytest.approx([1, 1, 1, 1])
    assert found.argmax(axis=1).tolist()[0] == 1
    assert found[1].tolist() == shares["c"]
    assert found.argmax(axis=1).tolist()[2] == 2
    assert found[3].tolist() == shares["c"]


def test_a_product_file_with_columns_can_be_measured_on(tmp_path: Path) -> None:
    task, tables = get_task("attributes"), tiny_tables("attributes")
    file = tmp_path / "new.csv"
    pd.DataFrame(
        {
            "name": ["Alva RED mug", "Bora pan", "no label"],
            "description": ["of clay", None, "x"],
            "Colour": ["Red", "turquoise", None],
            "Category": ["Kitchen / Mugs / Big", "Kitchen / Pans", None],
        }
    ).to_csv(file, index=False)
    dataset = task.dataset_from(file, tables, task.config("quick", tables))
    assert dataset.test["input"].tolist() == ["Alva RED mug\nof clay", "Bora pan"]
    assert dataset.test["truth.colour"].tolist() == ["red", "turquoise"]
    assert dataset.test["truth.category"].tolist() == ["Kitchen > Mugs", "Kitchen > Pans"]
    assert dataset.test["truth.type"].isna().all()


def test_a_file_without_any_learned_column_is_refused(tmp_path: Path) -> None:
    task, tables = get_task("attributes"), tiny_tables("attributes")
    file = tmp_path / "new.csv"
    pd.DataFrame({"title": ["a"], "size": ["b"]}).to_csv(file, index=False)
    with pytest.raises(InputError) as caught:
        task.dataset_from(file, tables, task.config("quick", tables))
    assert caught.value.code == "tasks.no_truth"
