"""The quality board, suggestions, decisions and the enriched catalog."""

import json
from pathlib import Path

import pandas as pd
import pytest

from engine.catalog.decisions import ACCEPTED, REJECTED, Decisions
from engine.catalog.duplicates import near_duplicates
from engine.catalog.enrich import FILLED, enrich, gaps
from engine.catalog.measures import read_measures
from engine.catalog.quality import inspect_catalog
from engine.catalog.suggestions import measured_suggestions
from engine.tables.tables import Tables
from engine.tasks.attributes.answers import AttributesAnswer
from engine.tasks.attributes.suggestions import model_suggestions
from engine.tasks.classify.answers import HeadAnswer
from tests.test_product_labels import catalog

LONG = "A mug made of clay by people who care, with a lid and a handle for every single day"


def test_products_that_share_nearly_all_words_are_one_group() -> None:
    products = catalog(
        title=["Red mug", "red  MUG", "Blue pan", "Red mug"],
        description=[LONG, LONG + ".", LONG.replace("mug", "pan"), "Something else entirely here"],
    )
    found = near_duplicates(products)
    assert found[["group", "product_id"]].to_numpy().tolist() == [[1, "p0"], [1, "p1"]]
    assert near_duplicates(products.head(0)).empty


def test_groups_are_joined_through_a_product_between_them() -> None:
    words = [f"w{n}x" for n in range(60)]
    texts = [" ".join(words[start : start + 50]) for start in (0, 1, 2)]
    found = near_duplicates(catalog(title=["x", "x", "x"], description=texts))
    assert found["group"].tolist() == [1, 1, 1]


def test_the_board_counts_what_is_wrong() -> None:
    products = catalog(
        title=["Red mug"] * 20 + ["Blue mug"] * 20 + ["Blue mug", "pan"],
        description=[f"{LONG} number {'abcdefghijklmnopqrstuvwxyz'[row % 26] * 9} "
                     f"{'q' * (row + 3)}" for row in range(41)] + [None],
        category=["Kitchen > Mugs"] * 41 + ["Kitchen > Pans"],
        colour=["Red"] * 20 + ["Blue"] * 20 + ["Red", None],
    )  # fmt: skip
    board = inspect_catalog(Tables({"products": products}))
    assert board.products == 42
    assert board.coverage["colour"] == pytest.approx(41 / 42)
    assert board.categories.to_dict() == {"Mugs": 41, "Pans": 1}
    assert board.rare.to_dict() == {"Pans": 1}
    assert board.short["product_id"].tolist() == ["p41"]
    conflict = board.conflicts.to_dict("records")
    assert conflict == [
        {"product_id": "p40", "title": "Blue mug", "attribute": "colour", "value": "Red",
         "stated": "Blue"}
    ]  # fmt: skip


def test_an_empty_catalog_has_an_empty_board() -> None:
    board = inspect_catalog(Tables())
    assert board.products == 0
    assert board.conflicts.empty and board.short.empty and board.duplicates.empty


def measured() -> tuple[pd.DataFrame, pd.Series]:
    volumes = ["500 ml"] * 10 + ["0.7 l"] * 9 + ["1 l", None, None]
    texts = ["holds 0.5 litres"] * 10 + ["holds 700 ml"] * 9
    texts += ["holds 2 l", "holds 300 ml", "holds 1 l or 2 l"]
    products = catalog(
        title=[f"bottle {row}" for row in range(22)], description=texts, volume=volumes
    )
    return products, pd.Series(texts)


def test_numbers_in_texts_confirm_contradict_and_fill_a_column() -> None:
    products, texts = measured()
    filled = products["attributes"].dropna().map(lambda cell: json.loads(cell)["volume"])
    (found,) = read_measures({"volume": filled, "name": pd.Series(["a"] * 20)}, texts)
    assert (found.checked, found.agreement) == (20, 0.95)
    assert found.conflicts.to_dict("records") == [{"row": 19, "value": "1 l", "stated": "2 l"}]
    assert found.fills.to_dict("records") == [{"row": 20, "value": "300 ml"}]


