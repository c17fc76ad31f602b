"""A new task is one package with its texts: added to a copy of the project, it is everywhere."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.settings import PROJECT
from tests.conftest import end_jobs

TASK = "brand"
NAMES = {"en": "Brand: who makes it", "zh": "品牌：谁生产的"}
COPIED = ("app.py", "engine", "pages", "tests", "pyproject.toml", ".streamlit")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with one package more."""
    copy = tmp_path_factory.mktemp("project")
    unwanted = shutil.ignore_patterns("browser", "data")
    for name in COPIED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=unwanted)
        else:
            shutil.copy(source, copy / name)
    added = copy / "engine" / "tasks" / TASK
    shutil.copytree(PROJECT / "tests" / "eighth_task" / TASK, added)
    return copy


@pytest.fixture(scope="module")
def journey(project: Path) -> dict[str, Any]:
    """What a user sees of the task, and `output`, what was printed meanwhile."""
    environment = os.environ | {"SHOPLAB_HOME": str(project / "home"), "PYTHONPATH": str(project)}
    for name in [name for name in environment if name.startswith("PYTEST_")]:
        del environment[name]
    script = project / "tests" / "eighth_task" / "journey.py"
    done = subprocess.run(
        [sys.executable, str(script), str(project)],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    end_jobs(project / "home")
    output = done.stdout[-3000:] + done.stderr[-3000:]
    assert done.returncode == 0, output
    seen: dict[str, Any] = json.loads((project / "seen.json").read_text(encoding="utf-8"))
    return seen | {"output": output}


@pytest.mark.parametrize(("command", "shown"), [("ready", TASK), ("jobs", "run"), ("runs", "run")])
def test_the_commands_show_it(journey: dict[str, Any], command: str, shown: str) -> None:
    assert journey.get(shown, shown) in json.dumps(journey["printed"][command])


def test_the_process_of_the_models_and_the_command_line_answer(journey: dict[str, Any]) -> None:
    (answer,) = journey["predictions"]
    assert answer["title"] == "alva red mug"
    assert answer["heads"][TASK]["label"] == journey["label"] == "Acme"


@pytest.mark.parametrize("language", NAMES)
def test_the_pages_offer_it_in_both_languages(journey: dict[str, Any], language: str) -> None:
    for page in ("tune", "compare"):
        assert NAMES[language] in journey[page][language], page


def test_it_keeps_the_contract(journey: dict[str, Any]) -> None:
    assert journey["contract"] == 0, journey["output"]
