"""Trainings, what they show, and how they were compared."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from engine.course.checks.base import (
    Check,
    CheckSinceOpened,
    Count,
    Finding,
    TaskName,
    counted,
)
from engine.course.forecasts import OPENED as COMPARED
from engine.course.forecasts import Forecasts
from engine.course.work import Work
from engine.storage.runs import Run

# What a run's history holds beside validation metrics.
LOSS, VALIDATION_LOSS, PREDICTED = "loss", "eval_loss", "predicted_seconds"
# How far the loss on validation must rise again, as a share of its lowest value.
RISE = 0.05
# How far a metric must fall below its best value; less is noise.
WORSE = 0.01

_BOUNDS = ("at_least", "at_most")


def _a_setting(value: object) -> object:
    """A value, or bounds of one: `{at_least: 30}`."""
    bounds = value.values() if isinstance(value, dict) and value.keys() <= set(_BOUNDS) else ()
    if isinstance(value, str | int | float) or (
        bounds and all(isinstance(bound, int | float) for bound in bounds)
    ):
        return value
    raise ValueError(", ".join(_BOUNDS))


Setting = Annotated[object, BeforeValidator(_a_setting)]


class Trained(Check):
    """Trainings of a task have finished, with these settings: a value, or bounds of one."""

    task: TaskName
    at_least: Count = 1
    settings: dict[str, Setting] = Field(default_factory=dict)

    def look(self, work: Work) -> Finding:
        """Count the runs, and name the setting that most of them miss."""
        runs = work.own_runs(self.task)
        fitting = [run for run in runs if not self._missed(run)]
        if runs and not fitting:
            setting = self._missed(runs[0])[0]
            values = {
                "task": self.task,
                "setting": setting,
                "value": runs[0].config.get(setting, "-"),
                "wanted": _said(self.settings[setting]),
            }
            return Finding(False, "course.checks.trained.other", values, True)
        return counted("trained", len(fitting), self.at_least, task=self.task)

    def _missed(self, run: Run) -> list[str]:
        config = run.config
        return [name for name, one in self.settings.items() if not _fits(config.get(name), one)]


class OverFitted(Check):
    """A training of a task got worse on what it had not seen while it went on learning.

    The loss on validation tells: it falls, and rises again while that on training falls on. A
    metric of a few hundred rows goes up and down by chance, so it decides only where a run of an
    earlier version knows no such loss. With `examples`, only a training of at most so many counts:
    the loss of an ordinary one may rise a little in its last epochs, too.
    """

    task: TaskName
    examples: Count | None = None

    def look(self, work: Work) -> Finding:
        """Look for a loss that rises after its lowest point, or a metric that falls."""
        runs = work.own_runs(self.task)
        if self.examples is not None:
            runs = [run for run in runs if run.n_train <= self.examples]
        for run in runs:
            losses = curve_of(run, VALIDATION_LOSS)
            if losses:
                if len(losses) > 1 and losses[-1] >= min(losses) * (1 + RISE):
                    values = {"best": f"{min(losses):.3f}", "last": f"{losses[-1]:.3f}"}
                    return Finding(True, "course.checks.over_fitted.loss", values, True)
                continue
            for metric, points in validation_curves(run).items():
                best, last = max(points), points[-1]
                if len(points) > 1 and best - last >= WORSE:
                    values = {"metric": metric, "best": f"{best:.3f}", "last": f"{last:.3f}"}
                    return Finding(True, "course.checks.over_fitted.curve", values, True)
            before = run.before.get(run.primary_metric, 0.0)
            tuned = run.systems.get("tuned", run.after).get(run.primary_metric, before)
            if before - tuned >= WORSE:
                values = {
                    "metric": run.primary_metric,
                    "best": f"{before:.3f}",
                    "last": f"{tuned:.3f}",
                }
                return Finding(True, "course.checks.over_fitted.heldout", values, True)
        code = "none" if runs else "missing"
        return Finding(False, f"course.checks.over_fitted.{code}", {"task": self.task}, bool(runs))


class Compared(CheckSinceOpened):
    """The page Compare was opened on two runs of a task, or on one and what needs no training.

    Both must have answered the same held-out rows.
    """

    task: TaskName
    what: Literal["runs", "baseline"] = "runs"

    def look(self, work: Work) -> Finding:
        """Look for an act of comparing, and whether it was fair."""
        tests = {run.run_id: run.test_fingerprint for run in work.runs(self.task)}
        compared = [
            [run for run in _texts(act.details.get("runs")) if run in tests]
            for act in work.acts(COMPARED)
            if act.details.get("task") == self.task and act.time >= self.begin(work)
        ]
        values = {"task": self.task}
        if self.what == "baseline" and any(compared):
            return Finding(True, "course.checks.compared.baseline", values, True)
        pairs = [runs for runs in compared if len(runs) > 1]
        if any(tests[first] == tests[second] for first, second in pairs):
            return Finding(True, "course.checks.compared.done", values, True)
        if pairs:
            return Finding(False, "course.checks.compared.other_rows", values, True)
        code = "alone" if any(compared) else "missing" if tests else "no_run"
        if self.what == "baseline" and code == "missing":
            code = "missing_baseline"
        return Finding(False, f"course.checks.compared.{code}", values, any(compared))


class CalledShot(Check):
    """So many people said what gain they expect of a task's training before its result opened."""

    task: TaskName
    people: Count = 1

    def look(self, work: Work) -> Finding:
        """Count the people with a forecast."""
        people = Forecasts(work.workspace).people(self.task)
        late = not people and any(
            act.details.get("task") == self.task for act in work.acts(COMPARED)
        )
        if late:
            return Finding(False, "course.checks.called_shot.late", {"task": self.task}, True)
        return counted("called_shot", len(people), self.people, task=self.task)


def validation_curves(run: Run) -> dict[str, list[float]]:
    """The values of each validation metric of a run in the order of its steps."""
    names = dict.fromkeys(str(point["metric"]) for point in run.history)
    metrics = (name for name in names if not name.endswith(LOSS) and name != PREDICTED)
    return {name: curve_of(run, name) for name in metrics}


def curve_of(run: Run, metric: str) -> list[float]:
    """The values of one of a run's curves in the order of its steps; empty where it has none."""
    points = {
        float(point["step"]): float(point["value"])
        for point in run.history
        if point["metric"] == metric
    }
    return [points[step] for step in sorted(points)]


def _fits(value: object, wanted: object) -> bool:
    if not isinstance(wanted, dict):
        return str(value) == str(wanted)
    return isinstance(value, int | float) and (
        wanted.get("at_least", value) <= value <= wanted.get("at_most", value)
    )


def _said(wanted: object) -> str:
    if not isinstance(wanted, dict):
        return str(wanted)
    signs = {"at_least": "≥", "at_most": "≤"}
    return ", ".join(f"{signs[bound]} {value:g}" for bound, value in wanted.items())


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
