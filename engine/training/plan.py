"""How long a training will take and how much memory it needs, measured before it starts."""

import psutil

from engine.config import TrainingConfig
from engine.models.spreading import processes_for
from engine.models.work import spread_work
from engine.progress import Progress
from engine.tasks.base import Dataset, Task
from engine.training.answers import Plan

MEGABYTE = 2**20


def estimate(task: Task, dataset: Dataset, config: TrainingConfig, progress: Progress) -> Plan:
    """What the training will cost: its work, times the speed that each part is measured at.

    Takes a few seconds and can be cancelled between two parts.
    """
    work = task.workload(dataset, config)
    processes = processes_for(config.batch_size, len(dataset.train))
    # A process has the libraries, the model and the examples, as this one has by now.
    held = psutil.Process().memory_info().rss
    work = spread_work(work, processes, held)
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
