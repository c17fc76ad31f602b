"""Runs whose bundles hold a real, tiny model, made without any training."""

from dataclasses import replace
from pathlib import Path

import torch

from engine.config import GeneratorConfig
from engine.models.generator import Generator, load_generator, merge
from engine.models.generator_tuning import adapt
from engine.storage.files import write_json
from engine.storage.runs import run_folder
from engine.storage.workspace import Workspace
from tests.runs_double import make_run


def make_model_run(shop: Workspace, task: str, run_id: str, base: Path) -> Path:
    """The record of a run of `task`, tuned on `base`; returns the folder for its bundle."""
    run = make_run(shop, "intent" if task == "describe" else task, run_id)
    run = replace(run, task=task, model=str(base), config=run.config | {"max_tokens": 16})
    write_json(run_folder(shop, run_id) / "run.json", run.as_json())
    return run_folder(shop, run_id) / "bundle"


def make_adapter_run(shop: Workspace, base: Path, run_id: str = "describe-1") -> Generator:
    """A run whose generator has LoRA matrices that change what it says; returns it, merged."""
    bundle = make_model_run(shop, "describe", run_id, base)
    plain = load_generator(base)
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(9)
        adapted = adapt(plain, GeneratorConfig(lora_layers=1))
        for name, weight in adapted.named_parameters():
            if "lora_B" in name:
                weight.add_(0.3 * torch.randn(weight.shape))
    generator = merge(adapted, plain.tokenizer)
    generator.save(bundle / "generator")
    write_json(bundle / "bundle.json", {"model": str(base)})
    return generator
