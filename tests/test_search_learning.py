"""What a search training recommends, and that a saved bundle answers as the trained one did."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.progress import Silent
from engine.simulation.tiny_shop import tiny_frames
from engine.tables.tables import Tables
from engine.tasks import get_task
from engine.tasks.search import learning, parts
from engine.tasks.search.answers import FieldWeights, SearchInput, WhyInput
from engine.tasks.search.pairs import make_pairs
from engine.tasks.search.ranker.choice import SIMPLEST_FIRST
from engine.tasks.search.ranker.features import FEATURES
from engine.tasks.tiny import FAST
from tests.tiny_shop import tiny_tables

TASK = get_task("search")
SHORT = FAST | {"epochs": 1}


def test_a_saved_bundle_answers_by_either_side(model: str, tmp_path: Path) -> None:
    tables = tiny_tables()
    config = TASK.config("quick", tables, model=model, **SHORT)
    dataset = TASK.dataset(tables, config)
    bundle = TASK.train(dataset, config, tmp_path / "run", Silent())
    assert bundle.recommended in SIMPLEST_FIRST
    assert "ranked_untuned" in bundle.systems, "an order is learned by default"
    bundle.save(tmp_path / "bundle")
    again = TASK.load(tmp_path / "bundle", tables)
    assert again.recommended == bundle.recommended
    assert again.systems == bundle.systems
    before, after = (TASK.outputs(one, dataset.test) for one in (bundle, again))
    assert before.keys() == after.keys()
    for name, rankings in before.items():
        assert [one.product_ids for one in rankings] == [one.product_ids for one in after[name]], (
            name
        )
    again.recommended = "ranked_untuned"
    (answer,) = TASK.predict(again, [SearchInput("red mug", 3)])
    assert answer.system == "ranked_untuned"
    assert len(answer.results) == 3
    why = TASK.explain(again, WhyInput("red mug", answer.results[0].product_id))
    assert {name for name, _ in why.order} <= set(FEATURES)
    assert why.order, "and the place has reasons"
    sizes = [abs(share) for _, share in why.order]
    assert sizes == sorted(sizes, reverse=True)
    found = TASK.measure(again, pd.DataFrame(), FieldWeights())
    assert found.ndcg == found.plain
    assert found.queries == len(dataset.validation)
    assert found.importance
    (filtered,) = TASK.predict(again, [SearchInput("red mug", 5, near=1)])
    assert filtered.results


def test_an_untuned_model_makes_no_queries_of_a_catalog(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = Tables({"products": tiny_tables().products}, "en")
    config = TASK.config("quick", tables, model=model, **SHORT)

    def fail(*_: object) -> None:
        pytest.fail("the catalog was split into queries")

    monkeypatch.setattr(parts, "query_qrels", fail)
    bundle = TASK.untuned(tables, config, Silent())
    assert TASK.predict(bundle, [SearchInput("red mug", 3)])[0].results


def test_a_shop_with_more_queries_than_are_ranked_is_learned_too(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = tiny_tables()
    config = TASK.config("quick", tables, model=model, **SHORT)
    dataset = TASK.dataset(tables, config)
    monkeypatch.setattr(learning, "MOST_RANKED", len(dataset.validation) + 3)
    bundle = TASK.train(dataset, config, tmp_path / "run", Silent())
    assert bundle.recommended in bundle.systems


def test_a_query_without_a_better_product_teaches_its_best() -> None:
    """Readiness counts it, so that a shop with grades of 1 alone has something to learn."""
    train = pd.DataFrame(
        {
            "query": ["mug", "pan"],
            "qrels": [{"a": 1, "b": 0}, {"a": 1, "c": 3}],
            "weights": [{"a": 1.0, "b": 0.0}, {"a": 1.0, "c": 3.0}],
        }
    )
    pairs = make_pairs(train, "judgments", most_positives=2, most_pairs=10, seed=1)
    assert set(zip(pairs["query"], pairs["product_id"], strict=True)) == {
        ("mug", "a"),
        ("pan", "c"),
    }


@pytest.mark.parametrize("count", [0, 20])
def test_few_judgments_recommend_nothing_that_was_learned(
    count: int, model: str, tmp_path: Path
) -> None:
    """Twenty queries judged at random: whatever looks best does so by luck."""
    rng = np.random.default_rng(0)
    frames = tiny_frames()
    names = frames["products"]["product_id"]
    rows = [
        (f"query {n}", str(name), float(rng.integers(0, 4)))
        for n in range(count)
        for name in rng.choice(names, 4, replace=False)
    ]
    judged = pd.DataFrame(rows, columns=["query", "product_id", "relevance"])
    tables = Tables({"products": frames["products"], "judgments": judged}, "en")
    config = TASK.config("quick", tables, model=model, **SHORT)
    bundle = TASK.train(TASK.dataset(tables, config), config, tmp_path / "run", Silent())
    assert not bundle.recommended.startswith(("ranked", "tuned", "hybrid_tuned"))
    (answer,) = TASK.predict(bundle, [SearchInput("red mug", 3)])
    assert answer.results
