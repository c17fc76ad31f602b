"""How much a training has to compute, in parts whose speed this machine is measured at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

# Four bytes each for a weight's gradient and its two moments in AdamW.
LEARNED_BYTES = 12
# Until processes that share a training have loaded their libraries and the model.
START_SECONDS = 10.0


@dataclass(frozen=True)
class Phase:
    """A part of a training: `units` of work, and a probe that measures the seconds of one.

    `shared` says whether several processes share it where they share the training.
    """

    units: float
    seconds_per_unit: Callable[[], float]
    shared: bool = False


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


def spread_work(work: Work, processes: int, process_bytes: float) -> Work:
    """`work` where `processes` share its tuning, each of which takes `process_bytes` as it starts.

    GPUs work side by side, and what they tell each other is not counted; processes without any have
    the cores of one. Work of which no phase is shared stays as it is.
    """
    if processes == 1 or not any(phase.shared for phase in work.phases):
        return work
    side_by_side = processes if work.device == "cuda" else 1
    return replace(
        work,
        phases=[
            replace(phase, units=phase.units / side_by_side) if phase.shared else phase
            for phase in work.phases
        ],
        fixed_seconds=work.fixed_seconds + START_SECONDS,
        memory_bytes=processes * (process_bytes + work.memory_bytes),
    )
