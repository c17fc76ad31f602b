"""What a cluster keeps when a machine of it dies: `python bench/cluster.py [--home DIR]`.

Starts two Ray nodes on this machine and lets them serve, encode and train at the same time: people
ask a sample shop over HTTP and give feedback, a training of search runs on one node, and a catalog
four times as large is encoded by both. Then every process of the node with the training is killed.
A question that fails is asked again until it is answered. Printed as JSON: what failed and for how
long, what was resumed, and `lost`, what is missing at the end. Exit status 1 if anything is.
Needs requirements-scale.txt, 8 GB of free memory and no internet.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pandas as pd
import psutil

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bench.asking import People  # noqa: E402
from bench.ray_nodes import START_SECONDS, Nodes, run_ray, two_nodes, wait_until  # noqa: E402
from engine.jobs import get_job  # noqa: E402
from engine.jobs.encoding import start_encoding  # noqa: E402
from engine.jobs.queue import ensure_supervisor, events, submit  # noqa: E402
from engine.models.pretrained import default_encoder, fetch  # noqa: E402
from engine.progress import Lines  # noqa: E402
from engine.reading.load import load_sample  # noqa: E402
from engine.retrieval.dense import hash_text, read_vectors  # noqa: E402
from engine.settings import child_environment, home  # noqa: E402
from engine.storage.feedback import Feedback  # noqa: E402
from engine.storage.runs import list_runs  # noqa: E402
from engine.storage.workspace import Workspace  # noqa: E402
from engine.tables.product_text import passages  # noqa: E402

# Room for both replicas and all jobs on the node that is left.
CPUS = 6
COPIES = 4
# Enough epochs to be killed between two checkpoints; how well it learns makes no difference.
TRAINING = {"epochs": 3, "max_examples": 400, "ranker": False}
PATIENCE = 1800.0


def open_shops(language: str) -> tuple[Workspace, Workspace]:
    """The shop that is asked and learns, and one with four times the products."""
    fetch(default_encoder(language), Lines())
    names = {path.name for path in (home() / "workspaces").glob("*")}
    if "asked" not in names:
        load_sample(Workspace.create("asked", language), language)
    asked = Workspace.open("asked")
    if "large" not in names:
        products = asked.tables().products
        copies = [
            products.assign(
                product_id=products["product_id"] + f"-{number}",
                title=products["title"] + f" no. {number}",
            )
            for number in range(COPIES)
        ]
        large = Workspace.create("large", language)
        large.replace_tables({"products": pd.concat(copies, ignore_index=True)}, {})
    return asked, Workspace.open("large")


def train_on_other(nodes: Nodes, shop: Workspace) -> str:
    """Begin a training while the head has no CPU for it; the job's id."""
    # Ray reads its token, which is made with the nodes, when it is imported.
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    with ray.init(nodes.address, log_to_driver=False, logging_level="ERROR"):
        here = ray.get_runtime_context().get_node_id()
        place = NodeAffinitySchedulingStrategy(here, soft=False)
        # One replica is on the head and one on the other node.
        keeper = ray.remote(num_cpus=CPUS - 1, scheduling_strategy=place)(_Keeper).remote()
        ray.get(keeper.kept.remote(), timeout=START_SECONDS)
        job = submit(shop.name, "search", TRAINING)
        wait_until(lambda: _submission(nodes, job, 1).get("driver_node_id"), "the training")
        if _submission(nodes, job, 1)["driver_node_id"] == here:
            raise SystemExit("the training runs on the head")
    return job


class _Keeper:
    """Keeps the head's CPUs from others."""

    def kept(self) -> bool:
        """Say that it has them."""
        return True


def _submission(nodes: Nodes, job: str, attempt: int) -> Mapping[str, Any]:
    with suppress(HTTPError):
        found: Mapping[str, Any] = nodes.get(f"/api/jobs/shoplab-{job}-{attempt}")
        return found
    return {}


def steps(job: str, attempt: int) -> list[int]:
    """The steps at which an attempt of a training reported a loss."""
    found = [event for event in events(job) if event.attempt == attempt]
    return [event.step for event in found if (event.kind, event.name) == ("point", "loss")]


def checkpoints(shop: Workspace, job: str) -> list[str]:
    """The whole checkpoints of a training, by name."""
    folder = shop.folder / "runs" / f".{job}" / "checkpoints"
    return sorted(path.parent.name for path in folder.glob("**/trainer_state.json"))


