"""How long a training will take and how much memory it needs, measured before it starts."""

from dataclasses import asdict, dataclass

import psutil

from engine.config import TrainingConfig
from engine.progress import Progress
from engine.tasks.base import Dataset, Task

MEGABYTE = 2**20


@dataclass(frozen=True)
class Plan:
    """What a training is expected to cost on this machine."""

    seconds: float
    memory_mb: float
    device: str
    n_train: int
    n_validation: int
    n_test: int

    def as_json(self) -> dict[str, object]:
        """The plan as a plain dict."""
        return asdict(self)


def estimate(task: Task, dataset: Dataset, config: TrainingConfig, progress: Progress) -> Plan:
    """What the training will cost: its work, times the speed that each part is measured at.

    Takes a few seconds and can be cancelled between two parts.
    """
    work = task.workload(dataset, config)
    seconds = work.fixed_seconds
    for phase in work.phases:
        progress.check()
        if phase.units:
            seconds += phase.units * phase.seconds_per_unit()
    memory = psutil.Process().memory_info().rss + work.memory_bytes
    return Plan(
        seconds=seconds,
        memory_mb=memory / MEGABYTE,
        device=work.device,
        n_train=len(dataset.train),
        n_validation=len(dataset.validation),
        n_test=len(dataset.test),
    )
