"""A Ray cluster on this machine: each node is what `ray start` starts, and may be killed whole.

As a workshop's cluster should, it asks for a token, which `two_nodes` makes and puts into the
environment of this process.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import psutil

from bench.app_server import free_port
from engine.settings import PROJECT, child_environment

BIN = Path(sys.executable).parent
STORE_BYTES = 100_000_000
# What is late on a busy machine is not stuck.
START_SECONDS = 300.0
# Ray's workers would wait for all else on the machine, and its jobs go before those that answer.
ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}


@dataclass(frozen=True)
class Nodes:
    """A head and another node. `address` is Ray's own, `dashboard` and `serving` are URLs."""

    address: str
    dashboard: str
    serving: str
    head: subprocess.Popen[bytes]
    other: subprocess.Popen[bytes]

    def get(self, path: str) -> Any:
        """What the dashboard answers."""
        return _read(self.dashboard + path)

    def kill_other(self) -> None:
        """Kill every process of the node that is not the head, at once."""
        _kill(self.other)


@contextmanager
def two_nodes(cpus: int) -> Iterator[Nodes]:
    """Two nodes with so many CPUs each, whatever the machine has, and proxies that serve HTTP."""
    os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))  # sockets need a short path
    port, dashboard, serving = (str(free_port()) for _ in range(3))
    usual = [f"--num-cpus={cpus}", f"--object-store-memory={STORE_BYTES}", "--block"]
    address = f"127.0.0.1:{port}"
    started = []
    try:
        head = ["--head", f"--port={port}", f"--dashboard-port={dashboard}"]
        started.append(_start([*head, f"--temp-dir={folder}", "--include-dashboard=true", *usual]))
        url = f"http://127.0.0.1:{dashboard}"
        wait_until(lambda: _answers(url), "the head")
        # Two agents of one machine would want the same port, and logs are read through it.
        agent = f"--dashboard-agent-listen-port={free_port()}"
        started.append(_start([f"--address={address}", agent, *usual]))
        wait_until(lambda: len(_alive(url)) == 2, "the other node")
        run_ray("serve", "start", "-a", address, "--http-port", serving)
        yield Nodes(address, url, f"http://127.0.0.1:{serving}", *started)
    finally:
        for node in started:
            _kill(node)
        shutil.rmtree(folder, ignore_errors=True)


def run_ray(*command: str, **environment: str) -> None:
    """Run one of Ray's commands. Raises CalledProcessError."""
    subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=PROJECT,
        env=child_environment() | ENVIRONMENT | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=START_SECONDS,
    )


def wait_until(look: Any, what: str, seconds: float = START_SECONDS) -> Any:
    """What `look` finds at last. Raises TimeoutError if it never does."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come in {seconds:.0f} s")
        time.sleep(0.5)
    return found


def _start(options: list[str]) -> subprocess.Popen[bytes]:
    environment: Mapping[str, str] = child_environment() | ENVIRONMENT
    return subprocess.Popen(
        [BIN / "ray", "start", *options],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _answers(url: str) -> bool:
    with suppress(URLError, OSError, ValueError):
        return len(_alive(url)) == 1
    return False


def _alive(url: str) -> list[str]:
    nodes = _read(f"{url}/nodes?view=summary")["data"]["summary"]
    return [node["raylet"]["nodeId"] for node in nodes if node["raylet"]["state"] == "ALIVE"]


def _read(url: str) -> Any:
    token = {"Authorization": f"Bearer {os.environ['RAY_AUTH_TOKEN']}"}
    with urlopen(Request(url, headers=token), timeout=START_SECONDS) as response:
        return json.load(response)


def _kill(node: subprocess.Popen[bytes]) -> None:
    with suppress(psutil.Error):
        process = psutil.Process(node.pid)
        family = [process, *process.children(recursive=True)]
        for one in family:
            with suppress(psutil.Error):
                one.kill()
    node.wait()
