"""Learning curves: nested shares, the fit through four points, and the record of every task."""

import itertools
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd
import pytest

from engine.case.assumptions import Assumptions, Range
from engine.case.gain import Gain
from engine.case.label_price import LabellingCost, price_labels
from engine.case.simulation import simulate
from engine.errors import Cancelled
from engine.evaluation.extrapolation import Estimate, Extrapolation, extrapolate
from engine.labelling.split import take_share
from engine.messages import LANGUAGES
from engine.progress import Silent
from engine.storage.learning_curves import CurvePoint, LearningCurve, list_curves
from engine.storage.workspace import Workspace
from engine.tasks import TASKS
from engine.training.curve_outcome import CurveOutcome, say_curve
from engine.training.learning_curve import SHARES, measure_curve
from engine.training.run import train_run
from tests.tiny_shop import Stopping, tiny_settings, tiny_texts, tiny_workspace

SIZES = (200.0, 450.0, 900.0, 1800.0)


def law(plateau: float, scale: float, exponent: float, half: float = 0.01) -> Extrapolation:
    values = [1 - plateau - scale * (size / 100) ** -exponent for size in SIZES]
    return extrapolate(SIZES, [Estimate(v, v - half, v + half) for v in values])


def test_shares_are_nested_and_keep_the_order() -> None:
    part = pd.DataFrame({"row": range(400)})
    taken = [take_share(part, share, seed=3)["row"].tolist() for share in SHARES]
    assert [len(rows) for rows in taken] == [48, 100, 200, 400]
    assert all(rows == sorted(rows) for rows in taken)
    assert all(set(one) < set(other) for one, other in itertools.pairwise(taken))
    assert len(take_share(part.head(9), 0.1, seed=3)) == 8


def test_the_fit_finds_the_law_that_made_the_points() -> None:
    curve = law(0.1, 0.2, 0.5)
    assert curve.laws[0][2] == pytest.approx(0.5)
    assert curve.predict(3600).value == pytest.approx(0.9 - 0.2 * 36**-0.5, abs=1e-6)
    found = curve.gain(1800, 100)
    assert 0 <= found.low <= found.value <= found.high
    assert curve.reaches(0.5) is not None
    assert curve.reaches(0.95) is None


def test_three_points_predict_the_fourth() -> None:
    values = [0.9 - 0.2 * (size / 100) ** -0.5 for size in SIZES]
    points = [Estimate(v, v - 0.02, v + 0.02) for v in values[:3]]
    found = extrapolate(SIZES[:3], points).predict(SIZES[3])
    assert found.low <= values[3] <= found.high
    assert found.value == pytest.approx(values[3], abs=1e-6)
    with pytest.raises(ValueError, match="three"):
        extrapolate(SIZES[:2], points[:2])


def test_the_trend_says_whether_twice_the_data_is_worth_having() -> None:
    assert law(0.0, 0.5, 0.3, half=0.003).trend == "rising"
    assert law(0.2, 0.0, 0.5, half=0.003).trend == "flat"
    assert law(0.1, 0.2, 0.5, half=0.08).trend == "unclear"


