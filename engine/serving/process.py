"""The model process as its parent sees it: started, watched and stopped."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from engine import settings

LOG_BYTES = 1_000_000
SERVER = ("-m", "engine.serving.server")


class ModelProcess:
    """The model process and the parent that forks it anew; `socket` is where it answers."""

    def __init__(self, log: Path) -> None:
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        _bound(log)
        # Paths of sockets may have about a hundred characters, and the state folder's may be long.
        self._folder = tempfile.mkdtemp(prefix="shoplab-")
        self.socket = str(Path(self._folder) / "models.sock")
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, *SERVER, self.socket, str(log)],
                env=settings.child_environment(),
                # Closed with this process, however it ends, which ends the other one too.
                stdin=subprocess.PIPE,
                stdout=errors,
                stderr=errors,
                # A group of its own, so that both are stopped together.
                start_new_session=True,
            )

    @property
    def status(self) -> int | None:
        """What it ended with; None while it runs or is forked anew."""
        return self._process.poll()

    @property
    def listens(self) -> bool:
        """Whether it is ready for questions."""
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as attempt:
            return attempt.connect_ex(self.socket) == 0

    def stop(self) -> None:
        """End the process and free its memory."""
        if self.status is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _bound(log: Path) -> None:
    """Keep the log and one before it."""
    if log.is_file() and log.stat().st_size > LOG_BYTES:
        os.replace(log, log.with_suffix(".1.log"))
