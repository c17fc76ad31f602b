"""Whether trainings on a GPU are right and fast: `python bench/gpu.py [--home DIR] [--out FILE]`.

One command, without network where the pretrained models are there, within 8 minutes. For search,
sentiment and copy on the English sample shop, with the quick preset:

- trained on the GPU and on the processor from the same seed and split; the recommended system's
  primary metric may differ by less than 0.01, or by what a paired 95 % interval takes for chance;
- mixed precision must be in use on the GPU (the trainer's arguments, and the type of a product);
- a batch that does not fit into memory must be survived with smaller ones: the training runs again
  with most of the card's memory taken;
- seconds, examples a second and ratios are printed as JSON, and written as a table of Markdown to
  `--out`, with the card's name.

Ends with status 1 where a check fails, and with 3 where there is no GPU.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from engine.evaluation.compare import merge_runs, paired_interval  # noqa: E402
from engine.models.precision import half_products, training_precision  # noqa: E402
from engine.reading.load import load_sample  # noqa: E402
from engine.settings import child_environment  # noqa: E402
from engine.storage.runs import load_heldout, load_run  # noqa: E402
from engine.storage.workspace import Workspace  # noqa: E402

TASKS = ("search", "sentiment", "describe")
NO_GPU = 3
# What is left of the card's memory for the training that must get by with little.
LITTLE_BYTES = 600 * 2**20
# Differences below this are none, however narrow their interval.
SAME = 0.01


def train(task: str, on_gpu: bool, little: bool = False) -> dict[str, Any]:
    """One training in a process of its own: its record, and the seconds of the whole command."""
    environment = child_environment() | ({} if on_gpu else {"CUDA_VISIBLE_DEVICES": ""})
    command = [sys.executable, __file__, "--train", task, *(["--little"] if little else [])]
    started = time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{task} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1]) | {"wall": time.monotonic() - started}


def train_here(task: str, little: bool) -> None:
    """What the process of `train` does."""
    from engine.progress import Lines
    from engine.training.run import train_run

    shop = Workspace.open("gpu")
    if little:
        free, _ = torch.cuda.mem_get_info()
        held = torch.empty(max(free - LITTLE_BYTES, 0), dtype=torch.uint8, device="cuda")
        print(f"{len(held) / 2**30:.1f} GiB taken", file=sys.stderr)
    changes = {"batch_size": 512, "epochs": 1, "max_examples": 2048} if little else {}
    run = train_run(shop, task, changes, Lines())
    peak = torch.cuda.max_memory_allocated() / 2**20 if torch.cuda.is_available() else 0
    print(
        json.dumps(
            {
                "run_id": run.run_id,
                "device": run.device,
                "seconds": run.seconds,
                "examples_per_second": run.examples_per_second,
                "peak_gpu_mb": round(peak),
            }
        )
    )


def agreement(shop: Workspace, runs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The recommended systems of the runs `gpu` and `cpu` on the same held-out rows."""
    gpu, cpu = (load_run(shop, runs[where]["run_id"]) for where in ("gpu", "cpu"))
    heldout = merge_runs(*(load_heldout(shop, run.run_id) for run in (gpu, cpu)), ("@gpu", "@cpu"))
    interval = paired_interval(heldout, f"{gpu.recommended}@gpu", f"{cpu.recommended}@cpu")
    metric = gpu.primary_metric
    return {
        "metric": metric,
        "gpu": gpu.after[metric],
        "cpu": cpu.after[metric],
        **interval.as_json(),
        "agrees": interval.low <= 0 <= interval.high or abs(interval.delta) < SAME,
    }


def mixed_precision() -> dict[str, Any]:
    """What the trainers are told on this card, and what a product is computed in."""
    device = torch.device("cuda")
    with half_products(device):
        product = torch.ones(8, 8, device=device) @ torch.ones(8, 8, device=device)
    told = training_precision(device)
    return {"product": str(product.dtype), "bf16": told["bf16"], "fp16": told["fp16"]}


def table(found: Mapping[str, Any]) -> str:
    """The figures as Markdown."""
    lines = [
        f"{found['card']}, torch {found['torch']}, {found['precision']['product']}; "
        f"processor: {found['cpus']} cores.",
        "",
        "| task | metric | GPU | CPU | difference | GPU, s | CPU, s | times as fast |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for task, one in found["tasks"].items():
        same, gpu, cpu = one["agreement"], one["gpu"], one["cpu"]
        lines.append(
            f"| {task} | {same['metric']} | {same['gpu']:.3f} | {same['cpu']:.3f} "
            f"| {same['delta']:+.3f} [{same['low']:.3f}, {same['high']:.3f}] "
            f"| {gpu['seconds']:.0f} | {cpu['seconds']:.0f} "
            f"| {cpu['seconds'] / gpu['seconds']:.1f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    """Train, check and print; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--tasks", nargs="+", default=TASKS)
    parser.add_argument("--train", help=argparse.SUPPRESS)
    parser.add_argument("--little", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train:
        train_here(options.train, options.little)
        return 0
    if not torch.cuda.is_available():
        print("There is no GPU here.")
        return NO_GPU
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SHOPLAB_HOME"] = str(options.home or folder)
        shop = Workspace.create("gpu", "en")
        load_sample(shop, "en")
        found: dict[str, Any] = {
            "card": torch.cuda.get_device_name(0),
            "torch": torch.__version__,
            "cpus": len(os.sched_getaffinity(0)),
            "precision": mixed_precision(),
            "tasks": {},
        }
        for task in options.tasks:
            runs = {"gpu": train(task, True), "cpu": train(task, False)}
            found["tasks"][task] = runs | {"agreement": agreement(shop, runs)}
            print(json.dumps({task: found["tasks"][task]}), flush=True)
        found["little_memory"] = train("search", True, little=True)
        print(json.dumps(found))
        print(table(found))
        if options.out:
            options.out.write_text(table(found), encoding="utf-8")
    half = found["precision"]["product"] in ("torch.bfloat16", "torch.float16")
    same = all(one["agreement"]["agrees"] for one in found["tasks"].values())
    return 0 if half and same else 1


if __name__ == "__main__":
    sys.exit(main())