def parts(shop: Workspace) -> int:
    """How many parts of the vectors of a catalog are there."""
    return len(list((shop.folder / "index").glob("*/parts/*/texts.parquet")))


def vectors_missing(shop: Workspace) -> int:
    """How many products' vectors are not where search looks for them."""
    (folder,) = (shop.folder / "index").iterdir()
    stored = read_vectors(folder)
    return sum(hash_text(text) not in stored for text in passages(shop.tables().products))


def feedback_missing(shop: Workspace, lists: set[str]) -> int:
    """How many lists were acknowledged over HTTP and are not kept."""
    with Feedback(shop) as feedback:
        kept = set(feedback.events()["list_id"])
    return len(lists - kept)


def replicas(nodes: Nodes) -> list[str]:
    """The node of each replica that answers."""
    found = nodes.get("/api/serve/applications/")["applications"]["default"]["deployments"]
    return [one["node_id"] for one in found["shoplab"]["replicas"] if one["state"] == "RUNNING"]


def measure(nodes: Nodes, asked: Workspace, large: Workspace) -> dict[str, Any]:
    """The whole story; what it found."""
    run_ray(
        *("serve", "run", "--non-blocking", "engine.serving.replicas:app"),
        *("replicas=2", "memory_mb=1500", f"workspaces={asked.name}"),
        RAY_ADDRESS=nodes.address,
    )
    people = People(nodes.serving, asked)
    people.begin()
    training = train_on_other(nodes, asked)
    encoding = start_encoding(large, actors=2)

    def far_enough() -> bool:
        ensure_supervisor()
        return bool(checkpoints(asked, training) and parts(large))

    wait_until(far_enough, "a checkpoint and a part", PATIENCE)
    doomed = _submission(nodes, training, 1)["driver_node_id"]
    before = {
        "checkpoints": checkpoints(asked, training),
        "parts": parts(large),
        "replicas_on_killed_node": replicas(nodes).count(doomed),
    }
    killed = time.monotonic()
    nodes.kill_other()
    print(f"killed with {before}", file=sys.stderr, flush=True)
    seconds = {}
    waiting = {
        "replicas": lambda: len([node for node in replicas(nodes) if node != doomed]) == 2,
        "encoding": lambda: not get_job(encoding).active,
        "resumed": lambda: steps(training, 2),
        "training": lambda: not get_job(training).active,
    }

    def all_done() -> bool:
        ensure_supervisor()
        for name, done in waiting.items():
            if name not in seconds and done():
                seconds[name] = round(time.monotonic() - killed, 1)
        return len(seconds) == len(waiting)

    try:
        wait_until(all_done, f"all but {[*seconds]}", PATIENCE)
    finally:
        people.end()
    jobs = {"training": get_job(training), "encoding": get_job(encoding)}
    runs = {run.run_id for run in list_runs(asked)}
    lost = {
        "feedback": feedback_missing(asked, people.lists),
        "vectors": vectors_missing(large),
        "jobs": [name for name, job in jobs.items() if job.state != "done"],
        "runs": [*({training} - runs)],
    }
    return {
        "before": before,
        "seconds_after_the_kill": seconds,
        "questions": people.as_json(killed),
        "feedback": len(people.lists),
        "encoded": len(large.tables().products),
        "attempts": {name: job.attempt for name, job in jobs.items()},
        "steps": {attempt: [*steps(training, attempt)] for attempt in (1, 2)},
        "lost": lost,
    }


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--language", default="en", choices=("en", "zh"))
    arguments = parser.parse_args()
    folder = arguments.home or Path(tempfile.mkdtemp())
    os.environ |= {"SHOPLAB_HOME": str(folder), "SHOPLAB_RAY_SLOTS": "2"}
    os.environ |= child_environment()
    try:
        asked, large = open_shops(arguments.language)
        with two_nodes(CPUS) as nodes:
            os.environ["RAY_ADDRESS"] = nodes.dashboard
            found = measure(nodes, asked, large)
        print(json.dumps(found, ensure_ascii=False))
        return int(any(found["lost"].values()))
    finally:
        with suppress(OSError, ValueError, psutil.Error):
            psutil.Process(int((folder / "supervisor.lock").read_text())).kill()
        if arguments.home is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
