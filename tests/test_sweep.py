"""Small sweeps: chosen on validation, with the luck of the best of a few, the test opened once."""

import numpy as np
import pandas as pd
import pytest

from engine.errors import Cancelled, InputError
from engine.evaluation.compare import best_of_luck
from engine.messages import LANGUAGES
from engine.progress import Silent
from engine.storage.runs import list_runs
from engine.storage.sweeps import Sweep, Trial, list_sweeps, load_sweep
from engine.training.sweep import MOST_TRIALS, list_combinations, run_sweep
from engine.training.sweep_outcome import say_sweep
from tests.tiny_shop import Stopping, tiny_settings, tiny_workspace


def heldout(scores: np.ndarray) -> pd.DataFrame:
    rows = pd.DataFrame({"example_id": range(len(scores)), "head": "ranking", "truth": "{}"})
    return rows.assign(trial="[]", **{"trial.score": scores})


def test_the_best_of_equal_settings_leads_by_what_order_statistics_say() -> None:
    rng = np.random.default_rng(5)
    scores = [rng.normal(size=400) for _ in range(4)]
    # Of four standard normal draws the largest is expected at 1.029.
    assert best_of_luck([heldout(s) for s in scores], "trial") == pytest.approx(
        1.029 / np.sqrt(400), rel=0.1
    )
    # What answers alike leaves nothing to luck.
    assert best_of_luck([heldout(scores[0])] * 4, "trial") == pytest.approx(0.0)


def test_a_grid_is_every_combination_and_small() -> None:
    grid = {"epochs": ["1", "2"], "batch_size": ["8", "16"]}
    assert list_combinations(grid)[1] == {"epochs": "1", "batch_size": "16"}
    for bad in ({}, {"epochs": ["1"]}, {"epochs": range(MOST_TRIALS + 1)}):
        with pytest.raises(InputError) as caught:
            list_combinations(bad)
        assert caught.value.code == "sweep.size"


@pytest.mark.usefixtures("home", "small_fits")
def test_a_sweep_ends_in_one_run_and_goes_on_after_a_stop(model: str) -> None:
    workspace = tiny_workspace(task="intent")
    changes = tiny_settings("intent", model)
    grid = {"learning_rate": ["1e-6", "2e-3"]}
    stopping = Stopping(at_step=3)
    with pytest.raises(Cancelled):
        run_sweep(workspace, "intent", changes, grid, stopping, "intent-s")
    assert not list_sweeps(workspace)
    assert not list_runs(workspace)
    progress = Stopping()
    sweep, run = run_sweep(workspace, "intent", changes, grid, progress, "intent-s")
    assert [trial.changes["learning_rate"] for trial in sweep.trials] == ["1e-6", "2e-3"]
    assert all(trial.low <= trial.value <= trial.high for trial in sweep.trials)
    values = [trial.value for trial in sweep.trials]
    best = values.index(max(values))
    assert sweep.chosen == (best if sweep.lead > sweep.luck else 0)
    assert load_sweep(workspace, "intent-s") == sweep
    assert list_runs(workspace) == [run]
    chosen = sweep.trials[sweep.chosen].changes["learning_rate"]
    assert run.config["learning_rate"] == float(str(chosen))
    assert run.run_id == "intent-s"
    # The test part is measured once, by the run.
    assert progress.stages.count("measure") == 1
    assert not list((workspace.folder / "runs").glob(".intent-s*"))


@pytest.mark.usefixtures("home", "small_fits")
def test_settings_that_change_what_is_held_out_are_refused(model: str) -> None:
    workspace = tiny_workspace(task="sentiment")
    changes = tiny_settings("sentiment", model)
    with pytest.raises(InputError) as caught:
        run_sweep(workspace, "sentiment", changes, {"seed": [1, 2]}, Silent())
    assert caught.value.code == "sweep.other_examples"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lead_within_luck_is_said_to_be_luck(language: str) -> None:
    trials = tuple(
        Trial({"epochs": n}, "tuned", value, value - 0.1, value + 0.1)
        for n, value in ((2, 0.70), (4, 0.72))
    )
    luck = Sweep("s", "intent", 1.0, "macro_f1", trials, 0, 0.01, 0.013, 60)
    assert {"en": "cannot be told apart", "zh": "分不出高下"}[language] in say_sweep(luck, language)
    clear = Sweep("s", "intent", 1.0, "macro_f1", trials, 1, 0.01, 0.002, 60)
    assert "= 4" in say_sweep(clear, language)
    assert "0.720" in say_sweep(clear, language)
