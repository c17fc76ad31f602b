"""How much a training has to compute, in parts whose speed this machine is measured at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Four bytes each for a weight's gradient and its two moments in AdamW.
LEARNED_BYTES = 12


@dataclass(frozen=True)
class Phase:
    """A part of a training: `units` of work, and a probe that measures the seconds of one."""

    units: float
    seconds_per_unit: Callable[[], float]


@dataclass(frozen=True)
class Work:
    """What a training has to compute; its phases are measured in their order.

    Over all epochs `train_tokens` are read to learn from; `encode_tokens` are only read, or written
    by a generator. `fixed_seconds` are for what hardly grows with the data, `memory_bytes` what the
    training needs beside the models that are loaded by then. It runs on `device`.
    """

    train_tokens: int
    encode_tokens: int
    phases: Sequence[Phase]
    fixed_seconds: float
    memory_bytes: float
    device: str
