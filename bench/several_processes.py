"""A training that several processes share beside the same training in one.

`python bench/several_processes.py [--task search] [--set NAME=VALUE …] [--home DIR]`: trains on the
English sample shop with the quick preset, once in one process and once in as many as there are GPUs
(two where there are none, on the cores), and prints of both what the tuning took and what the run
scored. Then a training that is shared once more loses a process to SIGKILL, and has to end with the
reason and without leaving a process. Ends with status 1 where the metrics differ by more than a
paired 95 % interval takes for chance, or the kill is not told.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import torch

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bench.cpu_seconds import CpuSeconds  # noqa: E402
from engine.evaluation.compare import merge_runs, paired_interval  # noqa: E402
from engine.reading.load import load_sample  # noqa: E402
from engine.settings import child_environment  # noqa: E402
from engine.storage.runs import load_heldout, load_run  # noqa: E402
from engine.storage.workspace import Workspace  # noqa: E402

SHOP = "several"
SHARING = "engine.models.tuning_process"


def start(task: str, settings: Sequence[str], processes: int, log: Path) -> subprocess.Popen[str]:
    """Begin a training; its progress goes to `log`."""
    command = [sys.executable, "-m", "engine", "train", SHOP, task, "--json"]
    command += [part for one in settings for part in ("--set", one)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=log.open("w", encoding="utf-8"),
        text=True,
        cwd=PROJECT,
        env=child_environment() | {"SHOPLAB_TRAINING_PROCESSES": str(processes)},
    )


def sharing(training: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that share the tuning of `training` by now."""
    found = []
    for one in psutil.Process(training.pid).children():
        with contextlib.suppress(psutil.Error):  # it has ended meanwhile
            if SHARING in one.cmdline():
                found.append(one)
    return found


def measure(
    task: str, settings: Sequence[str], processes: int, log: Path, used: CpuSeconds
) -> dict[str, Any]:
    """Train; what it took, and the most memory of the command and of each that shared it."""
    before, memory = used.look(), dict[int, int]()
    training = start(task, settings, processes, log)
    while training.poll() is None:
        used.look()
        for one in (psutil.Process(training.pid), *sharing(training)):
            with contextlib.suppress(psutil.Error):
                memory[one.pid] = max(memory.get(one.pid, 0), one.memory_info().rss)
        time.sleep(0.5)
    if training.returncode:
        raise SystemExit(log.read_text(encoding="utf-8")[-3000:])
    assert training.stdout is not None  # a pipe
    run = json.load(training.stdout)
    learned = run["n_train"] * run["config"]["epochs"]
    return {
        "run": run["run_id"],
        "seconds": round(run["seconds"]),
        "predicted_seconds": round(run["predicted_seconds"]),
        "train_seconds": round(learned / run["examples_per_second"]),
        "cpu_seconds": round(used.look() - before),
        "mb": [round(bytes_ / 2**20) for bytes_ in memory.values()],
        run["primary_metric"]: {
            name: round(found[run["primary_metric"]], 4) for name, found in run["systems"].items()
        },
    }


def lose_one(task: str, settings: Sequence[str], processes: int, log: Path) -> dict[str, Any]:
    """Kill one of the processes that share a training once it learns; how that ends."""
    training = start(task, settings, processes, log)
    while "train 2/" not in log.read_text(encoding="utf-8"):
        if training.poll() is not None:
            raise SystemExit(log.read_text(encoding="utf-8")[-3000:])
        time.sleep(0.1)
    shared = sharing(training)
    shared[-1].kill()
    said, _ = training.communicate()
    return {
        "status": training.returncode,
        "said": json.loads(said),
        "left": sum(one.is_running() for one in shared),
    }


def main() -> int:
    """Train, compare, kill and print; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", default="search")
    parser.add_argument("--set", nargs="*", default=[], dest="settings")
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    processes = max(torch.cuda.device_count(), 2)
    with tempfile.TemporaryDirectory() as folder:
        home = (options.home or Path(folder)).resolve()
        os.environ["SHOPLAB_HOME"] = str(home)
        shop = Workspace.create(SHOP, "en")
        load_sample(shop, "en")
        log, used = home / "training.log", CpuSeconds(home)
        found = {}
        for count in (1, processes):
            found[count] = measure(options.task, options.settings, count, log, used)
            print(json.dumps({"processes": count, **found[count]}), flush=True)
        one, several = (load_run(shop, found[count]["run"]) for count in (1, processes))
        heldout = merge_runs(
            *(load_heldout(shop, run.run_id) for run in (several, one)), ("@several", "@one")
        )
        interval = paired_interval(heldout, "tuned@several", "tuned@one")
        print(json.dumps(interval.as_json()), flush=True)
        lost = lose_one(options.task, options.settings, processes, log)
        print(json.dumps(lost))
    told = lost["status"] != 0 and not lost["left"] and "models.process_ended" in str(lost["said"])
    return 0 if interval.low <= 0 <= interval.high and told else 1


if __name__ == "__main__":
    sys.exit(main())
