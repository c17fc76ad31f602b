"""What all tests share."""

from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of its own for one test."""
    monkeypatch.setenv("SHOPLAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"
