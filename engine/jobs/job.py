"""A job and the events of its history."""

from dataclasses import dataclass
from typing import Any, Literal

from engine.messages import DEFAULT_LANGUAGE, say

TRAIN, CURVE, SWEEP = "train", "curve", "sweep"
# The kinds that train, and so are shown where trainings are.
TRAININGS = (TRAIN, CURVE, SWEEP)
State = Literal["queued", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class Job:
    """One thing to compute for a workspace. Times are epoch seconds.

    `owner` is who asked for it, such as the address of a browser, and `queued` since when it waits
    or waited last. `cancel` is when the user asked to stop the job. `crashes` counts attempts that
    ended without reporting a result. If the job failed, `reason` is the code of the text that says
    why, and `reason_params` fills its placeholders.
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
    owner: str
    queued: float

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("queued", "running")

    def message(self, language: str = DEFAULT_LANGUAGE) -> str:
        """Why the job failed and what to do next, in `language`; empty if it didn't fail."""
        return say(self.reason, language, **self.reason_params) if self.reason else ""


@dataclass(frozen=True)
class Event:
    """One entry in a job's history: it entered a `stage`, added a `point` to a curve, or logged.

    `name` is the stage, the curve or the code of the log's text.
    """

    event_id: int
    job_id: str
    attempt: int
    time: float
    kind: Literal["stage", "point", "log"]
    name: str
    value: float | None
    step: int
