"""What can be asked about a training before it starts, and about labels for it."""

from collections.abc import Mapping, Sequence
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


# After so many labels set by hand the head is fitted anew.
GROWTH_STEP = 10


@dataclass(frozen=True)
class GrowthInput:
    """Asks what the labels set by hand under `head` of `task` have brought so far.

    `labels` is how many there are: with more of them it is another question.
    """

    task: FilledText
    head: FilledText
    labels: int


@dataclass(frozen=True)
class LabelGrowth:
    """Macro-F1 of a head on `n_validation` examples after so many more labels as in `sizes`.

    `by_hand` learned those set by hand, in their order, `at_random` as many in random order: the
    mean of some orders, with the lowest and highest. All start from the same `n_start` examples.
    """

    sizes: Sequence[int]
    by_hand: Sequence[float]
    at_random: Sequence[float]
    random_low: Sequence[float]
    random_high: Sequence[float]
    n_start: int
    n_validation: int


PLAN = Call("training", "plan", PlanInput, Plan)
GROWTH = Call("training", "growth", GrowthInput, LabelGrowth)
CALLS = (PLAN, GROWTH)
