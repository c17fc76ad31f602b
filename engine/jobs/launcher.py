"""Starting, watching and ending workers: the interface, and its form for this machine."""

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
from engine.settings import PROJECT, child_environment, home, training_processes

KILL_SECONDS = 5.0
_CLOCK_SECONDS = 2.0  # setting the clock can shift a process's start time by about so much


class Launcher(Protocol):
    """Starts, watches and ends workers for a supervisor."""

    @property
    def devices(self) -> Sequence[str]:
        """The devices; each runs one job at a time."""

    def start(self, job: Job) -> None:
        """Start a worker for this attempt. Raises OSError if it can't be started."""

    def fate(self, job: Job) -> str | None:
        """None while the attempt's worker is alive, else the code of the text that says why not."""

    def interrupt(self, job: Job) -> None:
        """Ask the worker to save its state and stop."""

    def kill(self, job: Job) -> None:
        """Kill the worker and every process it started, and wait until they are gone."""

    def reap(self, running: Collection[str]) -> None:
        """Collect workers that have ended, so that no zombies are left; those of `running` stay."""


class LocalLauncher:
    """Runs workers as process groups on this machine, including those of an earlier supervisor."""

    def __init__(
        self, command: Sequence[str] = (sys.executable, "-m", "engine.jobs.runner")
    ) -> None:
        self.command = command
        self.devices = local_devices()
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._oom_kills: dict[str, int] = {}

    def start(self, job: Job) -> None:
        """Start a worker in its own session, so that signals to this process don't reach it."""
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
        """See `Launcher.fate`. A worker that hasn't registered yet counts as alive."""
        before = self._oom_kills.setdefault(job.job_id, oom_kills())
        pid = self._pid(job)
        if pid is None or _is_alive(pid, job):
            return None
        _signal_group(pid, job)
        child = self._children.pop(job.job_id, None)
        killed = child is None or child.wait() == -signal.SIGKILL
        return "jobs.out_of_memory" if killed and oom_kills() > before else "jobs.killed"

    def interrupt(self, job: Job) -> None:
        """Send SIGTERM to the worker's process group."""
        pid = self._pid(job)
        if pid is not None and _is_alive(pid, job):
            _signal_group(pid, job, signal.SIGTERM)

    def kill(self, job: Job) -> None:
        """Send SIGKILL to the worker's process group, and wait up to 5 s for its end."""
        pid = self._pid(job)
        if pid is None:
            return
        deadline = time.monotonic() + KILL_SECONDS
        _signal_group(pid, job)
        while _is_alive(pid, job) and time.monotonic() < deadline:
            time.sleep(0.02)

    def reap(self, running: Collection[str]) -> None:
        """See `Launcher.reap`. `fate` collects the workers of running jobs."""
        for job_id in self._children.keys() - set(running):
            child = self._children[job_id]
            if _state(child.pid, None) == "ended":
                _signal_group(child.pid, None)
                child.wait()
                del self._children[job_id]

    def _pid(self, job: Job) -> int | None:
        child = self._children.get(job.job_id)
        return child.pid if child else job.pid


def log_file(job_id: str) -> Path:
    """The file with what a job's workers print, in all attempts."""
    folder = home() / "logs"
    folder.mkdir(exist_ok=True)
    return folder / f"job-{job_id}.log"


def local_devices() -> tuple[str, ...]:
    """The NVIDIA GPUs that this process may use, else the CPU as a whole; torch isn't needed.

    As many GPUs as processes may share a training are one device together.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None and (tool := shutil.which("nvidia-smi")):
        output = subprocess.run([tool, "-L"], capture_output=True, text=True, check=False).stdout
        count = sum(line.startswith("GPU ") for line in output.splitlines())
        visible = ",".join(map(str, range(count)))
    names = [name.strip() for name in visible.split(",")] if visible else []
    size = max(training_processes(), 1)
    groups = [names[start : start + size] for start in range(0, len(names), size)]
    return tuple(f"cuda:{','.join(group)}" for group in groups) or ("cpu",)


def oom_kills() -> int:
    """How many processes the Linux kernel has killed for lack of memory; 0 on other systems."""
    try:
        lines = Path("/proc/vmstat").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))


def _state(pid: int, job: Job | None) -> Literal["alive", "ended", "another"]:
    """Whether the worker `pid` is alive or has ended, or another process has its number by now."""
    try:
        process = psutil.Process(pid)
        started = job.pid_started if job and job.pid == pid else None
        if started is not None and abs(process.create_time() - started) > _CLOCK_SECONDS:
            return "another"
        return "ended" if process.status() == psutil.STATUS_ZOMBIE else "alive"
    except psutil.NoSuchProcess:
        return "ended"


def _is_alive(pid: int, job: Job) -> bool:
    return _state(pid, job) == "alive"


def _signal_group(pid: int, job: Job | None, number: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to the worker's process group, as what it started may outlive it."""
    # To the kernel, group 1 is every process there is.
    if pid > 1 and _state(pid, job) != "another":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, number)
