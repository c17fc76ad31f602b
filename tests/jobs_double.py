"""Supervisor and worker with jobs that need no model. `jobs_double.py run JOB | supervise LOCK`.

A job's config says what it does: `steps` steps with a checkpoint after each, and at the step `at`
of its first `times` attempts the `act`. Before the step `hold` its first attempt waits for the file
`go` in the workspace's folder, or to be stopped.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from engine.errors import InputError
from engine.jobs.job import Job
from engine.jobs.kinds import Kind
from engine.jobs.launcher import LocalLauncher
from engine.jobs.runner import leave, run
from engine.jobs.store import Store
from engine.jobs.supervisor import Supervisor
from engine.progress import Progress
from engine.storage.workspace import Workspace
from tests.waiting import LONG

ACTS = {
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "freeze": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "oom": lambda: bytearray(1 << 60),
    "bad": lambda: _bad(),
    "crash": lambda: 1 // 0,
    "spawn": lambda: subprocess.Popen(["sleep", str(LONG)]),
    "deaf": lambda: time.sleep(LONG),
}


def _bad() -> None:
    raise InputError("workspace.unknown", name="nowhere")


def _holds(workspace: Workspace, job: Job, step: int) -> bool:
    held = job.attempt == 1 and step == job.config.get("hold")
    return held and not (workspace.folder / "go").exists()


def count(workspace: Workspace, job: Job, progress: Progress) -> None:
    checkpoint = workspace.folder / f"{job.run_id}.step"
    first = int(checkpoint.read_text()) + 1 if checkpoint.exists() else 1
    steps = job.config["steps"]
    progress.stage("count", first - 1, steps)
    for step in range(first, steps + 1):
        if step == job.config.get("at") and job.attempt <= job.config.get("times", 1):
            ACTS[job.config["act"]]()
        while _holds(workspace, job, step):
            progress.check()
            time.sleep(0.02)
        progress.point("loss", 1.0 / step, step)
        checkpoint.write_text(str(step))
        progress.stage("count", step, steps)
        progress.check()


if __name__ == "__main__":
    if sys.argv[1] == "run":
        leave(run(sys.argv[2], {"count": Kind(count)}))
    os.set_inheritable(int(sys.argv[2]), False)
    launcher = LocalLauncher([sys.executable, str(Path(__file__)), "run"])
    launcher.devices = tuple(os.environ.get("TEST_DEVICES", "cpu").split(","))
    with Store() as store:
        idle = float(os.environ.get("TEST_IDLE", "60"))
        Supervisor(store, launcher, idle=idle).run(int(sys.argv[2]))
