"""What a user does with a task, in the copy of the project that has one more.

`journey.py FOLDER` writes what it saw to `seen.json` in the folder.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine import jobs
from engine.cli import main as command_line
from engine.codec import decode
from engine.serving import client
from engine.serving.question import Question
from engine.storage.workspace import Workspace
from engine.tasks import find_call
from tests.tiny_shop import tiny_model, tiny_settings, tiny_workspace

TASK = "brand"
LANGUAGES = ("en", "zh")
INPUT = {"title": "alva red mug"}


def seen_on(page: str, workspace: Workspace, language: str) -> str:
    """Everything a page says, its choices included."""
    app = AppTest.from_file(str(Path("app.py").resolve()), default_timeout=120).run()
    app.switch_page(f"pages/{page}.py")
    for name, value in {"w": workspace.key, "lang": language, "task": TASK}.items():
        app.query_params[name] = value
    app.session_state["lang"] = language
    app.run()
    assert not app.exception, app.exception
    kinds = ("title", "header", "markdown", "caption", "success", "warning", "error")
    texts = [str(element.value) for kind in kinds for element in app.get(kind)]
    choices = [one.content for group in app.get("button_group") for one in group.proto.options]
    return "\n".join([*texts, *choices])


def train_in_a_job(workspace: Workspace, settings: dict[str, object]) -> str:
    """Submit a training and wait for its end, however long that takes."""
    job_id = jobs.submit(workspace.name, TASK, {"preset": "quick", **settings})
    while (job := jobs.get_job(job_id)).state in ("queued", "running"):
        time.sleep(0.2)
    assert job.state == "done", (job.state, job.reason)
    return job_id


def document(*arguments: str) -> Any:
    """The JSON that a command prints."""
    standard_output = os.dup(1)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 1)
        try:
            command_line([*arguments, "--json"])
        finally:
            os.dup2(standard_output, 1)
        file.seek(0)
        return json.load(file)


def main(folder: Path) -> None:
    """Everything in one process, as imports take most of the time."""
    workspace = tiny_workspace(task=TASK)
    run = train_in_a_job(workspace, tiny_settings(TASK, tiny_model(folder)))
    call = find_call(TASK, "predict")
    inputs = decode(call.body, [INPUT])
    (answer,) = client.ask(Question(workspace.name, call, inputs, run), timeout=120)
    client.stop()
    lines = folder / "inputs.jsonl"
    lines.write_text(json.dumps(INPUT), encoding="utf-8")
    predict = ("predict", workspace.name, TASK, "--run", run, "--input", str(lines))
    seen = {
        "workspace": workspace.name,
        "run": run,
        "label": answer.heads[TASK].label,
        "printed": {
            command: document(command, workspace.name) for command in ("ready", "jobs", "runs")
        },
        "predictions": document(*predict)["predictions"],
        "tune": {language: seen_on("tune", workspace, language) for language in LANGUAGES},
        "compare": {language: seen_on("compare", workspace, language) for language in LANGUAGES},
    }
    # Ends with an error where a test fails, and where none is chosen.
    suite = ("tests/test_task_contract.py", "-n", "0", "-k", TASK, "--no-header")
    seen["contract"] = int(pytest.main([*suite]))
    (folder / "seen.json").write_text(json.dumps(seen), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
