"""The short floating-point numbers that a device computes with faster than with 32 bits."""

import contextlib
from typing import Any, TypedDict

import torch
from transformers import Trainer


class Precision(TypedDict):
    """Arguments of the library's trainers."""

    bf16: bool
    fp16: bool
    use_cpu: bool


def half_type(device: torch.device) -> torch.dtype | None:
    """The 16-bit type whose matrix products are faster on `device`; None where there is none.

    On a processor bfloat16, and only with AMX units (Intel's from 2023 on), which multiply five to
    ten times as fast with it; without a unit of its own it took ten times as long as float32.
    """
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device.type == "cpu" and torch.cpu.get_capabilities().get("amx_bf16"):
        return torch.bfloat16
    return None


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
