"""What labels set by hand bring: a head fitted anew after every ten, beside random order."""

import pytest

from engine.progress import Silent
from engine.tasks import get_task
from engine.training.answers import GROWTH_STEP, GrowthInput
from engine.training.label_growth import measure_growth
from tests.tiny_shop import tiny_workspace


@pytest.mark.usefixtures("home")
def test_labels_by_hand_and_at_random_start_alike(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.tasks.classify.task.default_encoder", lambda language: model)
    workspace, task = tiny_workspace(task="intent"), get_task("intent")
    tables = workspace.tables()
    train = task.dataset(tables, task.config("quick", tables)).train
    known = train.dropna(subset="truth.intent").head(2 * GROWTH_STEP + 3)
    labels = dict(zip(known["input"], known["truth.intent"], strict=True))

    def grow(count: int) -> tuple[int, ...]:
        growth = measure_growth(workspace, GrowthInput("intent", "intent", count), Silent())
        # No label is learned yet: the order does not matter.
        assert growth.by_hand[0] == growth.random_low[0] == growth.random_high[0]
        columns = (growth.random_low, growth.at_random, growth.random_high)
        for low, mean, high in zip(*columns, strict=True):
            assert 0 <= low <= mean + 1e-9 <= high + 2e-9 <= 1 + 2e-9
        assert growth.n_start > 0 < growth.n_validation
        return tuple(growth.sizes)

    assert grow(0) == (0,)
    workspace.correct("intent", {text: {"intent": label} for text, label in labels.items()})
    # The last three wait until there are ten of them.
    assert grow(len(labels)) == (0, GROWTH_STEP, 2 * GROWTH_STEP)
