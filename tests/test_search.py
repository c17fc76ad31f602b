"""Search from words to fused rankings: what is found, what is learned from, what is kept."""

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.codec import decode
from engine.errors import InputError
from engine.labelling.qrels import best_source, count_queries, query_qrels
from engine.models.encoder import Encoder, load_encoder
from engine.progress import Silent
from engine.ranking import Ranking, best
from engine.retrieval.bm25 import BM25Index
from engine.retrieval.dense import DenseIndex, open_index
from engine.retrieval.fuse import fuse
from engine.simulation.tiny_shop import tiny_frames
from engine.tables.product_text import searchable_texts
from engine.tables.schema import TABLES
from engine.tables.tables import Tables
from engine.tasks import get_task
from engine.tasks.search.answering import answer
from engine.tasks.search.answers import PREDICT, Condition, SearchInput, WhyInput
from engine.tasks.search.bundle import SearchBundle
from engine.tasks.tiny import FAST
from tests.tiny_shop import tiny_tables

TEXTS = {
    "p1": "不锈钢保温杯 500ml 大容量",
    "p2": "纯棉儿童睡衣 秋冬",
    "p3": "Running shoes for wide feet",
    "p4": "无线蓝牙耳机 Bluetooth headphones",
}


def ranking(*ids: str) -> Ranking:
    return Ranking(list(ids), [1 / place for place in range(1, len(ids) + 1)])


@pytest.fixture(scope="module")
def encoder(model: str) -> Encoder:
    return load_encoder(model, 32)


