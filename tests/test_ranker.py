"""Learning to rank: what it reads, what it learns, and when it is not used."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.evaluation.ndcg import ideal_gain, ndcg
from engine.evaluation.one_error import choose_simplest
from engine.evaluation.ranking import PRIMARY, score_each
from engine.ranking import Ranking
from engine.retrieval.bm25 import BM25Index
from engine.retrieval.bm25f import FieldIndex, equal_weights
from engine.retrieval.field_weights import learn_field_weights
from engine.retrieval.synonyms import Synonyms
from engine.simulation.tiny_shop import tiny_frames
from engine.tables.schema import TABLES
from engine.tables.tables import Tables
from engine.tasks import get_task
from engine.tasks.search.parts import split_parts
from engine.tasks.search.ranker.candidates import BASE_SCALE, BEYOND, gather
from engine.tasks.search.ranker.choice import SIMPLEST_FIRST, choose_system, learn_ranker
from engine.tasks.search.ranker.examples import RankedQuery
from engine.tasks.search.ranker.features import FEATURES, Meaning, ProductFacts
from engine.tasks.search.ranker.ranker import KINDS, Kind, Ranker
from engine.tasks.search.ranker.weighing import FieldTrial
from engine.tasks.search.word_systems import WORD_SYSTEMS, WordSystems, rank_as_shown

FIELDS = {
    "title": ["red mug", "lamp", "blue pan"],
    "description": ["for tea", "a red lamp for a mug of tea", "mug"],
}
TITLE = FEATURES.index("words_title")


def lists(count: int, *, informative: bool, seed: int = 0) -> list[RankedQuery]:
    """Queries with 30 products each; with `informative`, words in the title tell the relevant."""
    rng = np.random.default_rng(seed)
    queries = []
    for _ in range(count):
        features = rng.random((30, len(FEATURES)), dtype=np.float32)
        signal = features[:, TITLE] if informative else rng.random(30)
        grades = np.where(np.argsort(np.argsort(-signal)) < 3, 2, 0).astype(np.float32)
        base = (BASE_SCALE * rng.random(30)).astype(np.float32)
        ideal = ideal_gain(grades.astype(int).tolist())
        queries.append(RankedQuery(features, base, grades, np.ones(30, np.float32), ideal))
    return queries


def test_a_field_counts_as_much_as_its_weight() -> None:
    index = FieldIndex.of_texts(["a", "b", "c"], FIELDS)
    titles, descriptions = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
    assert index.search("mug", titles, 5).product_ids == ["a"]
    assert set(index.search("mug", descriptions, 5).product_ids) == {"b", "c"}
    assert index.search("mug", descriptions, 5, np.array([True, True, False])).product_ids == ["b"]
    assert len(index.search("spoon", titles, 5)) == 0
    assert len(FieldIndex.of_texts([], {"title": []}).search("mug", titles[:1], 5)) == 0


def test_frequencies_are_added_before_they_are_saturated() -> None:
    index = FieldIndex.of_texts(
        ["a", "b"], {"title": ["mug", "mug"], "description": ["mug", "pan"]}
    )
    both, once = index.matches("mug").together(np.ones(2, np.float32))
    apart = index.matches("mug").by_field()
    assert once < both < apart[0].sum()
    assert index.matches("mug pan").coverage()[1].tolist() == [0.5, 0.5]


def test_the_weight_of_the_field_that_says_it_is_learned() -> None:
    index = FieldIndex.of_texts(
        [f"p{n}" for n in range(40)],
        {
            "title": [f"word{n}" for n in range(40)],
            "description": [f"word{(n + 1) % 40} word{(n + 1) % 40}" for n in range(40)],
        }
        | {name: [""] * 40 for name in ("category", "brand", "attributes")},
    )
    queries = [f"word{n}" for n in range(20)]
    weights = learn_field_weights(index, queries, [{f"p{n}": 1} for n in range(20)], seed=0)
    assert weights[0] > weights[1]
    assert learn_field_weights(index, [], [], seed=0).tolist() == equal_weights().tolist()


def test_a_word_that_leads_to_another_becomes_its_synonym(tmp_path: Path) -> None:
    queries = [f"sofa {n}" for n in range(4)] + [f"lamp {n}" for n in range(12)]
    titles = [["grey couch"]] * 4 + [["desk lamp"]] * 12
    synonyms = Synonyms.mine(queries, titles)
    assert {word for word, _ in synonyms.of["sofa"]} == {"couch", "grey"}
    synonyms.save(tmp_path / "synonyms.json")
    assert Synonyms.load(tmp_path / "synonyms.json") == synonyms
    index = BM25Index.of_texts(["couch", "lamp"], ["a couch", "a lamp"])
    assert synonyms.search(index, "sofa", 5).product_ids == ["couch"]
    assert len(Synonyms({}).search(index, "sofa", 5)) == 0


def test_ndcg_in_memory_is_that_of_the_evaluation() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        grades = rng.integers(0, 4, 25)
        qrels = {f"p{n}": int(grade) for n, grade in enumerate(grades)} | {"missed": 3}
        scores = rng.random(25)
        order = np.argsort(-scores)
        ranking = Ranking([f"p{n}" for n in order], scores[order].tolist())
        whole = score_each([qrels], [ranking])[PRIMARY].iloc[0]
        mine = ndcg(scores, grades.astype(float), ideal_gain(qrels.values()))
        assert mine == pytest.approx(whole)
    assert np.isnan(ndcg(scores, grades, 0.0))


def test_candidates_are_the_union_and_keep_their_ranks() -> None:
    rows = {"a": 0, "b": 1, "c": 2, "d": 3}
    words, meaning = Ranking(["b", "a"], [2, 1]), Ranking(["c", "b"], [0.9, 0.8])
    found = gather(rows, words, meaning, [Ranking(["d"], [1])])
    assert found.rows.tolist() == [0, 1, 2, 3]
    assert found.word_ranks.tolist() == [2, 1, BEYOND, BEYOND]
    assert found.fused_ranks.tolist() == [2, 1, 3, 4]
    assert found.base.max() == pytest.approx(BASE_SCALE)
    assert len(gather(rows, Ranking([], []), Ranking([], []), []).rows) == 0


def test_features_know_what_a_product_is_from_what_it_is_for() -> None:
    products = pd.DataFrame(
        {"product_id": ["a", "b"], "title": ["Phone 12", "Case for phone 12"], "price": [500, 9]}
    ).reindex(columns=TABLES["products"].columns)
    facts = ProductFacts(Tables({"products": products}))
    both = Ranking(["a", "b"], [1, 1])
    found = gather({"a": 0, "b": 1}, both, both, [])
    ones = np.ones(2, np.float32)
    table = pd.DataFrame(facts.features("phone 12", found, Meaning(ones, ones)), columns=FEATURES)
    assert table["after_for"].tolist() == [0, 1]
    assert table["numbers"].tolist() == [1, 1]
    assert table["phrase"].tolist() == [1, 1]
    assert table["covered_title"].tolist() == [1, 1]
    assert table["price"].iloc[0] > table["price"].iloc[1]
    assert np.isfinite(table.to_numpy()).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_ranker_learns_says_why_and_is_the_same_after_a_load(kind: Kind, tmp_path: Path) -> None:
    ranker = Ranker.fit(kind, lists(60, informative=True))
    new = lists(20, informative=True, seed=9)
    learned = np.mean([one.score(ranker.scores(one.features, one.base)) for one in new])
    assert learned > np.mean([one.score(one.base) for one in new]) + 0.2
    assert FEATURES[int(np.argmax(ranker.importance))] == "words_title"
    ranker.save(tmp_path)
    again = Ranker.load(tmp_path)
    assert again is not None
    one = new[0]
    assert again.scores(one.features, one.base) == pytest.approx(
        ranker.scores(one.features, one.base)
    )
    # What the features add, and nothing else, tells the products of a query apart.
    shares = ranker.contributions(one.features).sum(axis=1)
    rest = ranker.scores(one.features, one.base) - shares
    if kind == "trees":
        assert rest == pytest.approx(np.full(len(rest), rest[0]), abs=1e-4)
    assert not list(tmp_path.glob("*.pkl"))
    assert Ranker.load(tmp_path / "nothing") is None


def test_a_ranker_of_other_features_is_not_opened(tmp_path: Path) -> None:
    Ranker.fit("linear", lists(12, informative=True)).save(tmp_path)
    file = tmp_path / "ranker.json"
    file.write_text(file.read_text().replace("words_title", "another"))
    assert Ranker.load(tmp_path) is None


def test_with_too_few_queries_no_order_is_learned() -> None:
    assert learn_ranker(lists(11, informative=True), seed=0) is None
    assert learn_ranker([], seed=0) is None
    few = learn_ranker(lists(20, informative=True), seed=0)
    assert few is not None
    assert few.ranker.kind == "linear"


def test_luck_recommends_nothing() -> None:
    """Queries on which the systems differ by chance alone."""
    few = {name: np.linspace(0, 1, 49) + place for place, name in enumerate(SIMPLEST_FIRST)}
    assert choose_system(few) == SIMPLEST_FIRST[0]
    for seed in range(20):
        rng = np.random.default_rng(seed)
        luck = {name: rng.random(60) for name in SIMPLEST_FIRST}
        best = max(luck, key=lambda name: luck[name].mean())
        chosen = choose_system(luck)
        assert SIMPLEST_FIRST.index(chosen) <= SIMPLEST_FIRST.index(best)
    noise = learn_ranker(lists(20, informative=False), seed=0)
    assert noise is not None
    base = np.array([one.score(one.base) for one in lists(20, informative=False)])
    scores = {"hybrid_untuned": base, "ranked_untuned": noise.scores}
    assert choose_system(scores) == "hybrid_untuned"


def test_of_what_cannot_be_told_apart_the_simplest_is_chosen() -> None:
    simple = np.linspace(0, 1, 50)
    better, alike = simple + 0.1, simple + np.where(np.arange(50) % 2, 0.3, -0.29)
    order = ("simple", "alike", "better")
    assert choose_simplest({"simple": simple, "alike": alike}, order) == "simple"
    assert choose_simplest({"simple": simple, "better": better}, order) == "better"
    assert choose_simplest({"simple": np.array([]), "better": np.array([])}, order) == "simple"
    few = {"simple": simple[:7], "better": better[:7]}
    assert choose_simplest(few, order) == "simple"
    gaps = {"simple": np.append(simple, np.nan), "better": np.append(better, np.nan)}
    assert choose_simplest(gaps, order) == "better"


def test_a_click_far_down_counts_more_but_not_without_limit() -> None:
    found = gather({f"p{n}": n for n in range(3)}, Ranking(["p0", "p1", "p2"], [3, 2, 1]),
                   Ranking([], []), [])  # fmt: skip
    table = np.zeros((3, len(FEATURES)), np.float32)
    query = RankedQuery.make(
        found, table, ["p0", "p1", "p2"], {"p0": 1, "p1": 1}, {"p0": 1.0, "p1": 50.0}
    )
    assert query.weights[1] > query.weights[0]
    assert query.weights.max() <= 2.0
    assert query.grades.tolist() == [1, 1, 0]


def test_the_order_of_the_old_engine_is_not_what_is_learned() -> None:
    """Few look far down, so few click there: the weights of those who did make up for it."""
    rng = np.random.default_rng(0)
    place = FEATURES.index("rank_words")
    biased, corrected = [], []
    for query in lists(200, informative=True):
        looked = 1 / (1 + np.argsort(np.argsort(-query.features[:, place])) / 5)
        grades = np.where(rng.random(30) < looked, query.grades, 0)
        weights = np.where(grades > 0, 1 / looked, 1.0).clip(max=4).astype(np.float32)
        biased.append(dataclasses.replace(query, grades=grades))
        corrected.append(dataclasses.replace(query, grades=grades, weights=weights))
    new = lists(60, informative=True, seed=3)
    share = {}
    for name, queries in (("biased", biased), ("corrected", corrected)):
        ranker = Ranker.fit("trees", queries)
        share[name] = ranker.importance[place]
        order = [one.score(ranker.scores(one.features, one.base)) for one in new]
        by_place = [one.score(one.features[:, place]) for one in new]
        assert np.mean(order) > np.mean(by_place)
    assert share["corrected"] < share["biased"]


def test_weights_by_rule_of_thumb_are_measured_on_queries_kept_for_it(tmp_path: Path) -> None:
    trial = FieldTrial.make(lists(30, informative=True), lists(30, informative=True, seed=5))
    assert trial is not None
    assert trial.measure({"words_title": 4.0}) > trial.measure({}) + 0.2
    assert trial.measure(trial.learned_weights) >= trial.measure({})
    trial.save(tmp_path)
    again = FieldTrial.load(tmp_path)
    assert again is not None
    assert again.measure({"words_title": 1.0}) == trial.measure({"words_title": 1.0})
    assert FieldTrial.load(tmp_path / "nothing") is None
    assert FieldTrial.make([], lists(3, informative=True)) is None


def test_queries_for_the_order_are_kept_from_the_encoder() -> None:
    tables, task = Tables(tiny_frames()), get_task("search")
    log = tables.searches
    grown = pd.concat(
        [log.assign(query=log["query"] + f" {'x' * copy}") for copy in range(4)], ignore_index=True
    )
    many = Tables(tiny_frames() | {"searches": grown})
    parts = split_parts(many, task.config("quick", many))
    assert 0.3 < len(parts.kept) / len(parts.train) < 0.5
    dataset = task.dataset(many, task.config("quick", many))
    assert not set(dataset.train["query"]) & set(dataset.kept["query"])
    assert split_parts(many, task.config("quick", many, ranker=False)).kept.empty
    assert split_parts(tables, task.config("quick", tables)).kept.empty
    catalog = task.config("quick", many, source="catalog")
    assert not split_parts(many, catalog).from_shoppers


def test_word_systems_are_learned_and_kept(tmp_path: Path) -> None:
    tables, task = Tables(tiny_frames()), get_task("search")
    parts = split_parts(tables, task.config("quick", tables))
    words = WordSystems.learn(tables, parts.train, 13)
    about = words.save(tmp_path)
    again = WordSystems.load(tmp_path, tables, about)  # type: ignore[arg-type]
    for system in WORD_SYSTEMS:
        found = words.search(system, "red mug", 5)
        assert "mug-red" in found.product_ids, system
        assert again.search(system, "red mug", 5) == found
    assert WordSystems.load(tmp_path / "nothing", tables, {}).synonyms.of == {}
    query = parts.test["query"].iloc[0]
    shown = rank_as_shown(tables, [query, "never asked"])
    assert len(shown[1]) == 0


def test_learned_word_systems_are_judged_on_queries_they_did_not_learn_from() -> None:
    """Words that only three queries have, and that no product holds, are synonyms by heart."""
    from engine.tasks.search.learning import search_cross_fitted

    products = pd.DataFrame(
        {"product_id": [f"p{n}" for n in range(30)], "title": [f"thing{n}" for n in range(30)]}
    ).reindex(columns=TABLES["products"].columns)
    tables = Tables({"products": products})
    rows = [(f"nick{n} x{k}", {f"p{n}": 2}) for n in range(30) for k in range(3)]
    queries = pd.DataFrame(rows, columns=["query", "qrels"])
    by_heart = WordSystems.learn(tables, queries, 0).search("bm25_synonyms", "nick3 x0", 5)
    assert by_heart.product_ids == ["p3"]
    fair = search_cross_fitted(tables, queries, 0)
    assert not any(len(ranking) for ranking in fair["bm25_synonyms"])
