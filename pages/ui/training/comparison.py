"""Every system of one run, or two, on the same held-out rows: measured once, shared by reruns."""

from dataclasses import dataclass

import pandas as pd

from engine.evaluation.compare import Interval, against_all, merge_runs, metric_interval
from engine.evaluation.heldout import systems_of
from engine.storage.runs import Metrics, Run, load_heldout
from engine.storage.workspace import Workspace
from pages.ui.frame import session
from pages.ui.parts.names import MARK

LETTERS = ("A", "B")


@dataclass(frozen=True)
class Comparison:
    """Held-out answers, and what they say of every system.

    `lead` is the recommended system. `measured` has a row per system, best first: `value`, `low`
    and `high` of the primary metric; `against` is lead minus each other system, `ahead` the best
    one minus each other.
    """

    heldout: pd.DataFrame
    lead: str
    measured: pd.DataFrame
    against: dict[str, Interval]
    ahead: dict[str, Interval]

    @property
    def systems(self) -> list[str]:
        """The systems, best first."""
        return list(self.measured.index)


@session.per_shop(32)
def compare(current: Workspace, run: Run, second: Run | None = None) -> Comparison:
    """The comparison of `run`, with `second` beside it if it is given.

    Raises InputError if the two were measured on different data.
    """
    heldout, lead = load_heldout(current, run.run_id), run.recommended
    if second is not None:
        other = load_heldout(current, second.run_id)
        heldout = _merge(heldout, other)
        lead = in_run(heldout, lead, LETTERS[0])
    systems = systems_of(heldout)
    rows = {system: metric_interval(heldout, system) for system in systems}
    measured = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"])
    measured = measured.sort_values("value", ascending=False, kind="stable")
    order = list(measured.index)
    against = against_all(heldout, lead, order)
    ahead = against if order[0] == lead else against_all(heldout, order[0], order)
    return Comparison(heldout, lead, measured, against, ahead)


def in_run(heldout: pd.DataFrame, system: str, letter: str) -> str:
    """The name in a merged frame of the `system` of the run called `letter`."""
    return system if system in heldout else f"{system}{MARK}{letter}"


def _merge(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """One frame; a system with the same answers in both runs, such as a baseline, is there once."""
    suffixes = (f"{MARK}{LETTERS[0]}", f"{MARK}{LETTERS[1]}")
    merged = merge_runs(first, second, suffixes)
    for system in set(systems_of(first)) & set(systems_of(second)):
        left, right = (f"{system}{suffix}" for suffix in suffixes)
        if merged[left].equals(merged[right].rename(left)):
            merged = merged.drop(columns=[right, f"{right}.score"])
            merged = merged.rename(columns={left: system, f"{left}.score": f"{system}.score"})
    return merged


def metrics_of(run: Run) -> dict[str, Metrics]:
    """The metrics of every system and baseline of `run` by name."""
    return {"untuned": run.before} | run.baselines | run.systems | {run.recommended: run.after}