@pytest.fixture(scope="module")
def two_shares() -> Iterator[tuple[float, ...]]:
    """A curve of two points: what a fit needs more for is tested above."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.training.learning_curve.SHARES", (0.4, 1.0))
        yield (0.4, 1.0)


def shop(task: str, model: str) -> tuple[Workspace, dict[str, object]]:
    """A tiny shop, and settings with which a training of `task` is over in a moment."""
    changes = tiny_settings(task, model) | {"epochs": 1} | tiny_texts(task)
    return tiny_workspace(task=task), changes


@pytest.mark.usefixtures("home", "small_fits")
@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_a_curve_on_the_same_held_out_rows(
    task: str, model: str, two_shares: tuple[float, ...]
) -> None:
    workspace, changes = shop(task, model)
    curve = measure_curve(workspace, task, changes, Silent())
    assert tuple(point.share for point in curve.points) == two_shares
    sizes = [point.n_train for point in curve.points]
    assert sizes == sorted(set(sizes))
    for point in curve.points:
        assert {curve.system, curve.baseline, "tuned", "untuned"} <= set(point.systems)
        assert all(0 <= low <= value <= high <= 1 for value, low, high in point.systems.values())
    # What is not learned says the same at every size.
    assert len({point.systems["untuned"] for point in curve.points}) == 1
    assert curve.ahead["low"] <= curve.ahead["delta"] <= curve.ahead["high"]
    assert list_curves(workspace, task) == [curve]
    assert list_curves(workspace, "other") == []
    assert math.isfinite(curve.seconds)
    json.dumps(curve.as_json(), allow_nan=False)


@pytest.mark.usefixtures("home", "small_fits", "two_shares")
def test_a_stopped_curve_goes_on_and_a_run_of_before_is_its_last_point(model: str) -> None:
    workspace, changes = shop("intent", model)
    stopping = Stopping(at_step=5)
    with pytest.raises(Cancelled):
        measure_curve(workspace, "intent", changes, stopping, "intent-c")
    assert list_curves(workspace) == []
    # In the last of two trainings: the first has fewer steps.
    assert stopping.stages.count("baselines") == 2
    run = train_run(workspace, "intent", changes, Silent())
    resumed = Stopping()
    curve = measure_curve(workspace, "intent", changes, resumed, "intent-c")
    assert "train" not in resumed.stages
    assert list_curves(workspace) == [curve]
    metric = run.primary_metric
    for name, metrics in (run.baselines | run.systems).items():
        assert curve.points[-1].systems[name][0] == pytest.approx(metrics[metric], abs=1e-6)
    assert not list((workspace.folder / "runs").glob(".intent-c*"))


def made_curve(
    values: Sequence[float], baseline: float, ahead: tuple[float, float, float]
) -> LearningCurve:
    points = tuple(
        CurvePoint(
            share,
            round(2000 * share),
            "tuned",
            {"tuned": (v, v - 0.01, v + 0.01), "svm": (baseline, baseline, baseline)},
            1.0,
        )
        for share, v in zip(SHARES, values, strict=True)
    )
    interval = dict(zip(("delta", "low", "high"), ahead, strict=True))
    return LearningCurve(
        "c", "intent", 1.0, {}, "macro_f1", "tuned", "svm", interval, points, 300, "data", 9.0
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_flat_curve_below_its_baseline_says_both(language: str) -> None:
    flat = CurveOutcome(made_curve((0.7, 0.702, 0.7, 0.701), 0.8, (-0.099, -0.12, -0.08)))
    trend, baseline, forecast = say_curve(flat, language)
    said = {"en": ("hardly help", "Even ten times"), "zh": ("几乎没有帮助", "即使样本增加到十倍")}
    assert said[language][0] in trend
    assert said[language][1] in baseline
    assert "1,000" in forecast and "0.701" in forecast
    rising = CurveOutcome(made_curve((0.5, 0.6, 0.68, 0.74), 0.76, (-0.02, -0.04, 0.01)))
    assert rising.overtakes and 2000 < rising.overtakes < 6000
    assert f"{rising.overtakes:,.0f}" in say_curve(rising, language)[1]
    assert rising.forecast.low < 0.74 < rising.forecast.high


def test_what_a_small_share_did_not_learn_is_replaced_by_what_it_recommends() -> None:
    curve = made_curve((0.5, 0.6, 0.68, 0.74), 0.7, (0.04, 0.01, 0.07))
    small = replace(curve.points[0], recommended="svm", systems={"svm": (0.4, 0.3, 0.5)})
    outcome = CurveOutcome(replace(curve, points=(small, *curve.points[1:])))
    assert [one.value for one in outcome.measured] == [0.4, 0.6, 0.68, 0.74]


def test_labels_pay_until_the_next_hundred_cost_more_than_they_bring() -> None:
    figures = Assumptions(visits=Range(40_000, 50_000, 60_000), link=Range(0.001, 0.002, 0.003))
    curve = law(0.05, 0.6, 0.5)
    cheap, dear = (
        price_labels(curve, "macro_f1", figures, LabellingCost(seconds, 25.0))
        for seconds in (15.0, 600.0)
    )
    assert cheap.gain == dear.gain == curve.gain(1800, 100)
    assert cheap.cost == pytest.approx(100 * 15 / 3600 * 25)
    assert dear.cost == pytest.approx(40 * cheap.cost)
    assert cheap.benefit.low < cheap.benefit.value < cheap.benefit.high
    # The money is that of the same gain in a case.
    gain = Gain(cheap.gain.value, cheap.gain.low, cheap.gain.high, "macro_f1")
    case = simulate(figures, gain)
    assert cheap.benefit.value == pytest.approx(case.months * case.benefit.mean())
    assert dear.pays_until is not None
    assert cheap.pays_until is None or cheap.pays_until > dear.pays_until
    never = price_labels(curve, "macro_f1", figures, LabellingCost(36_000.0, 1000.0))
    assert never.pays_until == 0
