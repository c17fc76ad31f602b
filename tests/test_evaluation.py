"""Ranking figures agree with their definition; intervals and comparisons keep their promises."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.evaluation.classification_evaluator import ClassificationEvaluator
from engine.evaluation.compare import (
    against_all,
    merge_runs,
    metric_interval,
    paired_interval,
    wins_and_losses,
)
from engine.evaluation.heldout import systems_of
from engine.evaluation.heldout import test_fingerprint as fingerprint
from engine.evaluation.ranking import score, score_each
from engine.evaluation.ranking_evaluator import RankingEvaluator
from engine.ranking import Ranking

PRODUCTS = [f"p{n}" for n in range(15)]
qrels = st.dictionaries(st.sampled_from(PRODUCTS), st.integers(0, 3), min_size=1)
rankings = st.lists(st.sampled_from(PRODUCTS), unique=True)


def ranking(product_ids: list[str]) -> Ranking:
    # Equal scores throughout: only the order may count.
    return Ranking(product_ids, [1.0] * len(product_ids))


def dcg(gains: list[int]) -> float:
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains[:10]))


@given(qrels, rankings)
def test_ranking_figures_are_their_definitions(truth: dict[str, int], ids: list[str]) -> None:
    row = score_each([truth], [ranking(ids)]).iloc[0]
    relevant = {name for name, grade in truth.items() if grade > 0}
    if not relevant:
        assert row.isna().all()
        return
    best = dcg(sorted(truth.values(), reverse=True))
    assert row["ndcg@10"] == pytest.approx(dcg([truth.get(name, 0) for name in ids]) / best)
    known = [name for name in ids if name in truth]
    assert row["ndcg@10_judged"] == pytest.approx(dcg([truth[name] for name in known]) / best)
    assert row["recall@50"] == pytest.approx(len(relevant & set(ids)) / len(relevant))
    first = next((place for place, name in enumerate(ids[:10], 1) if name in relevant), None)
    assert row["mrr@10"] == pytest.approx(1 / first if first else 0)
    assert row["judged@10"] == pytest.approx(
        sum(name in truth for name in ids[:10]) / max(len(ids[:10]), 1)
    )


def test_queries_with_nothing_relevant_do_not_count() -> None:
    truths = [{"p1": 3}, {"p2": 0}]
    assert score(truths, [ranking(["p1"]), ranking(["p2"])])["ndcg@10"] == 1.0
    assert math.isnan(score(truths[1:], [ranking(["p2"])])["ndcg@10"])


def ranked(scores: dict[str, list[float]]) -> pd.DataFrame:
    """A held-out frame of a ranking task with the given nDCG per system and query."""
    rows = len(next(iter(scores.values())))
    frame = pd.DataFrame({"example_id": [f"q{n}" for n in range(rows)]})
    frame = frame.assign(head="ranking", input=frame["example_id"], truth="{}")
    for name, values in scores.items():
        frame[name], frame[f"{name}.score"] = "[]", values
    return frame


def classified(truth: list[str], **outputs: list[str]) -> pd.DataFrame:
    """A held-out frame of a classification task with one head."""
    part = pd.DataFrame({"example_id": range(len(truth)), "input": "x", "truth.head": truth})
    answers = {
        name: {"head": pd.get_dummies(pd.Series(said)).astype(float)}
        for name, said in outputs.items()
    }
    return ClassificationEvaluator().heldout_rows(part, answers)


unit = st.floats(0, 1)
score_pairs = st.lists(st.tuples(unit, unit), min_size=2, max_size=30)


@given(score_pairs)
def test_an_interval_is_symmetric_and_nothing_against_itself(
    pairs: list[tuple[float, float]],
) -> None:
    frame = ranked({"a": [a for a, _ in pairs], "b": [b for _, b in pairs]})
    itself = paired_interval(frame, "a", "a")
    assert (itself.delta, itself.low, itself.high, itself.verdict) == (0, 0, 0, "unclear")
    there, back = paired_interval(frame, "a", "b"), paired_interval(frame, "b", "a")
    assert there.delta == pytest.approx(-back.delta, abs=1e-12)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-9)
    assert there.low - 1e-9 <= there.high
    means = np.mean([a - b for a, b in pairs])
    assert there.delta == pytest.approx(means, abs=1e-9)


def test_an_interval_widens_with_fewer_examples_and_tells_clear_from_unclear() -> None:
    rng = np.random.default_rng(3)
    base = rng.random(400) * 0.5
    frame = ranked({"a": list(base + rng.normal(0.1, 0.2, 400)), "b": list(base)})
    many, few = paired_interval(frame, "a", "b"), paired_interval(frame.head(40), "a", "b")
    assert many.high - many.low < few.high - few.low
    assert many.verdict == "better"
    assert paired_interval(frame, "b", "a").verdict == "worse"
    # The percentile interval of a mean is close to the normal one: 1.96 standard errors each side.
    assert (many.high - many.low) / 2 == pytest.approx(1.96 * 0.2 / 20, rel=0.15)


def test_the_interval_of_a_true_tie_mostly_holds_zero() -> None:
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(40):
        frame = ranked({"a": list(rng.random(60)), "b": list(rng.random(60))})
        found = paired_interval(frame, "a", "b")
        held += found.low <= 0 <= found.high
    assert held >= 34


def test_all_heads_of_an_example_are_drawn_together() -> None:
    truth = ["x", "y"] * 20
    right, wrong = truth, ["y", "x"] * 20
    frame = classified(truth, good=right, bad=wrong)
    both = pd.concat([frame, frame.assign(head="second")], ignore_index=True)
    one, two = paired_interval(frame, "good", "bad"), paired_interval(both, "good", "bad")
    assert one.delta == two.delta == 1.0
    assert (one.low, one.high) == pytest.approx((two.low, two.high))


def test_the_interval_of_macro_f1_is_around_its_value() -> None:
    rng = np.random.default_rng(1)
    truth = list(rng.choice(["x", "y", "z"], 90))
    noisy = [t if rng.random() < 0.7 else "x" for t in truth]
    value, low, high = metric_interval(classified(truth, noisy=noisy), "noisy")
    assert low < value < high
    assert low > 0
    assert high < 1


def test_rows_without_a_score_do_not_count_in_an_interval() -> None:
    frame = ranked({"a": [1.0, 0.5, math.nan], "b": [0.5, 0.0, math.nan]})
    assert paired_interval(frame, "a", "b").delta == pytest.approx(0.5)


def test_a_system_is_compared_with_every_other_but_itself() -> None:
    frame = ranked({"a": [1.0, 0.2], "b": [0.5, 0.1], "c": [0.0, 0.9]})
    assert set(against_all(frame, "a", ["a", "b", "c"])) == {"b", "c"}


@given(score_pairs)
def test_wins_ties_and_losses_are_every_example_once(pairs: list[tuple[float, float]]) -> None:
    frame = ranked({"a": [a for a, _ in pairs], "b": [b for _, b in pairs]})
    found = wins_and_losses(frame, "a", "b")
    assert sorted(found["example_id"]) == sorted(frame["example_id"])
    assert found["change"].is_monotonic_decreasing
    signs = {"win": 1, "tie": 0, "loss": -1}
    for outcome, change in zip(found["outcome"], found["change"], strict=True):
        assert signs[outcome] == (0 if abs(change) <= 1e-9 else np.sign(change))
    back = wins_and_losses(frame, "b", "a")["outcome"].value_counts()
    counts = found["outcome"].value_counts()
    assert counts.get("win", 0) == back.get("loss", 0)
    assert counts.get("loss", 0) == back.get("win", 0)


def test_runs_on_the_same_rows_stand_side_by_side() -> None:
    first, second = ranked({"tuned": [0.1, 0.9]}), ranked({"tuned": [0.4, 0.6]})
    both = merge_runs(first, second.iloc[::-1], (" A", " B"))
    assert systems_of(both) == ["tuned A", "tuned B"]
    assert paired_interval(both, "tuned A", "tuned B").delta == pytest.approx(0.0)
    assert list(both["tuned B.score"]) == [0.4, 0.6]


@pytest.mark.parametrize("column", ["example_id", "truth", "head"])
def test_runs_on_different_data_are_not_compared(column: str) -> None:
    first, second = ranked({"tuned": [0.1, 0.9]}), ranked({"tuned": [0.4, 0.6]})
    second.loc[0, column] = "other"
    with pytest.raises(InputError) as caught:
        merge_runs(first, second, (" A", " B"))
    assert caught.value.code == "evaluation.different_data"
    with pytest.raises(InputError):
        merge_runs(first, second.iloc[:1], (" A", " B"))


def test_the_fingerprint_ignores_answers_and_order() -> None:
    first, second = ranked({"a": [0.1, 0.9]}), ranked({"b": [0.4, 0.6]})
    assert fingerprint(first) == fingerprint(second.iloc[::-1])


def test_a_held_out_ranking_shows_the_ten_best() -> None:
    part = pd.DataFrame({"example_id": ["q"], "input": ["mug"], "qrels": [{"p1": 2, "p0": 1}]})
    frame = RankingEvaluator().heldout_rows(part, {"bm25": [ranking(PRODUCTS)]})
    assert json.loads(frame.loc[0, "bm25"]) == PRODUCTS[:10]
    assert json.loads(frame.loc[0, "truth"]) == {"p0": 1, "p1": 2}
    expected = dcg([1, 2]) / dcg([2, 1])
    assert frame.loc[0, "bm25.score"] == pytest.approx(expected)
