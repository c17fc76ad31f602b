"""What is installed: the lock fits, the package holds every file, and its commands run."""

import os
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from bench.lock import LOCK, REQUIREMENTS, read_requirements, requirements_below
from engine import settings
from engine.cli import main
from engine.settings import PROJECT

PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_lock_fits_requirements() -> None:
    lock = {
        canonicalize_name(line.name): next(iter(line.specifier)).version
        for line in read_requirements(LOCK)
    }
    for requirement in requirements_below(read_requirements(REQUIREMENTS)):
        version = lock.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is missing: run bench/lock.py"
        assert requirement.specifier.contains(version, prereleases=True), (requirement, version)


def test_the_package_holds_every_file_of_the_app() -> None:
    patterns = PYPROJECT["tool"]["setuptools"]["package-data"]["shoplab"]
    packed = {file for pattern in patterns for file in PROJECT.glob(pattern)}
    for folder in ("engine", "pages", "sample_data", ".streamlit"):
        files = {file for file in (PROJECT / folder).rglob("*") if file.is_file()}
        # Python compiles modules while the tests run.
        files = {file for file in files if file.suffix != ".pyc"}
        assert files and files <= packed
    assert (PROJECT / "app.py").is_file() and (PROJECT / "console.py").is_file()


def test_the_console_command_is_the_command_line(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import console

    assert PYPROJECT["project"]["scripts"] == {"shoplab": "shoplab.console:main"}
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", ["shoplab", "--help"])
    assert console.main() == 0
    assert sys.path[0] == str(PROJECT)
    assert "doctor" in capfd.readouterr().out


def test_the_app_is_started_from_wherever_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execve", lambda file, command, environment: started.append(command))
    monkeypatch.chdir(tmp_path)
    assert main(["app", "--host", "0.0.0.0", "--port", "8600"]) == 0
    ((python, *command),) = started
    assert python == sys.executable
    assert command[:3] == ["-m", "streamlit", "run"]
    # Streamlit reads the .streamlit folder beside the script.
    assert Path(command[3]) == PROJECT / "app.py"
    assert command[4:] == ["--server.address=0.0.0.0", "--server.port=8600"]


def test_an_installed_copy_keeps_its_state_with_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOPLAB_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setattr(settings, "PROJECT", tmp_path / "copy")
    assert settings.home() == tmp_path / "user" / ".shoplab"
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "pyproject.toml").touch()
    assert settings.home() == tmp_path / "copy" / ".shoplab"
