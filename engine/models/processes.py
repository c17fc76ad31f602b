"""Processes that share one computation: starting them, listening to them, ending them.

What one of them has to say goes to the parent through its standard output, a JSON list a line. It
ends when its standard input does, so none outlives the parent, however that came to its end.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Self, TextIO

import psutil

from engine.errors import InputError, ShoplabError
from engine.progress import Progress
from engine.settings import PROJECT, child_environment, cpu_threads

POLL_SECONDS = 0.2
Message = list[Any]


@dataclass(frozen=True)
class Parent:
    """The parent, for a process that was started by `run_together`: takes progress and errors."""

    stream: TextIO

    @classmethod
    def join(cls) -> Self:
        """Speak to the parent from here on; what libraries print goes to the standard error."""
        stream = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1, encoding="utf-8")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        threading.Thread(target=_end_with_parent, daemon=True).start()
        return cls(stream)

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        """Report how far the stage has got."""
        self._tell("stage", name, done, total)

    def point(self, metric: str, value: float, step: int) -> None:
        """Report one point of a curve."""
        self._tell("point", metric, value, step)

    def check(self) -> None:
        """Go on: the parent ends this process when it is to stop."""

    def error(self, error: ShoplabError) -> None:
        """Say why this process fails."""
        self._tell("error", error.code, dict(error.params), isinstance(error, InputError))

    def _tell(self, *message: object) -> None:
        self.stream.write(json.dumps(message, default=str) + "\n")


def run_together(command: Sequence[str], count: int, progress: Progress) -> None:
    """Run `command` in `count` processes at once, which are called 0, 1, … in their `RANK`.

    Their progress becomes that of `progress`. As soon as one fails, or `progress` says stop, all
    are ended. Raises what the first to fail said of it, `models.process_ended` for one that was
    killed, and Cancelled.
    """
    messages: SimpleQueue[tuple[int, Message | None]] = SimpleQueue()
    processes: list[subprocess.Popen[str]] = []
    errors: dict[int, Message] = {}
    try:
        for rank in range(count):
            processes.append(_start(command, rank, count))
            listener = (processes[rank], rank, messages)
            threading.Thread(target=_listen, args=listener, daemon=True).start()
        running = count
        while running:
            progress.check()
            try:
                rank, message = messages.get(timeout=POLL_SECONDS)
            except Empty:
                continue
            match message:
                case ["stage", name, done, total]:
                    progress.stage(name, done, total)
                case ["point", metric, value, step]:
                    progress.point(metric, value, step)
                case ["error", *_]:
                    errors[rank] = message
                case None:
                    running -= 1
                    if status := processes[rank].wait():
                        # A signal to stop goes to the whole group, and may have met this one first.
                        time.sleep(POLL_SECONDS)
                        progress.check()
                        raise _reason(rank, count, status, errors.get(rank))
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


def _start(command: Sequence[str], rank: int, count: int) -> subprocess.Popen[str]:
    # In the group of this process: whoever kills the group kills all.
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        cwd=PROJECT,
        env=child_environment() | _place(rank, count),
    )


def _place(rank: int, count: int) -> dict[str, str]:
    """What torch and accelerate read of a process's place, and its share of the cores.

    They speak to each other through the loopback alone: nothing asks who connects.
    """
    loopback = next(
        name
        for name, addresses in psutil.net_if_addrs().items()
        if any(one.address == "127.0.0.1" for one in addresses)
    )
    return {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
        "OMP_NUM_THREADS": str(max(cpu_threads() // count, 1)),
        "GLOO_SOCKET_IFNAME": loopback,
        "NCCL_SOCKET_IFNAME": loopback,
    }


def _listen(
    process: subprocess.Popen[str], rank: int, messages: SimpleQueue[tuple[int, Message | None]]
) -> None:
    """Queue what the process says, and None once it says no more."""
    assert process.stdout is not None  # noqa: S101 - a pipe
    for line in process.stdout:
        messages.put((rank, json.loads(line)))
    messages.put((rank, None))


def _reason(rank: int, count: int, status: int, error: Message | None) -> ShoplabError:
    if error:
        _, code, params, is_input = error
        return (InputError if is_input else ShoplabError)(code, **params)
    number = rank + 1
    if status < 0:
        return ShoplabError("models.process_ended", process=number, count=count, signal=-status)
    why = f"exit status {status}"
    return ShoplabError("models.process_failed", process=number, count=count, why=why)


def _end_with_parent() -> None:
    # Past Python's buffer, which the interpreter locks as it ends.
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)
