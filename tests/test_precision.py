"""Short numbers are used where the device has units for them, and change nothing but the time."""

import pytest
import torch

from engine.models.precision import half_products, half_type, training_precision

CPU = torch.device("cpu")


def with_units(monkeypatch: pytest.MonkeyPatch, **units: bool) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: units)


@pytest.mark.parametrize(("units", "short"), [({"amx_bf16": True}, True), ({"avx2": True}, False)])
def test_a_processor_without_units_keeps_32_bits(
    monkeypatch: pytest.MonkeyPatch, units: dict[str, bool], short: bool
) -> None:
    with_units(monkeypatch, **units)
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
        "bf16": short is torch.bfloat16, "fp16": short is torch.float16, "use_cpu": False,
    }  # fmt: skip


def test_weights_and_sums_stay_long(monkeypatch: pytest.MonkeyPatch) -> None:
    with_units(monkeypatch, amx_bf16=True)
    layer = torch.nn.Linear(8, 8)
    rows = torch.randn(4, 8)
    with half_products(CPU):
        found = layer(rows)
    assert found.dtype == torch.bfloat16
    assert layer.weight.dtype == torch.float32
    assert torch.allclose(found.float(), layer(rows), atol=0.05)