class Counting(Encoder):
    """An encoder that keeps what it was asked to encode."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder.model)
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str], *others: object) -> np.ndarray:
        self.asked += texts
        return super().encode(list(texts), "passage")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("保温杯", "p1"), ("儿童睡衣", "p2"), ("睡衣", "p2"), ("run shoe", "p3"), ("耳机", "p4"),
        ("ＢＬＵＥＴＯＯＴＨ 耳机", "p4"), ("headphone", "p4"),
    ],
)  # fmt: skip
def test_words_find_products_in_both_languages(query: str, found: str) -> None:
    index = BM25Index.of_texts(list(TEXTS), list(TEXTS.values()))
    assert index.search(query, 3).product_ids[0] == found


@pytest.mark.parametrize("query", ["", "!!!", "蓝莓", "q" * 5000])
def test_a_query_that_shares_no_word_finds_nothing(query: str) -> None:
    index = BM25Index.of_texts(list(TEXTS), list(TEXTS.values()))
    assert len(index.search(query, 3)) == 0


def test_an_empty_catalog_can_be_searched() -> None:
    assert len(BM25Index.of_texts([], []).search("mug", 5)) == 0


def test_shares_of_the_words_are_the_score() -> None:
    index = BM25Index.of_texts(list(TEXTS), list(TEXTS.values()))
    shares = index.shares("running shoes 耳机", "p3")
    row = list(TEXTS).index("p3")
    assert sum(shares.values()) == pytest.approx(index.scores("running shoes 耳机")[row], rel=1e-5)


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=30), st.integers(1, 40))
def test_best_is_a_stable_sort(values: list[float], k: int) -> None:
    scores = np.array(values, dtype=np.float32)
    found = list(best(scores, k))
    assert len(found) == min(k, len(values))
    # Equal scores at the edge may be cut anywhere, so scores are compared, and order inside.
    assert [scores[row] for row in found] == sorted(scores, reverse=True)[:k]


def test_fusion_adds_weighted_reciprocal_ranks() -> None:
    found = fuse([ranking("a", "b"), ranking("c", "a")], [2.0, 1.0], 10)
    assert list(found.product_ids) == ["a", "b", "c"]
    assert found.scores == pytest.approx([2 / 61 + 1 / 62, 2 / 62, 1 / 61])
    assert list(fuse([ranking(), ranking("c")], [2.0, 1.0], 1).product_ids) == ["c"]


def test_the_dense_index_agrees_with_a_product_of_all_vectors(encoder: Encoder) -> None:
    products = tiny_frames()["products"]
    vectors = encoder.encode(products["title"].tolist(), "passage")
    index = DenseIndex(products["product_id"].tolist(), products["title"].tolist(), vectors)
    queries = encoder.encode(["red mug", "lamp"], "query")
    for query, found in zip(queries, index.search(queries, 5), strict=True):
        scores = vectors @ query
        assert list(found.scores) == pytest.approx(sorted(scores, reverse=True)[:5], abs=1e-5)
        for name, score in zip(found.product_ids, found.scores, strict=True):
            assert index.cosine(query, name) == pytest.approx(score, abs=1e-5)


def test_the_index_encodes_only_what_is_new(encoder: Encoder, tmp_path: Path) -> None:
    counting = Counting(encoder)
    first = open_index(tmp_path, counting, ["a", "b"], ["red mug", "blue pan"], Silent())
    assert sorted(counting.asked) == ["blue pan", "red mug"]
    counting.asked.clear()
    again = open_index(tmp_path, counting, ["a", "b"], ["red mug", "blue pan"], Silent())
    assert not counting.asked
    assert again.vectors == pytest.approx(first.vectors)
    # One text changed, one product gone, one new with a text that is known already.
    changed = open_index(tmp_path, counting, ["c", "a"], ["blue pan", "red mug XL"], Silent())
    assert counting.asked == ["red mug XL"]
    assert changed.vectors[0] == pytest.approx(first.vectors[1])
    counting.asked.clear()
    open_index(tmp_path, counting, ["a"], ["red mug"], Silent())
    assert counting.asked == ["red mug"], "what left the catalog leaves the index"


def test_a_half_written_index_is_made_again(encoder: Encoder, tmp_path: Path) -> None:
    counting = Counting(encoder)
    open_index(tmp_path, counting, ["a"], ["red mug"], Silent())
    (tmp_path / "texts.parquet").unlink()
    counting.asked.clear()
    open_index(tmp_path, counting, ["a"], ["red mug"], Silent())
    assert counting.asked == ["red mug"]


def with_judgments(*rows: tuple[str, str, float]) -> Tables:
    judged = pd.DataFrame(rows, columns=["query", "product_id", "relevance"])
    return Tables({"products": tiny_frames()["products"], "judgments": judged}, "en")


def test_judgments_become_grades_by_normalised_query() -> None:
    tables = with_judgments(
        ("Red  MUG", "mug-red", 3), ("red mug", "mug-blue", 0), ("pan", "pan-red", 0),
        ("lamp", "gone", 3),
    )  # fmt: skip
    found = query_qrels(tables, "judgments")
    # "pan" has nothing relevant, and what answers "lamp" is not in the catalog.
    assert found["query"].tolist() == ["red mug"]
    assert found.loc[0, "qrels"] == {"mug-red": 3, "mug-blue": 0}


def test_the_best_source_is_judgments_then_clicks_then_the_catalog() -> None:
    frames = tiny_frames()
    judged = pd.DataFrame(
        [(f"query {n}", "mug-red", 3.0) for n in range(20)],
        columns=["query", "product_id", "relevance"],
    )
    assert best_source(Tables(frames | {"judgments": judged})) == "judgments"
    assert best_source(Tables(frames | {"judgments": judged.head(19)})) == "clicks"
    assert best_source(Tables({"products": frames["products"]})) == "catalog"
    counts = count_queries(Tables(frames | {"judgments": judged}))
    assert counts == {"judgments": 20, "clicks": 144, "catalog": 24}


def test_from_the_catalog_alone_a_description_finds_its_product() -> None:
    found = query_qrels(Tables({"products": tiny_frames()["products"]}), "catalog")
    assert len(found) == 24
    first = found[found["query"] == "a mug in red, number 0, made for every day."]
    assert first["qrels"].tolist() == [{"mug-red": 3}]


def test_a_product_is_found_by_its_short_attributes_but_not_by_notes() -> None:
    products = tiny_frames()["products"].head(1)
    notes = {"material": "enamel", "care": "wash by hand and never in the machine", "n": 3}
    found = searchable_texts(products.assign(attributes=json.dumps(notes))).iloc[0]
    assert "enamel" in found
    assert "Kitchen > Mugs" in found
    assert "Acme" in found
    assert "never" not in found


def test_too_few_queries_of_the_chosen_source_are_refused() -> None:
    task, tables = get_task("search"), tiny_tables()
    with pytest.raises(InputError) as caught:
        task.dataset(tables, task.config("quick", tables, source="judgments"))
    assert caught.value.params["source"] == "judgments"


def test_judged_irrelevant_products_are_never_learned_as_relevant(model: str) -> None:
    rows = [
        (f"query {n}", name, grade)
        for n in range(30)
        for name, grade in (("mug-red", 3.0), ("mug-blue", 1.0), ("pan-red", 0.0))
    ]
    tables, task = with_judgments(*rows), get_task("search")
    dataset = task.dataset(tables, task.config("quick", tables, model=model))
    assert set(dataset.train["product_id"]) == {"mug-red"}
    assert dataset.notes == []


def test_the_page_is_told_when_figures_rest_on_descriptions(model: str) -> None:
    task, tables = get_task("search"), Tables({"products": tiny_frames()["products"]}, "en")
    assert task.dataset(tables, task.config("quick", tables, model=model)).notes == [
        "search.learned_from_catalog"
    ]


def test_answers_carry_titles_ranks_and_every_system(model: str, tmp_path: Path) -> None:
    task, tables = get_task("search"), tiny_tables()
    bundle = task.untuned(tables, task.config("quick", tables, model=model, **FAST), Silent())
    found = task.predict(bundle, [SearchInput("Red MUG", 3)])[0]
    assert found.query == "red mug"
    assert [row.rank for row in found.results] == [1, 2, 3]
    titles = tables.products.set_index("product_id")["title"]
    assert all(row.title == titles[row.product_id] for row in found.results)
    assert set(found.systems) == {"bm25", "bm25_all", "untuned", "hybrid_untuned"}
    assert found.systems["bm25"][0][0] == "mug-red"


@pytest.mark.parametrize(
    ("unknown", "words", "system"),
    [(0.4, ["p1"], "hybrid_untuned"), (1.0, ["p1"], "bm25_all"), (1.0, [], "hybrid_untuned")],
)
def test_words_alone_answer_what_the_encoder_does_not_know(
    unknown: float, words: list[str], system: str
) -> None:
    bundle = SimpleNamespace(
        encoder=SimpleNamespace(unknown_share=lambda texts: unknown),
        titles={"p1": "Pan", "p2": "Scale"},
        recommended="hybrid_untuned",
    )
    rankings = {"hybrid_untuned": ranking("p2", "p1"), "bm25_all": ranking(*words)}
    found = answer(cast(SearchBundle, bundle), SearchInput("กระทะ"), rankings, [])
    assert (found.system, found.results[0].product_id) == (
        (system, "p1") if system == "bm25_all" else (system, "p2")
    )


def test_filters_hold_for_every_system_and_only_for_their_own_query(model: str) -> None:
    task, tables = get_task("search"), tiny_tables()
    bundle = task.untuned(tables, task.config("quick", tables, model=model, **FAST), Silent())
    pans = [Condition(**one.as_json()) for one in bundle.filters.read("pans").filters]
    items = [SearchInput("red mug", 50, tuple(pans)), SearchInput("red mug", 50)]
    some, whole = task.predict(bundle, items)
    fitting = {name for name in tables.products["product_id"] if name.startswith("pan-")}
    for name, found in some.systems.items():
        assert {product for product, _ in found} <= fitting, name
        wanted = [product for product, _ in whole.systems[name] if product in fitting]
        if not name.startswith("hybrid"):  # a hybrid's places are fused from those left
            assert [product for product, _ in found] == wanted
    assert {product for product, _ in whole.systems["untuned"]} - fitting
    none = (Condition("price", low=1e8),)
    (empty,) = task.predict(bundle, [SearchInput("red mug", filters=none)])
    assert not any(empty.systems.values())


def test_the_nearest_past_queries_are_never_the_query_itself(model: str) -> None:
    task, tables = get_task("search"), tiny_tables()
    asked = ["red mug", "blue mug", "steel pan"]
    rows = [(query, f"S{query}{n}") for query in asked for n in range(3)]
    log = pd.DataFrame([*rows, ("my own secret", "S")], columns=["query", "session_id"])
    frames = tiny_frames() | {"searches": log.reindex(columns=TABLES["searches"].columns)}
    shop = Tables(frames, "en")
    bundle = task.untuned(shop, task.config("quick", tables, model=model, **FAST), Silent())
    (found,) = task.predict(bundle, [SearchInput("Red  mug", near=5)])
    assert set(found.near) == {"blue mug", "steel pan"}
    assert task.predict(bundle, [SearchInput("mug")])[0].near == ()


@pytest.mark.parametrize("k", ["3", -3, 0, None, 2.5])
def test_a_count_that_is_none_is_named_by_its_row(k: object) -> None:
    with pytest.raises(InputError) as caught:
        decode(PREDICT.body, [{"query": "mug"}, {"query": "mug", "k": k}])
    params = caught.value.params
    assert (caught.value.code, params["row"], params["field"]) == ("codec.no_count", 2, "k")


def test_a_product_that_is_not_there_cannot_be_explained(model: str) -> None:
    task, tables = get_task("search"), tiny_tables()
    bundle = task.untuned(tables, task.config("quick", tables, model=model), Silent())
    with pytest.raises(InputError) as caught:
        task.explain(bundle, WhyInput("mug", "nothing"))
    assert caught.value.code == "search.unknown_product"


def test_a_changed_catalog_is_searched_as_it_is_now(model: str, tmp_path: Path) -> None:
    task, tables = get_task("search"), tiny_tables()
    config = task.config("quick", tables, model=model, **FAST)
    dataset = task.dataset(tables, config)
    task.train(dataset, config, tmp_path / "run", Silent()).save(tmp_path / "bundle")
    frames = tiny_frames()
    new = frames["products"].iloc[[0]].assign(product_id="new", title="purple kettle")
    frames["products"] = pd.concat([frames["products"].iloc[1:], new], ignore_index=True)
    bundle = task.load(tmp_path / "bundle", Tables(frames, "en"))
    found = task.predict(bundle, [SearchInput("purple kettle", 24)])[0]
    assert found.results[0].product_id == "new"
    for places in found.systems.values():
        assert "mug-red" not in [name for name, _ in places]


def test_a_bad_reranker_is_named() -> None:
    task, tables = get_task("search"), tiny_tables()
    config = task.config("quick", tables, reranker="no/such-model", model="tiny")
    assert config.reranker == "no/such-model"
    from engine.models.cross_encoder import Reranker

    with pytest.raises(InputError) as caught:
        Reranker("/no/such/folder")
    assert caught.value.code == "models.unknown"


def test_judgments_made_by_hand_are_learned_from_and_win() -> None:
    judged = {"query": ["Mug", "mug"], "product_id": ["p1", "p2"], "relevance": [3.0, 2.0]}
    hand = {"task": "search", "input": "mug", "head": "p2", "label": "0"}
    products = pd.DataFrame({"product_id": ["p1", "p2", "p3"], "title": ["a", "b", "c"]})
    tables = Tables(
        {
            "products": products.reindex(columns=TABLES["products"].columns),
            "judgments": pd.DataFrame(judged),
        },
        corrections=pd.DataFrame([hand, hand | {"head": "p3", "label": "1"}]),
    )
    found = query_qrels(tables, "judgments")
    assert found["query"].tolist() == ["mug"]
    assert found["qrels"].iloc[0] == {"p1": 3, "p2": 0, "p3": 1}
