"""A shop that has been trained on once, for tests of what a training leaves behind."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.progress import Silent
from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from engine.training.run import train_run
from tests.tiny_shop import tiny_settings, tiny_texts, tiny_workspace

DEFAULT_MODELS = (
    "engine.tasks.classify.task.default_encoder",
    "engine.tasks.cross_sell.task.default_encoder",
    "engine.tasks.interest.task.default_encoder",
    "engine.tasks.search.task.default_encoder",
    "engine.tasks.describe.task.default_generator",
)


@dataclass
class TrainedShop:
    """A workspace with one finished run, and the settings of the run."""

    workspace: Workspace
    run: Run
    changes: dict[str, object]


def trained_on(tasks: Sequence[str]) -> Callable[..., Iterator[TrainedShop]]:
    """A fixture of a module: the tiny shop after a training of each task in turn."""

    @pytest.fixture(scope="module", params=tasks)
    def trained(
        request: pytest.FixtureRequest,
        model: str,
        small_fits: None,
        tmp_path_factory: pytest.TempPathFactory,
    ) -> Iterator[TrainedShop]:
        yield from _train_shop(request.param, model, tmp_path_factory.mktemp("home"))

    return trained


def _train_shop(task: str, model: str, home: Path) -> Iterator[TrainedShop]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPLAB_HOME", str(home))
        workspace = tiny_workspace(task=task)
        # Nothing here depends on how much is learned, or on how long texts are.
        changes = tiny_settings(task, model) | {"epochs": 3} | tiny_texts(task)
        # What is asked without a run asks the same tiny model.
        for place in DEFAULT_MODELS:
            patch.setattr(place, lambda language: changes["model"])
        yield TrainedShop(workspace, train_run(workspace, task, changes, Silent()), changes)
