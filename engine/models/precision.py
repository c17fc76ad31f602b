"""The short floating-point numbers that a device computes with faster than with 32 bits."""

import contextlib
import functools
from typing import Any, TypedDict

import torch
from transformers import Trainer

from engine.models.timing import fastest_seconds, recall_measured
from engine.settings import home

# A batch of 32 short texts.
TOKENS = 512
RUNS = 20
# What is hardly faster is not worth its rounding.
ENOUGH = 1.2


class Precision(TypedDict):
    """Arguments of the library's trainers."""

    bf16: bool
    fp16: bool
    use_cpu: bool


def half_type(device: torch.device) -> torch.dtype | None:
    """The 16-bit type whose matrix products are faster on `device`; None where there is none.

    On a processor bfloat16, if it has units for it (AMX, or AVX-512 BF16) and they are found to be
    faster; without units it took ten times as long as float32.
    """
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    units = torch.cpu.get_capabilities()
    if device.type == "cpu" and (units.get("amx_bf16") or units.get("avx512_bf16")):
        return torch.bfloat16 if _shorter_is_faster() else None
    return None


@functools.cache
def _shorter_is_faster() -> bool:
    """Whether products in bfloat16 are faster here; measured once a machine and remembered."""
    return recall_measured(home() / "machine.json", "bf16_speedup", _bf16_speedup) > ENOUGH


def _bf16_speedup() -> float:
    """How many times as fast an encoder's usual product is in bfloat16."""
    layer, states = torch.nn.Linear(384, 1536), torch.randn(TOKENS, 384)

    def product() -> None:
        layer(states)

    with torch.inference_mode():
        product()
        long = fastest_seconds(product, RUNS)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            product()
            short = fastest_seconds(product, RUNS)
    return long / short


def half_products(device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """A context in which `device` multiplies matrices in `half_type`; weights stay as they are."""
    found = half_type(device)
    return torch.autocast(device.type, dtype=found) if found else contextlib.nullcontext()


def training_precision(device: torch.device) -> Precision:
    """The same for a training on `device`; its weights are kept and learned in 32 bits."""
    found = half_type(device)
    return {
        "bf16": found is torch.bfloat16,
        "fp16": found is torch.float16,
        "use_cpu": device.type != "cuda",
    }


def answer_in_full(trainer: Trainer) -> None:
    """Let the trained model answer in 32 bits, as it will when it comes back from disk.

    The library leaves its short products in the model's `forward`.
    """
    trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
