"""The estimate adds up what its parts are measured at, and leaves the models as they are."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import psutil
import pytest

from engine.config import AdapterConfig
from engine.errors import Cancelled
from engine.models.encoder import load_encoder
from engine.models.probes import encoder_work, training_bytes
from engine.models.work import Phase, Work
from engine.progress import Silent
from engine.tables.tables import Tables
from engine.tasks.base import Dataset
from engine.training.plan import MEGABYTE, estimate
from tests.tiny import tiny_encoder_folder

TEXTS = ["red shoes", "blue running shoes for men", "a hat"]
DATASET = Dataset("any", *(pd.DataFrame(index=range(rows)) for rows in (7, 3, 2)), Tables())


class Planned:
    """Stands where a task would be whose work is known."""

    def __init__(self, *phases: Phase) -> None:
        self.work = Work(100, 200, phases, 8.0, 50 * MEGABYTE, "cpu")

    def workload(self, dataset: Dataset, config: AdapterConfig) -> Work:
        return self.work


class Stop(Silent):
    """Asks for a stop at once."""

    def check(self) -> None:
        raise Cancelled


def never() -> float:
    raise AssertionError


def of(seconds: float) -> Callable[[], float]:
    return lambda: seconds


def test_every_phase_counts_at_its_own_speed_and_one_without_work_is_not_measured() -> None:
    task = Planned(Phase(10, of(0.5)), Phase(0, never), Phase(2, of(3.0)))
    plan = estimate(task, DATASET, AdapterConfig(), Silent())  # type: ignore[arg-type]
    assert plan.seconds == 8 + 5 + 6
    assert (plan.n_train, plan.n_validation, plan.n_test) == (7, 3, 2)
    assert plan.memory_mb > psutil.Process().memory_info().rss / MEGABYTE / 2 + 50


def test_an_estimate_can_be_stopped_before_it_measures() -> None:
    with pytest.raises(Cancelled):
        estimate(Planned(Phase(1, never)), DATASET, AdapterConfig(), Stop())  # type: ignore[arg-type]


def test_measuring_an_encoder_leaves_it_as_it_is(tmp_path: Path) -> None:
    encoder = load_encoder(tiny_encoder_folder(tmp_path, TEXTS), 16, "cpu")
    before = encoder.fingerprint
    assert encoder.count_tokens(TEXTS, most=4) == 3 * 4
    work = encoder_work(encoder, AdapterConfig(), TEXTS, train_tokens=90, encode_tokens=30)
    assert all(phase.seconds_per_unit() > 0 for phase in work.phases)
    assert encoder.fingerprint == before
    assert not encoder.model.training
    for weight in encoder.model.parameters():
        assert weight.requires_grad
        assert weight.grad is None


def test_an_adapter_needs_less_memory_than_all_layers(tmp_path: Path) -> None:
    encoder = load_encoder(tiny_encoder_folder(tmp_path, TEXTS), 16, "cpu")
    changes = ({}, {"adapter": "last_k", "last_k": 1}, {"adapter": "lora", "lora_rank": 1})
    full, last, lora = (
        training_bytes(encoder.transformer, AdapterConfig(**some), 0)  # type: ignore[arg-type]
        for some in changes
    )
    assert full > last > lora > 0
