"""What can be asked about a training before it starts, and what is answered."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.codec import Call, FilledText


@dataclass(frozen=True)
class PlanInput:
    """A training of `task` with the settings of `config`, which the task itself checks."""

    task: FilledText
    config: Mapping[str, object]


@dataclass(frozen=True)
class Plan:
    """What a training is expected to cost on this machine."""

    seconds: float
    memory_mb: float
    device: str
    n_train: int
    n_validation: int
    n_test: int


PLAN = Call("training", "plan", PlanInput, Plan)
CALLS = (PLAN,)
