"""The contract of a task: what training, evaluation, the command line and the pages rely on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import pandas as pd

from engine.config import TrainingConfig
from engine.evaluation.evaluator import Evaluator
from engine.models.work import Work
from engine.progress import Progress
from engine.tables.tables import Tables

Level = Literal["ready", "thin", "missing"]
# A code of the engine's texts, with its placeholders.
Advice = tuple[str, Mapping[str, object]]


@dataclass(frozen=True)
class Readiness:
    """Whether a task can learn from the tables: how many of what, and what would help."""

    level: Level
    counts: Mapping[str, int]
    advice: Sequence[Advice] = ()


@dataclass(frozen=True)
class Dataset:
    """A task's examples, split before anything learns.

    Each part is a frame with `example_id` and `input` (the text a person reads), and what the task
    needs beside them. `truth` of classification: one column per head named `truth.<head>`, null
    where unknown. `tables` is what the examples were made from. `kept` are further examples of
    training that the model does not see, for what is learned on top of it.
    """

    task: str
    train: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame
    tables: Tables
    labels: Mapping[str, list[str]] = field(default_factory=dict)
    notes: Sequence[str] = ()
    kept: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"input": []}, dtype="str"))


class Bundle(Protocol):
    """A model that can be saved, loaded and asked: safetensors and JSON, never pickle."""

    def save(self, folder: Path) -> None:
        """Write everything needed to answer again."""

    @property
    def systems(self) -> Sequence[str]:
        """The names of the systems this bundle can answer with, for instance `tuned`."""

    @property
    def recommended(self) -> str:
        """The system that did best on validation."""


class Task(Protocol):
    """One thing the shop can learn.

    Systems and baselines answer a part of the dataset in the form that the task's evaluator
    measures.
    """

    name: str

    def config(self, preset: str, tables: Tables, **changes: object) -> TrainingConfig:
        """The settings of a preset for this task and the workspace's language, with changes."""

    def readiness(self, tables: Tables) -> Readiness:
        """Whether there is enough to learn from."""

    def dataset(self, tables: Tables, config: TrainingConfig) -> Dataset:
        """Examples, split into train, validation and test. Raises InputError if not ready."""

    def dataset_from(self, file: Path, tables: Tables, config: TrainingConfig) -> Dataset:
        """What baselines need to be measured on the examples of a user's `file`: its test part.

        Raises InputError for a file that cannot be used as it is.
        """

    def evaluator(self, dataset: Dataset) -> Evaluator:
        """What measures answers on the parts of `dataset`."""

    def workload(self, dataset: Dataset, config: TrainingConfig) -> Work:
        """How much there is to compute: what the estimate of time and memory rests on.

        Whatever is measured, no model that answers elsewhere is changed by it.
        """

    def baselines(
        self, dataset: Dataset, part: pd.DataFrame, config: TrainingConfig
    ) -> dict[str, Any]:
        """The answers of the baselines on `part`, by name."""

    def untuned(self, tables: Tables, config: TrainingConfig, progress: Progress) -> Bundle:
        """The pretrained model as it is: a bundle that was never trained."""

    def train(
        self, dataset: Dataset, config: TrainingConfig, folder: Path, progress: Progress
    ) -> Bundle:
        """Tune on the training part, choose on the validation part; checkpoints go to `folder`."""

    def load(self, folder: Path, tables: Tables) -> Bundle:
        """The bundle saved in `folder`, ready to answer for these tables."""

    def outputs(self, bundle: Bundle, part: pd.DataFrame) -> dict[str, Any]:
        """The answers of every system of the bundle on `part`, by name (for evaluation)."""

    def predict(self, bundle: Any, inputs: Sequence[Any]) -> list[Any]:
        """One answer per input, with confidence, in the types of the task's call `PREDICT`."""

    def explain(self, bundle: Any, item: Any) -> Any:
        """Why the bundle answers `item` as it does, in the types of the task's call `EXPLAIN`."""


@runtime_checkable
class Writing(Protocol):
    """What a task can do beside the contract whose answers are texts worth waiting for."""

    def write(self, bundle: Any, item: Any, on_text: Callable[[str], None]) -> Any:
        """One answer in the types of the task's call `WRITE`; `on_text` gets the text so far."""


@runtime_checkable
class Drafting(Protocol):
    """What a task can do beside the contract whose model writes any short text."""

    def draft(self, bundle: Any, item: Any, on_text: Callable[[str], None]) -> Any:
        """One answer in the types of the task's call `DRAFT`; `on_text` gets the text so far."""


@runtime_checkable
class Measuring(Protocol):
    """What a task can do beside the contract that measures more of a run than its metrics."""

    def measure(self, bundle: Any, heldout: pd.DataFrame, item: Any) -> Any:
        """What the run's held-out answers (`engine.evaluation.heldout`) say about one question."""
