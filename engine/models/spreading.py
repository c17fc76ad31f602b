"""Tuning that is spread over several processes, each with a GPU of its own.

They share every batch and the mean of their gradients is everybody's step (data parallelism, Li et
al. 2020, arXiv:2006.15704), so a step learns from as many examples as in one process. Only the
tuning is spread. What surrounds it, from reading tables to writing the run, is done by one process.
"""

import shutil
import sys
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import torch
from pydantic import TypeAdapter
from torch import Tensor, distributed

from engine.config import TrainingConfig
from engine.models.processes import run_together
from engine.progress import Progress
from engine.settings import training_processes
from engine.storage.files import make_folder

Model = TypeVar("Model")
Tuned = TypeVar("Tuned")

# Any of these divides the sizes of batches that one evaluates with.
COUNTS = (1, 2, 4, 8, 16)
# Fewer batches an epoch are not worth the start of processes.
FEWEST_BATCHES = 2
# The folder beside the checkpoints through which processes exchange files, and what is in it.
EXCHANGE, TUNING, RESULT = "spread", "tuning.json", "tuned"


class Tuning(Protocol[Model, Tuned]):
    """A tuning as another process can do it: all but the model can be written as JSON.

    `kind` is its name among `engine.models.tunings.KINDS`.
    """

    kind: ClassVar[str]

    @property
    def config(self) -> TrainingConfig:
        """Its settings."""

    @property
    def examples(self) -> int:
        """How many examples it learns from that may stand in one batch."""

    def open(self) -> Model:
        """The pretrained model that is to be tuned."""

    def run(self, model: Model, folder: Path, progress: Progress) -> Tuned:
        """Tune `model`, in place or not; goes on from the last checkpoint in `folder`."""

    def save(self, tuned: Tuned, folder: Path) -> None:
        """Write what `run` gave."""

    def load(self, model: Model, folder: Path) -> Tuned:
        """What `save` wrote, made from the pretrained `model` as `run` would have."""


def processes_for(batch_size: int, examples: int) -> int:
    """How many processes share a tuning on `examples` in batches of `batch_size`; 1 is this one.

    As many as there are visible GPUs, or as `SHOPLAB_TRAINING_PROCESSES` says where fewer are
    wanted or there is no GPU; of these the largest power of two that divides a batch.
    """
    gpus = torch.cuda.device_count()
    most = training_processes() or gpus
    if gpus:
        most = min(most, gpus)
    if examples < FEWEST_BATCHES * batch_size:
        return 1
    return max((n for n in COUNTS if n <= most and batch_size % n == 0), default=1)


def tune(tuning: Tuning[Model, Tuned], model: Model, folder: Path, progress: Progress) -> Tuned:
    """Do `tuning` on `model`, here or in several processes; checkpoints go to `folder`.

    Raises what `Tuning.run` and `run_together` raise.
    """
    count = processes_for(tuning.config.batch_size, tuning.examples)
    if count == 1:
        return tuning.run(model, folder, progress)
    exchange = hand_out(tuning, folder)
    process = (sys.executable, "-m", "engine.models.tuning_process")
    run_together([*process, tuning.kind, str(folder)], count, progress)
    tuned = tuning.load(model, exchange / RESULT)
    shutil.rmtree(exchange)
    return tuned


def hand_out(tuning: Tuning[Any, Any], folder: Path) -> Path:
    """Write `tuning` for the processes that share it; returns the folder of what they exchange."""
    exchange = folder / EXCHANGE
    shutil.rmtree(exchange, ignore_errors=True)
    make_folder(exchange)
    adapter: TypeAdapter[Any] = TypeAdapter(type(tuning))
    (exchange / TUNING).write_bytes(adapter.dump_json(tuning))
    return exchange


def is_spread() -> bool:
    """Whether this process is one of several that share a tuning."""
    return bool(distributed.is_available() and distributed.is_initialized())


def mean_over_processes(value: Tensor) -> Tensor:
    """The mean of a value without gradient over all processes that share the tuning."""
    if not is_spread():
        return value
    mean: Tensor = value.detach().float() / distributed.get_world_size()
    distributed.all_reduce(mean)
    return mean
