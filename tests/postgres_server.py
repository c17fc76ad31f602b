"""A real PostgreSQL server for tests, on a socket in a folder of its own and on no port."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

INSTALLED = Path("/usr/lib/postgresql")
# The server refuses to run as root.
USER = "nobody"


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of an empty database; skips where there is no PostgreSQL, except in CI."""
    binaries = find_binaries()
    if binaries is None or find_spec("psycopg") is None:
        reason = "needs PostgreSQL (Debian: postgresql) and requirements-scale.txt"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    # A socket's path may have 107 bytes, and pytest's own folders are deep.
    folder = Path(tempfile.mkdtemp(prefix="shoplab-pg-"))
    user = USER if os.getuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    try:
        call(user, binaries / "initdb", "-D", folder / "data", "-U", "shoplab", "-A", "trust", "-N")
        settings = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        control = (binaries / "pg_ctl", "-D", folder / "data", "-w")
        call(user, *control, "-l", folder / "log", "-o", settings, "start")
        try:
            yield f"postgresql://shoplab@/postgres?host={folder}"
        finally:
            call(user, *control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_binaries() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, which Debian keeps off the path; None without one."""
    installed = sorted(INSTALLED.glob("*/bin/initdb"))
    program = shutil.which("initdb") or (installed[-1] if installed else None)
    return Path(program).resolve().parent if program else None


def call(user: str | None, *command: object) -> None:
    """Run a program of the server as `user`, away from folders that are closed to that user."""
    done = subprocess.run(
        [str(part) for part in command],
        user=user,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
