"""A job and its history, as the store holds them."""

from dataclasses import dataclass
from typing import Any, Literal

from engine.messages import DEFAULT_LANGUAGE, say

State = Literal["queued", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class Job:
    """One thing to compute for a workspace. Times are epoch seconds.

    `cancel` is when the user asked for a stop; `crashes` counts attempts that ended without a
    word; `reason` is the code of why it failed, with `reason_params` for its placeholders.
    """

    job_id: str
    workspace: str
    task: str
    kind: str
    config: dict[str, Any]
    run_id: str
    predicted_seconds: float | None
    state: State
    stage: str
    done: int
    total: int
    device: str | None
    attempt: int
    crashes: int
    pid: int | None
    pid_started: float | None
    heartbeat: float | None
    cancel: float | None
    reason: str | None
    reason_params: dict[str, Any]
    created: float
    started: float | None
    finished: float | None

    def message(self, language: str = DEFAULT_LANGUAGE) -> str:
        """Why the job failed and what to do next, in `language`; empty if it did not."""
        return say(self.reason, language, **self.reason_params) if self.reason else ""


@dataclass(frozen=True)
class Event:
    """One line of a job's history: a `stage` it entered, a `point` of a curve, or a `log` code."""

    event_id: int
    job_id: str
    attempt: int
    time: float
    kind: Literal["stage", "point", "log"]
    name: str
    value: float | None
    step: int
