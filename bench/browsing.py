"""The app and a browser together, for pictures and walks through the pages."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bench.app_server import AppServer


@contextmanager
def browse(home: Path | None = None) -> Iterator[tuple[AppServer, Browser]]:
    """The app on the state folder `home`, by default a new one, and Debian's Chromium."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = AppServer(home or Path(folder) / "home")
        server.start()
        try:
            yield (
                server,
                playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), chromium_sandbox=False
                ),
            )
        finally:
            server.stop()
