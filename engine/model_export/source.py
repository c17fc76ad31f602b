"""What a run has to take home: which model it tuned, of what kind, and on which base."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypedDict

from engine.errors import InputError
from engine.models.pretrained import Pretrained, catalog
from engine.storage.runs import Run, list_runs, load_run, run_folder
from engine.storage.workspace import Workspace
from engine.tasks import get_task

# `gguf` is a generator, or an adapter merged into its base, as one file.
Kind = Literal["encoder", "classifier", "adapter", "generator", "gguf"]
# The file of a bundle that tells what it holds.
_MARKS: dict[Kind, str] = {
    "encoder": "encoder/config.json",
    "classifier": "tail.safetensors",
    "adapter": "generator/adapter_config.json",
    "generator": "generator/config.json",
}
# The system of a run that answers with the tuned model alone.
SYSTEM = "tuned"


class BlendRecord(TypedDict):
    """How a system mixes its members under one head, see `engine.tasks.classify.blend`."""

    weights: dict[str, float]
    temperature: float
    threshold: float


class BundleRecord(TypedDict, total=False):
    """What this package reads of a `bundle.json`."""

    mark: str
    max_tokens: int
    labels: dict[str, list[str]]
    blends: dict[str, dict[str, BlendRecord]]


@dataclass(frozen=True)
class Source:
    """A run's model: `kind` says what it is, `bundle` is its folder and `about` its record."""

    run: Run
    kind: Kind
    bundle: Path
    about: BundleRecord

    @property
    def base(self) -> str:
        """The pretrained model that was tuned, as it was named."""
        return self.run.model

    @property
    def base_name(self) -> str:
        """What the base is called where others read it: of a folder its name, never its path."""
        return Path(self.base).name if Path(self.base).is_absolute() else self.base

    @property
    def base_entry(self) -> Pretrained | None:
        """The catalog's entry of the base; None for another model of the hub, or a folder."""
        return next((model for model in catalog() if model.id == self.base), None)

    @property
    def base_on_hub(self) -> str:
        """The base's id on the Hugging Face Hub; empty for the folder of a machine."""
        entry = self.base_entry
        if entry is not None:
            return entry.hub or entry.id
        return "" if Path(self.base).is_absolute() else self.base

    @property
    def licence(self) -> str:
        """The licence of the base; empty where Shoplab does not know it."""
        return self.base_entry.licence if self.base_entry else ""

    @property
    def carries_base(self) -> bool:
        """Whether an adapter's base has to travel with it.

        A base from a package was converted from fewer bits, so its weights differ from the hub's.
        """
        entry = self.base_entry
        return self.kind == "adapter" and not (self.base_on_hub and (not entry or not entry.hub))


def find_source(workspace: Workspace, task: str, run_id: str | None = None) -> Source:
    """The model of run `run_id` of `task`, of its newest run for None.

    Raises InputError for an unknown task or run, a run of another task, one without a model, and
    one whose model is no language model.
    """
    get_task(task)
    run = _find_run(workspace, task, run_id)
    bundle = run_folder(workspace, run.run_id) / "bundle"
    if not (bundle / "bundle.json").is_file():
        raise InputError("deployment.no_model", run=run.run_id)
    kind = kind_of(workspace, run)
    if kind is None:
        raise InputError("model_export.not_portable", task=task)
    about: BundleRecord = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    return Source(run, kind, bundle, about)


def is_portable(workspace: Workspace, run: Run) -> bool:
    """Whether the model of `run` can be taken home."""
    return kind_of(workspace, run) is not None


def kind_of(workspace: Workspace, run: Run) -> Kind | None:
    """What the model of `run` is; None where it has none that works elsewhere."""
    bundle = workspace.folder / "runs" / run.run_id / "bundle"
    return next((kind for kind, mark in _MARKS.items() if (bundle / mark).is_file()), None)


def _find_run(workspace: Workspace, task: str, run_id: str | None) -> Run:
    if run_id is None:
        runs = list_runs(workspace, task)
        if not runs:
            raise InputError("tasks.no_run", workspace=workspace.name, task=task)
        return runs[0]
    run = load_run(workspace, run_id)
    if run.task != task:
        raise InputError("tasks.other_run", run=run_id, task=task, other=run.task)
    return run
