"""Short numbers are used where the device has units for them, and change nothing but the time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from engine.models import precision, timing
from engine.models.precision import half_products, half_type, training_precision

CPU = torch.device("cpu")


def with_units(monkeypatch: pytest.MonkeyPatch, speedup: float = 5.0, **units: bool) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: units)
    monkeypatch.setattr(precision, "_bf16_speedup", lambda: speedup)
    precision._shorter_is_faster.cache_clear()


@pytest.fixture(autouse=True)
def forgetting(home: Path) -> Iterator[None]:
    yield
    precision._shorter_is_faster.cache_clear()


@pytest.mark.parametrize(
    ("units", "speedup", "short"),
    [
        ({"amx_bf16": True}, 5.0, True),
        ({"avx512_bf16": True}, 1.5, True),
        ({"avx512_bf16": True}, 1.1, False),
        ({"avx2": True}, 5.0, False),
    ],
)
def test_a_processor_uses_16_bits_where_that_was_measured_to_be_faster(
    monkeypatch: pytest.MonkeyPatch, units: dict[str, bool], speedup: float, short: bool
) -> None:
    with_units(monkeypatch, speedup, **units)
    assert half_type(CPU) == (torch.bfloat16 if short else None)
    assert training_precision(CPU) == {"bf16": short, "fp16": False, "use_cpu": True}
    with half_products(CPU):
        assert torch.is_autocast_enabled("cpu") is short


@pytest.mark.parametrize("short", [torch.bfloat16, torch.float16])
def test_a_gpu_has_one_or_the_other(monkeypatch: pytest.MonkeyPatch, short: torch.dtype) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: short is torch.bfloat16)
    assert half_type(torch.device("cuda")) == short
    found = training_precision(torch.device("cuda"))
    assert found == {
        "bf16": short is torch.bfloat16,
        "fp16": short is torch.float16,
        "use_cpu": False,
    }


def test_weights_and_sums_stay_long(monkeypatch: pytest.MonkeyPatch) -> None:
    with_units(monkeypatch, amx_bf16=True)
    layer = torch.nn.Linear(8, 8)
    rows = torch.randn(4, 8)
    with half_products(CPU):
        found = layer(rows)
    assert found.dtype == torch.bfloat16
    assert layer.weight.dtype == torch.float32
    assert torch.allclose(found.float(), layer(rows), atol=0.05)


def test_what_was_measured_is_remembered_until_the_machine_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured: list[float] = []
    with_units(monkeypatch, amx_bf16=True)
    monkeypatch.setattr(precision, "_bf16_speedup", lambda: measured.append(3.0) or 3.0)
    for processor in ("one", "one", "another"):
        precision._shorter_is_faster.cache_clear()
        monkeypatch.setattr(timing, "this_machine", lambda name=processor: {"processor": name})
        assert half_type(CPU) is torch.bfloat16
    assert len(measured) == 2


def test_the_measurement_compares_the_two() -> None:
    assert precision._bf16_speedup() > 0
