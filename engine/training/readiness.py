"""Which tasks can learn from a shop, worked out without holding up whoever else is answered."""

import json
import logging
import os
import subprocess
import sys
from threading import Lock

from engine.codec import decode, encode
from engine.settings import child_environment
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables
from engine.tasks import TASKS, get_task
from engine.tasks.base import Readiness

logger = logging.getLogger(__name__)

# Five million rows take a minute, in which everybody else in the process would wait.
MOST_HERE = 500_000
# Behind the pages, which share the session of this process.
NICENESS = 10
# Two gigabytes for five million rows: one shop at a time.
_turn = Lock()


def rate_tasks(workspace: Workspace, tables: Tables) -> dict[str, Readiness]:
    """The readiness of every task for `tables`, which are those of `workspace`.

    Of more than `MOST_HERE` rows it is worked out in a process of its own.
    """
    if sum(record["rows"] for record in workspace.about_tables().values()) <= MOST_HERE:
        return _rate(tables)
    command = [sys.executable, "-m", "engine.training.readiness", workspace.name]
    with _turn:
        done = subprocess.run(
            command, env=child_environment(), check=False, stdout=subprocess.PIPE, text=True
        )
    if done.returncode:
        logger.warning("the readiness of %s is worked out in the server", workspace.name)
        return _rate(tables)
    return decode(dict[str, Readiness], json.loads(done.stdout.splitlines()[-1]))


def _rate(tables: Tables) -> dict[str, Readiness]:
    return {name: get_task(name).readiness(tables) for name in TASKS}


def main(workspace: str) -> None:
    """Print the readiness of every task for a workspace as a line of JSON."""
    os.nice(NICENESS)
    print(json.dumps(encode(_rate(Workspace.open(workspace).tables()))))


if __name__ == "__main__":
    main(*sys.argv[1:])
