"""The app as a process of its own, for browser tests and screenshots."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

PROJECT = Path(__file__).resolve().parent.parent
START_SECONDS = 300.0


def free_port() -> int:
    """A port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class AppServer:
    """`streamlit run app.py` on a free port, with `home` as its state folder.

    `streamlit` is the module that is run as Streamlit's command.
    """

    def __init__(self, home: Path, streamlit: str = "streamlit") -> None:
        self.home = home
        self.streamlit = streamlit
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home.with_name("server.log")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers. Raises TimeoutError with its log."""
        command = [sys.executable, "-m", self.streamlit, "run", "app.py", "--server.headless=true"]
        self.home.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, f"--server.port={self.port}"],
                cwd=PROJECT,
                env=os.environ | {"SHOPLAB_HOME": str(self.home)},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                with urlopen(f"{self.url}/_stcore/health", timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(self.log.read_text(encoding="utf-8"))

    def stop(self) -> None:
        """End the server at once, as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
