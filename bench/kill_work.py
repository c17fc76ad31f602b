"""What the bench of kills kills, and how its parts find faults."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from engine.progress import Silent
from engine.reading.load import load_files
from engine.storage.deployments import Deployments, Evidence
from engine.storage.workspace import Workspace
from engine.tasks.describe.answers import CheckedText, DescribeAnswer, DescribeInput
from engine.tasks.describe.batch import list_batches
from engine.tasks.describe.batch_writing import write_rest

# A machine that does much else may take minutes for what else takes seconds.
PATIENCE = 900.0
PRODUCTS = 60
EVIDENCE = Evidence("tuned", "macro_f1", 0.9, "untuned", 0.1, 0.05, 0.15, "better")

Work = Callable[[Connection, str, str], None]


class Fault(Exception):
    """Something was lost, got stuck or was left behind."""


class Missed(Exception):
    """The process had ended before it was killed, so this kill doesn't count."""


def check(right: object, what: str) -> None:
    """Raise Fault with `what` unless something is `right`."""
    if not right:
        raise Fault(what)


def wait_for(look: Callable[[], object], what: str) -> None:
    """Wait until `look` finds something. Raises Fault if it never does: `what` is stuck."""
    deadline = time.monotonic() + PATIENCE
    while not look():
        check(time.monotonic() < deadline, f"{what} is stuck")
        time.sleep(0.05)


class Reports(Silent):
    """Progress that says over a pipe how much has been done for good."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        """Say how far the stage is."""
        self._pipe.send(done)


def load(pipe: Connection, shop: str, file: str) -> None:
    """Load a catalog."""
    workspace = Workspace.open(shop)
    pipe.send(0)
    load_files(workspace, {"products": Path(file)})
    pipe.send(1)


def delete(pipe: Connection, shop: str, _: str) -> None:
    """Delete a shop."""
    workspace = Workspace.open(shop)
    pipe.send(0)
    workspace.delete()
    pipe.send(1)


def promote(pipe: Connection, shop: str, runs: str) -> None:
    """Promote one run after the other, so many."""
    deployments = Deployments(Workspace.open(shop))
    for number in range(int(runs)):
        pipe.send(number)
        deployments.promote("intent", f"run-{number}", EVIDENCE, "bench")
    pipe.send(int(runs))


def write_batch(pipe: Connection, shop: str, _: str) -> None:
    """Write what is left of the shop's batch."""
    workspace = Workspace.open(shop)
    (batch,) = list_batches(workspace)
    write_rest(workspace, batch, describe, Reports(pipe))


def describe(items: list[DescribeInput]) -> list[DescribeAnswer]:
    """A text for each product, written in a moment."""
    text = CheckedText("A mug.", True, 0, ())
    return [
        DescribeAnswer(item.product_id, "Mug", text.text, 1.0, {"tuned": text}, ())
        for item in items
    ]


def lives(process: psutil.Process) -> bool:
    """Whether a process works, or at least could."""
    with suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def orphans(home: Path) -> list[str]:
    """The processes of a state folder that nobody ended."""
    own = {os.getpid(), *(child.pid for child in psutil.Process().children(recursive=True))}
    running = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            of_home = process.environ().get("SHOPLAB_HOME") == str(home)
            if of_home and process.pid not in own and lives(process):
                running.append(" ".join(process.cmdline()))
    return running
