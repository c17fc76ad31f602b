"""A training that is done again, or goes on after a stop.

Models are trained alike twice, and go on from their checkpoints, in test_task_contract.py, each
task's. What is added here is the same for all tasks: that of one classifier and of one that is not
a neural network stand for them.
"""

import pytest

from engine.errors import Cancelled, InputError
from engine.progress import Silent
from engine.storage.runs import list_runs, load_run, run_folder
from engine.training.run import train_run
from tests.tiny_shop import Stopping
from tests.trained_shop import TrainedShop, trained_on

trained = trained_on(["intent", "interest"])


def test_the_same_seed_gives_the_same_figures(trained: TrainedShop) -> None:
    again = train_run(trained.workspace, trained.run.task, trained.changes, Silent())
    assert again.run_id != trained.run.run_id
    assert again.test_fingerprint == trained.run.test_fingerprint
    for left, right in (
        (again.baselines, trained.run.baselines),
        (again.systems, trained.run.systems),
    ):
        for name, metrics in left.items():
            assert metrics == pytest.approx(right[name], abs=1e-4), name
    assert list_runs(trained.workspace)[0] == again


def test_a_cancelled_run_leaves_no_run_and_can_go_on(trained: TrainedShop) -> None:
    before = list_runs(trained.workspace)
    name = f"{trained.run.task}-interrupted"
    run = trained.run.task, trained.changes
    with pytest.raises(Cancelled):
        train_run(trained.workspace, *run, Stopping(at_step=15), name)
    assert list_runs(trained.workspace) == before
    with pytest.raises(InputError):
        run_folder(trained.workspace, name)
    resumed = Stopping()
    finished = train_run(trained.workspace, *run, resumed, name)
    assert resumed.steps[0] > 1
    assert finished.run_id == name
    assert load_run(trained.workspace, name) == finished