def test_a_unit_may_stand_in_the_columns_name() -> None:
    texts = pd.Series(["weighs 2 kg"] * 8)
    (found,) = read_measures({"weight (g)": pd.Series(["2000"] * 7 + ["1500"])}, texts)
    assert found.checked == 8
    assert found.conflicts["row"].tolist() == [7]
    assert read_measures({"weight": pd.Series(["2000"] * 8)}, texts) == []


def test_suggestions_are_for_gaps_only_and_never_other() -> None:
    products = catalog(title=["a", "b", "c"], colour=["red", None, None])
    answers = [
        AttributesAnswer(
            title="t",
            product_id=f"p{row}",
            heads={"colour": HeadAnswer(colour, 0.8, unsure=False, probabilities={})},
            unsure=False,
            uncertainty=0.2,
            words={"colour": ("x", "y")},
        )
        for row, colour in enumerate(["blue", "blue", "other"])
    ]
    found = model_suggestions(products, answers, gaps(products, ["colour"]))
    assert found.to_dict("records") == [
        {"product_id": "p1", "title": "t", "attribute": "colour", "value": "blue",
         "confidence": 0.8, "words": "x, y"}
    ]  # fmt: skip


def test_rules_suggest_with_the_confidence_they_showed() -> None:
    products, _ = measured()
    found = measured_suggestions(products, inspect_catalog(Tables({"products": products})))
    assert found[["product_id", "attribute", "value", "confidence"]].to_numpy().tolist() == [
        ["p20", "volume", "300 ml", 0.95]
    ]


def rows(*triples: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(triples, columns=["product_id", "attribute", "value"])
    return frame.assign(confidence=0.9)


def test_decisions_outlive_the_page_and_can_be_taken_back(tmp_path: Path) -> None:
    decisions = Decisions(tmp_path)
    assert decisions.table().empty and decisions.undo() == 0
    decisions.decide(rows(("p1", "colour", "red"), ("p2", "colour", "blue")), ACCEPTED)
    decisions.decide(rows(("p1", "type", "clay")), REJECTED)
    again = Decisions(tmp_path)
    assert again.table()["state"].tolist() == [ACCEPTED, ACCEPTED, REJECTED]
    assert again.undo() == 1
    assert again.table()["product_id"].tolist() == ["p1", "p2"]
    assert again.undo() == 2
    assert again.table().empty and again.undo() == 0


def test_the_last_decision_counts(tmp_path: Path) -> None:
    decisions = Decisions(tmp_path)
    decisions.decide(rows(("p1", "colour", "red")), ACCEPTED)
    decisions.decide(rows(("p1", "colour", "red")), REJECTED)
    assert decisions.table()["state"].tolist() == [REJECTED]


def test_the_enriched_catalog_keeps_everything_and_marks_what_it_filled(tmp_path: Path) -> None:
    products = catalog(title=["a", "b", "c"], brand=["X", None, None], colour=["red", None, "007"])
    products.loc[2, "attributes"] = '{"colour": "007", "sizes": ["S", "M"], "title": "twice"}'
    decisions = Decisions(tmp_path)
    decisions.decide(
        rows(("p1", "colour", "=1+1"), ("p1", "brand", "Y"), ("p0", "colour", "blue"),
             ("gone", "colour", "blue"), ("p1", "new", "n")),
        ACCEPTED,
    )  # fmt: skip
    decisions.decide(rows(("p2", "brand", "Z")), REJECTED)
    found = enrich(products, decisions.table())
    assert found["product_id"].tolist() == products["product_id"].tolist()
    assert set(products.columns) - {"attributes"} <= set(found.columns)
    assert found["colour"].tolist() == ["red", "=1+1", "007"]
    assert found["brand"].tolist() == ["X", "Y", None]
    assert found["sizes"].tolist() == [None, None, '["S", "M"]']
    assert found["title"].tolist() == ["a", "b", "c"]
    assert found["new"].tolist() == [None, "n", None]
    assert found[FILLED].tolist() == [None, "colour, brand, new", None]


def test_without_decisions_the_catalog_stays_as_it_is(tmp_path: Path) -> None:
    products = catalog(title=["a"], colour=["red"])
    found = enrich(products, Decisions(tmp_path).table())
    assert found["colour"].tolist() == ["red"] and found[FILLED].tolist() == [None]
