"""Call your shot: forecasts of what a training brings, and how well each person was calibrated.

Each person states the gain they expect and a range that holds it four times in five, before the
result opens. A narrow range is worth more, as long as it holds: the interval score adds to the
width of the range what a miss costs (Gneiting and Raftery 2007, Strictly Proper Scoring Rules,
Prediction, and Estimation, equation 43); lower is better. Kept in
`<workspace>/course/forecasts.jsonl`, the last of a person and run counts.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.course.activity import person_mark, read_acts
from engine.errors import InputError
from engine.storage.append_log import AppendLog
from engine.storage.files import make_folder
from engine.storage.labels import tidy_label
from engine.storage.runs import Run, list_runs
from engine.storage.workspace import Workspace
from engine.training.outcome import outcome

# How often a stated range is to hold the result.
COVERAGE = 0.8
MOST_FORECASTS = 2_000
# The act of looking at a run's result, here or on the page Compare.
OPENED = "compared"


@dataclass(frozen=True)
class Forecast:
    """A person's forecast: the gain of `task`'s next training, between `low` and `high`.

    `person` is a `person_mark`, `name` what the room sees; `created` is in epoch seconds.
    """

    task: str
    person: str
    name: str
    value: float
    low: float
    high: float
    created: float


@dataclass(frozen=True)
class Scored:
    """A forecast beside what was measured: the gain of `run_id` and its 95 % interval."""

    forecast: Forecast
    run_id: str
    gain: float
    low: float
    high: float

    @property
    def holds(self) -> bool:
        """Whether the range held the gain."""
        return self.forecast.low <= self.gain <= self.forecast.high

    @property
    def score(self) -> float:
        """The interval score, in units of the metric; lower is better."""
        return interval_score(self.forecast.low, self.forecast.high, self.gain)


@dataclass(frozen=True)
class Calibration:
    """A person's forecasts in sum: how many, which share of ranges held, the mean score.

    `optimism` is the mean of what was expected above what was measured.
    """

    person: str
    name: str
    n: int
    coverage: float
    score: float
    optimism: float


def interval_score(low: float, high: float, value: float, coverage: float = COVERAGE) -> float:
    """The interval score of a range that is to hold `value` with probability `coverage`."""
    miss = max(low - value, 0.0) + max(value - high, 0.0)
    return (high - low) + 2 / (1 - coverage) * miss


class Forecasts:
    """The forecasts of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._log = AppendLog(forecasts_file(workspace))

    def call(
        self, task: str, person: str, name: str, value: float, low: float, high: float
    ) -> Forecast:
        """Keep a forecast. Raises InputError for a range that does not hold the expected gain."""
        if not all(map(math.isfinite, (value, low, high))) or not -1 <= low <= value <= high <= 1:
            raise InputError("course.shot.bad_range")
        mark = person_mark(person)
        forecast = Forecast(task, mark, tidy_label(name), value, low, high, time.time())
        with self._workspace.changing():
            if len(self._log.rows()) >= MOST_FORECASTS:
                raise InputError("course.shot.too_many", most=f"{MOST_FORECASTS:,}")
            make_folder(self._log.file.parent)
            self._log.append([asdict(forecast)])
        return forecast

    def all(self, task: str | None = None) -> list[Forecast]:
        """The forecasts in the order in which they were made."""
        rows = [_read(row) for row in self._log.rows()]
        return [one for one in rows if one is not None and task in (None, one.task)]

    def scored(self, task: str) -> list[Scored]:
        """The forecasts of results that are open, each with its result, by person and run."""
        first_opened = opened_at(self._workspace, task)
        runs = sorted(list_runs(self._workspace, task), key=lambda run: run.created)
        last: dict[tuple[str, str], Scored] = {}
        for forecast in self.all(task):
            run = _next(runs, first_opened, forecast.created)
            if run is not None and run.run_id in first_opened:
                last[forecast.person, run.run_id] = _score(forecast, run)
        return list(last.values())

    def pending(self, task: str, person: str) -> Forecast | None:
        """The person's last forecast of a result that nobody has opened yet."""
        first_opened = opened_at(self._workspace, task)
        latest = max(first_opened.values(), default=0.0)
        mark = person_mark(person)
        own = [one for one in self.all(task) if one.person == mark and one.created > latest]
        return own[-1] if own else None

    def people(self, task: str) -> set[str]:
        """Everybody who made a forecast that was, or will be, measured."""
        return {one.person for one in self.all(task)}


def opened_at(workspace: Workspace, task: str) -> dict[str, float]:
    """When the result of each run of `task` was first looked at, in epoch seconds."""
    first: dict[str, float] = {}
    for act in read_acts(workspace):
        if act.act == OPENED and act.details.get("task") == task:
            runs = act.details.get("runs")
            for run_id in runs if isinstance(runs, list) else ():
                first.setdefault(str(run_id), act.time)
    return first


def calibration(scored: Sequence[Scored]) -> list[Calibration]:
    """What the forecasts of each person come to, the best calibrated first."""
    by_person: dict[str, list[Scored]] = {}
    for one in scored:
        by_person.setdefault(one.forecast.person, []).append(one)
    rows = [
        Calibration(
            person=person,
            name=own[-1].forecast.name,
            n=len(own),
            coverage=sum(one.holds for one in own) / len(own),
            score=sum(one.score for one in own) / len(own),
            optimism=sum(one.forecast.value - one.gain for one in own) / len(own),
        )
        for person, own in by_person.items()
    ]
    return sorted(rows, key=lambda row: row.score)


def _next(runs: Sequence[Run], opened: dict[str, float], moment: float) -> Run | None:
    """The first run whose result had not been opened at this moment."""
    return next((run for run in runs if opened.get(run.run_id, math.inf) > moment), None)


def _score(forecast: Forecast, run: Run) -> Scored:
    gain = outcome(run).interval
    return Scored(forecast, run.run_id, gain.delta, gain.low, gain.high)


def _read(row: dict[str, object]) -> Forecast | None:
    try:
        return Forecast(**row)  # type: ignore[arg-type]
    except TypeError:
        return None


def forecasts_file(workspace: Workspace) -> Path:
    """The file that holds the forecasts; it need not exist."""
    return workspace.folder / "course" / "forecasts.jsonl"
