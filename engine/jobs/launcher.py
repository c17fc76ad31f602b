"""Starting, watching and ending workers: the contract, and the form for this machine."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal, Protocol

import psutil

from engine.jobs.job import Job
from engine.settings import PROJECT, child_environment, home

KILL_SECONDS = 5.0
_CLOCK_SECONDS = 2.0  # how far a process's start time may seem to move when the clock is set


class Launcher(Protocol):
    """How a supervisor handles workers."""

    @property
    def devices(self) -> Sequence[str]:
        """What can take one job at a time each."""

    def start(self, job: Job) -> None:
        """Start a worker for this attempt. Raises OSError if that fails."""

    def fate(self, job: Job) -> str | None:
        """None while the attempt's worker lives, else the code of how it was lost."""

    def interrupt(self, job: Job) -> None:
        """Ask the worker to save and stop."""

    def kill(self, job: Job) -> None:
        """End the worker and all it started, and wait until they are gone."""

    def reap(self, running: Collection[str]) -> None:
        """Take leave of workers that ended, but for those of the jobs `running`."""


class LocalLauncher:
    """Workers as process groups of this machine; those of an earlier supervisor are adopted."""

    def __init__(
        self, command: Sequence[str] = (sys.executable, "-m", "engine.jobs.runner")
    ) -> None:
        self.command = command
        self.devices = local_devices()
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._oom_kills: dict[str, int] = {}

    def start(self, job: Job) -> None:
        """Start a worker in its own session, so that no signal of ours reaches it by chance."""
        self._oom_kills[job.job_id] = oom_kills()
        environment = child_environment()
        if job.device and job.device.startswith("cuda:"):
            environment["CUDA_VISIBLE_DEVICES"] = job.device.removeprefix("cuda:")
        with log_file(job.job_id).open("ab") as log:
            self._children[job.job_id] = subprocess.Popen(
                [*self.command, job.job_id],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=PROJECT,
                env=environment,
                start_new_session=True,
            )

    def fate(self, job: Job) -> str | None:
        """See `Launcher.fate`. A worker that has not named itself yet is taken to live."""
        before = self._oom_kills.setdefault(job.job_id, oom_kills())
        pid = self._pid(job)
        if pid is None or _lives(pid, job):
            return None
        _end_group(pid, job)
        child = self._children.pop(job.job_id, None)
        killed = child is None or child.wait() == -signal.SIGKILL
        return "jobs.out_of_memory" if killed and oom_kills() > before else "jobs.killed"

    def interrupt(self, job: Job) -> None:
        """Send one SIGTERM to the worker's group."""
        pid = self._pid(job)
        if pid is not None and _lives(pid, job):
            _end_group(pid, job, signal.SIGTERM)

    def kill(self, job: Job) -> None:
        """Send SIGKILL to the worker's group and wait."""
        pid = self._pid(job)
        if pid is None:
            return
        deadline = time.monotonic() + KILL_SECONDS
        _end_group(pid, job)
        while _lives(pid, job) and time.monotonic() < deadline:
            time.sleep(0.02)

    def reap(self, running: Collection[str]) -> None:
        """Wait on every child that ended: a zombie would look alive. `fate` sees to the rest."""
        for job_id in self._children.keys() - set(running):
            child = self._children[job_id]
            if _standing(child.pid, None) == "ended":
                _end_group(child.pid, None)
                child.wait()
                del self._children[job_id]

    def _pid(self, job: Job) -> int | None:
        child = self._children.get(job.job_id)
        return child.pid if child else job.pid


def log_file(job_id: str) -> Path:
    """Where the worker's own output goes, all attempts in one file."""
    folder = home() / "logs"
    folder.mkdir(exist_ok=True)
    return folder / f"job-{job_id}.log"


def local_devices() -> tuple[str, ...]:
    """The NVIDIA GPUs this process may use, or the CPU as a whole; found without torch."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is None and (tool := shutil.which("nvidia-smi")):
        listed = subprocess.run([tool, "-L"], capture_output=True, text=True, check=False).stdout
        count = sum(line.startswith("GPU ") for line in listed.splitlines())
        chosen = ",".join(map(str, range(count)))
    return tuple(f"cuda:{name.strip()}" for name in chosen.split(",")) if chosen else ("cpu",)


def oom_kills() -> int:
    """How many processes the Linux kernel has killed for want of memory; 0 where it is untold."""
    try:
        lines = Path("/proc/vmstat").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))


def _standing(pid: int, job: Job | None) -> Literal["lives", "ended", "another"]:
    """Whether `pid` is a worker that lives or ended, or by now another process than `job` means."""
    try:
        process = psutil.Process(pid)
        began = job.pid_started if job and job.pid == pid else None
        if began is not None and abs(process.create_time() - began) > _CLOCK_SECONDS:
            return "another"
        return "ended" if process.status() == psutil.STATUS_ZOMBIE else "lives"
    except psutil.NoSuchProcess:
        return "ended"


def _lives(pid: int, job: Job) -> bool:
    return _standing(pid, job) == "lives"


def _end_group(pid: int, job: Job | None, by: signal.Signals = signal.SIGKILL) -> None:
    """Signal the worker's group: what a worker started may outlive it."""
    # The kernel takes group 1 for every process there is.
    if pid > 1 and _standing(pid, job) != "another":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, by)
