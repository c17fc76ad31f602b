"""Which run of each task a shop serves to the outside, and how that came about.

`<workspace>/deployments.jsonl` has a line for every promotion and every roll-back; lines are only
ever appended, under the workspace's lock. What is served now follows from them: the promotions of a
task form a stack, and a roll-back takes the top one off. A task without promotions is served
untuned.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.codec import decode, encode
from engine.errors import InputError
from engine.storage.append_log import AppendLog
from engine.storage.labels import tidy_label
from engine.storage.runs import UNTUNED
from engine.storage.workspace import Workspace


@dataclass(frozen=True)
class Evidence:
    """What the held-out comparison said when a run was promoted.

    `system` is the run's recommended one with its `value` of the primary `metric`; `baseline` the
    one that is hardest to beat. The difference is `delta`, its 95 % interval `low` to `high`, and
    `verdict` one of `engine.training.outcome.Outcome`.
    """

    system: str
    metric: str
    value: float
    baseline: str
    delta: float
    low: float
    high: float
    verdict: str


@dataclass(frozen=True)
class Deployment:
    """One change of what is served.

    From `time` (epoch seconds) on, `run` was served in place of the run `replaced`; either may be
    `UNTUNED`. `by` is the name of who did it, as they gave it. A roll-back has no `evidence`.
    """

    task: str
    action: Literal["promote", "rollback"]
    run: str
    replaced: str
    time: float
    by: str
    evidence: Evidence | None = None


class Deployments:
    """The deployments of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._log = AppendLog(workspace.folder / "deployments.jsonl")

    def history(self, task: str) -> list[Deployment]:
        """Every change of what `task` serves, the newest first."""
        return self._changes(task)[::-1]

    def current(self, task: str) -> str:
        """The run that is served for `task`, or `UNTUNED`. Its folder may have been deleted."""
        return _top(_stack(self._changes(task)))

    def previous(self, task: str) -> str | None:
        """What a roll-back would serve; None if nothing was promoted."""
        stack = _stack(self._changes(task))
        return self._before(stack) if stack else None

    def serves(self, run_id: str) -> bool:
        """Whether the files of a run are there."""
        folder = self.workspace.folder / "runs" / run_id
        return run_id == UNTUNED or (folder / "run.json").is_file()

    def promote(self, task: str, run_id: str, evidence: Evidence, by: str) -> Deployment:
        """Serve `run_id` from now on. Raises InputError if it is served already.

        `engine.training.promotion.promote` checks that the run may be served.
        """
        with self.workspace.changing():
            current = self.current(task)
            if run_id == current:
                raise InputError("deployment.already", run=run_id, task=task)
            return self._append(
                Deployment(task, "promote", run_id, current, time.time(), tidy_label(by), evidence)
            )

    def rollback(self, task: str, by: str) -> Deployment:
        """Serve again what was served before: an earlier run, or the untuned model.

        Runs whose files were deleted are passed over. Raises InputError if nothing was promoted.
        """
        with self.workspace.changing():
            stack = _stack(self._changes(task))
            if not stack:
                raise InputError("deployment.nothing_before", task=task)
            run = self._before(stack)
            return self._append(
                Deployment(task, "rollback", run, stack[-1], time.time(), tidy_label(by))
            )

    def _before(self, stack: Sequence[str]) -> str:
        return _top([run for run in stack[:-1] if self.serves(run)])

    def _append(self, change: Deployment) -> Deployment:
        self._log.append([encode(change)])
        return change

    def _changes(self, task: str) -> list[Deployment]:
        return [decode(Deployment, row) for row in self._log.rows() if row.get("task") == task]


def _stack(changes: Sequence[Deployment]) -> list[str]:
    """The promoted runs that were not rolled back; the last one is served."""
    stack: list[str] = []
    for change in changes:
        if change.action == "promote":
            stack.append(change.run)
            continue
        del stack[-1:]
        while stack and stack[-1] != change.run:
            stack.pop()
    return stack


def _top(stack: Sequence[str]) -> str:
    return stack[-1] if stack else UNTUNED
