"""Commands that tune a task's model, measure it and ask it."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from engine.codec import Call, decode, encode
from engine.commands.arguments import (
    File,
    Model,
    Preset,
    RunId,
    Settings,
    TaskName,
    WorkspaceName,
    read_changes,
)
from engine.errors import InputError
from engine.progress import Lines
from engine.reading.input_lines import read_json_lines
from engine.storage.workspace import Workspace
from engine.tasks import ENTRIES, find_call, get_task
from engine.tasks.base import Bundle, Task

# Modules that need torch are imported inside the commands, so that help and errors come at once.
BLOCK = 64


def train(
    workspace: WorkspaceName,
    task: TaskName,
    model: Model = None,
    preset: Preset = None,
    settings: Settings = None,
) -> dict[str, Any]:
    """Tune a task's model on the workspace's data and measure it against every baseline."""
    changes = read_changes(model, preset, settings)
    shop = Workspace.open(workspace)
    get_task(task)
    from engine.training.run import train_run

    return train_run(shop, task, changes, Lines()).as_json()


def evaluate(
    workspace: WorkspaceName,
    task: TaskName,
    run: RunId = None,
    judgments: File = None,
    table: Annotated[
        Path | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="Rows as the task reads them, with the true answers.",
        ),
    ] = None,
) -> dict[str, Any]:
    """Measure every system on a file of yours, or show the run's result on its held-out rows."""
    shop = Workspace.open(workspace)
    get_task(task)
    if judgments is not None and table is not None:
        raise InputError("cli.one_file")
    option, file = ("input", table) if judgments is None else ("judgments", judgments)
    if file is not None and ENTRIES[task].evaluated_on != option:
        raise InputError("cli.wrong_file", option=f"--{option}", task=task)
    from engine.training.evaluate import evaluate_file, evaluate_heldout

    if file is None:
        return evaluate_heldout(shop, task, run, Lines())
    return evaluate_file(shop, task, run, file, Lines())


def predict(
    workspace: WorkspaceName,
    task: TaskName,
    source: Annotated[
        str, typer.Option("--input", metavar="FILE", help="JSON lines; - for standard input.")
    ],
    run: RunId = None,
) -> Iterator[dict[str, Any]]:
    """Answer inputs, one JSON object a line, for instance {"query": "red mug"}."""
    shop = Workspace.open(workspace)
    get_task(task)
    if source != "-" and not Path(source).is_file():
        raise InputError("reader.missing", file=source)
    from engine.training.evaluate import open_bundle

    bundle = open_bundle(shop, task, run, Lines())
    return _answers(get_task(task), find_call(task, "predict"), bundle, source)


def _answers(
    task: Task, call: Call[Any, Any], bundle: Bundle, source: str
) -> Iterator[dict[str, Any]]:
    with ExitStack() as stack:
        stream = sys.stdin.buffer if source == "-" else stack.enter_context(Path(source).open("rb"))
        items = read_items(stream, source)
        while block := list(islice(items, BLOCK)):
            yield from _answer_block(task, call, bundle, block)


def _answer_block(
    task: Task, call: Call[Any, Any], bundle: Bundle, block: Sequence[tuple[int, Mapping[str, Any]]]
) -> list[dict[str, Any]]:
    inputs = [decode(call.body, [item], row)[0] for row, item in block]
    try:
        return [encode(answer) for answer in task.predict(bundle, inputs)]
    except InputError as error:
        place = error.params.get("row")
        if not isinstance(place, int):
            raise
        # The task counts rows from the start of the block, the user lines of the file.
        row = {"row": block[place - 1][0]}
        raise InputError(error.code, error.details, **(error.params | row)) from error


def read_items(stream: BinaryIO, source: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The line number, from 1, and the object of every line that is not blank."""
    for row, item in read_json_lines(stream, source):
        if not isinstance(item, dict):
            raise InputError("reader.no_record", file=source, row=row)
        yield row, item
