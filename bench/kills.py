"""Kills processes at random moments, and looks whether anything is lost, stuck or left behind.

`python bench/kills.py [--seed 0] [--kills 200] [--kind KIND …]` works on tiny shops in a state
folder of its own. Each kill is a SIGKILL at a random moment of one kind of work; a process that had
ended before is started again, and only what hits counts. After each kill the shop has to be as
before or after the work, and the next attempt has to succeed. At the end every shop has to open,
and no process and no unfinished folder may be left. Faults are printed, and exit with 1.
"""

import argparse
import json
import multiprocessing.util
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bench.kill_files import FileKills  # noqa: E402
from bench.kill_work import Fault, Missed, check, orphans, wait_for  # noqa: E402
from engine.storage.runs import list_runs  # noqa: E402
from engine.storage.tidy import tidy_home  # noqa: E402
from engine.storage.workspace import Workspace  # noqa: E402

# How many of a hundred kills each kind of work gets: those that start within milliseconds get most.
SHARES = {
    "loader": 16,
    "reader's parent": 8,
    "delete": 20,
    "promote": 14,
    "batch writer": 16,
    "supervisor": 9,
    "runner": 7,
    "model process": 6,
    "server": 4,
}
PROCESSES = {"supervisor", "runner", "model process", "server"}


def shares(kills: int, kinds: list[str]) -> list[str]:
    """So many kills, shared out between the kinds."""
    total = sum(SHARES[kind] for kind in kinds)
    return [kind for kind in kinds for _ in range(max(1, round(kills * SHARES[kind] / total)))]


def hit(kill: Callable[[], None]) -> str:
    """Kill until it counts; the fault that was found, if any."""
    while True:
        try:
            kill()
        except Missed:
            continue
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return ""


def check_home(folder: Path) -> None:
    """Every shop opens and can be changed, and nothing is left behind. Raises Fault."""
    home = folder / "home"
    tidy_home(home)
    for place in (home / "workspaces").glob("[!.]*"):
        shop = Workspace.open(place.name)
        check(len(shop.tables().products), f"{place.name} has no products")
        list_runs(shop)
        with shop.changing():
            pass
    left = [*home.rglob(".*.new"), *home.rglob(".*.deleted"), *home.glob("reading-*")]
    wait_for(lambda: not orphans(home), f"orphans {orphans(home)}")
    left += (folder / "tmp").glob("shoplab-*")
    check(not left, f"left behind: {left}")


def run(plan: list[str], seed: int, folder: Path) -> list[str]:
    """Do what is planned; the faults that were found."""
    draw = random.Random(seed)
    draw.shuffle(plan)
    files = FileKills(draw, folder)
    kinds = files.kinds()
    looks: list[Callable[[], None]] = [lambda: check_home(folder)]
    if PROCESSES & set(plan):
        from bench.kill_processes import ProcessKills  # torch, for the tiny model

        processes = ProcessKills(draw, folder)
        kinds |= processes.kinds()
        looks.insert(0, processes.end)
    faults = []
    for number, kind in enumerate(plan, start=1):
        started = time.monotonic()
        fault = hit(kinds[kind])
        took = time.monotonic() - started
        print(f"{number} of {len(plan)}: {kind}, {took:.0f} s {fault}", flush=True)
        faults += [f"{number} {kind}: {fault}"] if fault else []
    for look in looks:
        try:
            look()
        except Fault as fault:
            faults.append(str(fault))
    return faults


def main() -> int:
    """Kill as often as is asked for, and print what was found."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--kills", type=int, default=200)
    arguments.add_argument("--kind", choices=SHARES, nargs="*", default=[*SHARES])
    chosen = arguments.parse_args()
    plan = shares(chosen.kills, chosen.kind)
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        multiprocessing.util.get_temp_dir()  # which outlives the folder of the bench
        (Path(name) / "tmp").mkdir()
        os.environ |= {"SHOPLAB_HOME": f"{name}/home", "TMPDIR": f"{name}/tmp"}
        os.environ |= {"SHOPLAB_MODEL_FOLDER": "/", "SHOPLAB_WAITING_JOBS_OF_WORKSPACE": "1000"}
        os.environ["SHOPLAB_WAITING_JOBS_OF_OWNER"] = "1000"
        tempfile.tempdir = None
        faults = run(plan, chosen.seed, Path(name))
        print(json.dumps({"kills": Counter(plan), "faults": faults}))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
