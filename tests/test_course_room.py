"""Forecasts and grades by person: how well they are calibrated, and how far people agree."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.course import activity
from engine.course.forecasts import Forecasts, calibration, interval_score
from engine.course.grades import FIRST, SECOND, SETTLED, GradeTable, measure
from engine.course.reflections import LONGEST, Reflections
from engine.errors import InputError
from engine.training.outcome import outcome
from tests.runs_double import make_run, make_shop


@pytest.fixture(autouse=True)
def state_folder(home: Path) -> None:
    """Every test has a state folder of its own."""


def test_the_interval_score_is_that_of_the_paper() -> None:
    # Gneiting and Raftery (2007), equation 43, with alpha = 0.2.
    assert interval_score(0.0, 0.2, 0.1) == pytest.approx(0.2)
    assert interval_score(0.0, 0.2, -0.1) == pytest.approx(0.2 + 2 / 0.2 * 0.1)
    assert interval_score(0.0, 0.2, 0.5) == pytest.approx(0.2 + 2 / 0.2 * 0.3)


def test_an_honest_range_beats_every_other_on_average() -> None:
    gains = np.random.default_rng(0).normal(0.05, 0.03, 4000)

    def mean(width: float, shift: float = 0.0) -> float:
        low, high = 0.05 + shift - width, 0.05 + shift + width
        return float(np.mean([interval_score(low, high, gain) for gain in gains]))

    honest = mean(1.2816 * 0.03)
    assert honest < min(mean(0.5 * 0.03), mean(3 * 0.03), mean(1.2816 * 0.03, shift=0.05))


def test_a_shot_counts_for_the_first_result_that_nobody_had_opened(monkeypatch) -> None:
    shop = make_shop("en", queries=3)
    forecasts = Forecasts(shop)
    clock = iter(float(n) for n in range(100, 200))
    monkeypatch.setattr("engine.course.forecasts.time.time", lambda: next(clock))
    monkeypatch.setattr("engine.course.activity.time.time", lambda: next(clock))
    forecasts.call("intent", "ann", "Ann", 0.5, 0.4, 0.6)
    forecasts.call("intent", "ann", " Ann  A ", 0.1, -1.0, 1.0)
    forecasts.call("intent", "bob", "Bob", 0.9, 0.8, 1.0)
    assert forecasts.scored("intent") == []
    run = make_run(shop, "intent", "intent-1", rows=30)
    pending = forecasts.pending("intent", "ann")
    assert pending is not None and (pending.value, pending.name) == (0.1, "Ann A")
    activity.note(shop, "compared", "ann", task="intent", runs=["intent-1"])
    forecasts.call("intent", "eve", "Eve", outcome(run).interval.delta, 0.0, 1.0)
    scored = forecasts.scored("intent")
    assert {one.forecast.name: one.holds for one in scored} == {"Ann A": True, "Bob": False}
    assert forecasts.pending("intent", "ann") is None
    rows = calibration(scored)
    assert {row.name: row.coverage for row in rows} == {"Ann A": 1.0, "Bob": 0.0}
    assert rows[-1].optimism > 0


@pytest.mark.parametrize(
    "bad", [(0.1, 0.2, 0.3), (0.5, 0.1, 0.4), (float("nan"), 0, 1), (0, -2, 1)]
)
def test_a_range_has_to_hold_what_is_expected(bad) -> None:
    with pytest.raises(InputError):
        Forecasts(make_shop("en", queries=3)).call("intent", "ann", "Ann", *bad)


def test_agreement_is_krippendorffs_alpha() -> None:
    # Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, example C, ordinal.
    none = float("nan")
    data = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, none, none, none],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, none, 3],
        [none, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, none],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, none],
    ]
    grades = pd.DataFrame(data, index=list("abcd")).sub(1)
    agreement = measure(grades.where(grades < 4))
    assert agreement.people == 4
    assert measure(pd.DataFrame([[0, 1, 2], [0, 1, 2]])).alpha == pytest.approx(1.0)
    assert measure(pd.DataFrame([[2, 2], [2, 2]])).alpha is None
    assert measure(pd.DataFrame([[0, 1, 3]])).alpha is None
    assert agreement.alpha is not None and 0.7 < agreement.alpha < 0.95
    assert agreement.disputed == ("5",)


def test_people_grade_blind_then_again_and_the_median_becomes_the_judgment() -> None:
    shop = make_shop("en", queries=3)
    shop.correct("search", {"mug": {"p9": "1"}})
    first = {"ann": (3, 0, 2), "bob": (0, 0, 2), "eve": (3, 1, 2)}
    with GradeTable(shop) as table:
        assert table.pool("mug", ["p1", "p2", "p3"]) == ["p1", "p2", "p3"]
        assert table.pool("mug", ["p7"]) == ["p1", "p2", "p3"]
        for person, grades in first.items():
            table.grade("mug", person, dict(zip(("p1", "p2", "p3"), grades, strict=True)))
        assert table.round("mug") == FIRST
        before = table.agreement("mug", FIRST)
        assert before.disputed == ("p1",)
        table.show_disputes("mug")
        assert table.round("mug") == SECOND
        assert table.own("mug", "bob", SECOND) == {"p1": 0, "p2": 0, "p3": 2}
        table.grade("mug", "bob", {"p1": 2, "p2": 0, "p3": 2})
        table.grade("mug", "ann", {"p1": 3, "p2": 0, "p3": 2})
        assert table.agreement("mug", SECOND).people == 2
        assert table.settle("mug") == {"p1": 3, "p2": 0, "p3": 2}
        assert table.round("mug") == SETTLED
    labels = shop.corrections().set_index("head")["label"]
    assert dict(labels) == {"p9": "1", "p1": "3", "p2": "0", "p3": "2"}


@pytest.mark.parametrize("grades", [{"p9": 1}, {"p1": 4}, {"p1": -1}])
def test_what_is_not_asked_for_is_not_graded(grades) -> None:
    with GradeTable(make_shop("en", queries=3)) as table:
        table.pool("mug", ["p1"])
        with pytest.raises(InputError):
            table.grade("mug", "ann", grades)


def test_reflections_are_kept_for_each_person() -> None:
    shop = make_shop("en", queries=3)
    kept = Reflections(shop)
    kept.write("search", "ann", "One")
    kept.write("search", "ann", "Two" * LONGEST)
    kept.write("search", "bob", "Three")
    assert kept.read("search", "ann") == ("Two" * LONGEST)[:LONGEST]
    assert kept.read("search", "bob") == "Three"
    assert kept.read("copy", "ann") == ""
