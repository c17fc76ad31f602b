"""The process that holds the models and answers for the pages: JSON lines in, JSON lines out.

A request is a question (`engine.serving.question`) with an `id`, its answer
`{"id", "value"}` or `{"id", "error": {"input", "code", "params", "details"}}`. While it works on
one, it says how far it is: `{"stage", "done", "total"}`, and of a text that it writes what there is
so far: `{"id", "text"}`. It ends when its input does.
"""

import gc
import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TextIO

from engine.codec import encode
from engine.errors import Cancelled, InputError, ShoplabError
from engine.serving.question import Question, read_question
from engine.storage.runs import UNTUNED, load_heldout, run_folder
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables
from engine.tasks import get_task
from engine.tasks.base import Bundle, Measuring, Writing
from engine.training.evaluate import load_bundle
from engine.training.run import plan_run

BUNDLES = 6

Request = Mapping[str, Any]


class Channel:
    """The worker's end of the two pipes; also where a task reports its progress to."""

    def __init__(self, reader: TextIO, writer: TextIO) -> None:
        self.reader = reader
        self.writer = writer
        self.requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self.closed = False
        # Read at once, so that the other side never waits for room in the pipe.
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self) -> None:
        for line in self.reader:
            self.requests.put(json.loads(line))
        self.closed = True
        self.requests.put(None)

    def send(self, message: Mapping[str, object]) -> None:
        """Write one message as one line."""
        self.writer.write(json.dumps(message, ensure_ascii=False) + "\n")
        self.writer.flush()

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        """Tell the other side how far the work is."""
        self.send({"stage": name, "done": done, "total": total})

    def point(self, metric: str, value: float, step: int) -> None:
        """Say nothing: answering draws no curves."""

    def check(self) -> None:
        """Stop when nobody waits for answers any more."""
        if self.closed:
            raise Cancelled


class Bundles:
    """The bundles asked for last, and the tables they answer for."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.bundles: OrderedDict[tuple[object, ...], Bundle] = OrderedDict()
        self.tables: tuple[tuple[object, ...], Tables] | None = None

    def get(self, workspace: Workspace, task_name: str, run_id: str) -> Bundle:
        """The bundle of a run, or the untuned model; loaded again when tables or run changed."""
        stamp = _stamp(workspace)
        folder = None if run_id == UNTUNED else run_folder(workspace, run_id)
        written = folder and (folder / "run.json").stat().st_mtime_ns
        key = (*stamp, task_name, run_id, written)
        if key not in self.bundles:
            task, tables = get_task(task_name), self._tables(workspace, stamp)
            self._forget(stamp, task_name, run_id)
            self.channel.stage("load")
            if folder is None:
                config = task.config("quick", tables)
                self.bundles[key] = task.untuned(tables, config, self.channel)
            else:
                self.bundles[key] = load_bundle(workspace, task, run_id, tables)
            # What stays for long need not be looked at by every garbage collection.
            gc.collect()
            gc.freeze()
        self.bundles.move_to_end(key)
        return self.bundles[key]

    def _tables(self, workspace: Workspace, stamp: tuple[object, ...]) -> Tables:
        if self.tables is None or self.tables[0] != stamp:
            self.channel.stage("tables")
            self.tables = (stamp, workspace.tables())
        return self.tables[1]

    def _forget(self, stamp: tuple[object, ...], task_name: str, run_id: str) -> None:
        """Make room: first the same model for older tables, then what was not asked for longest."""
        for key in list(self.bundles):
            if key[0] == stamp[0] and key[len(stamp) : -1] == (task_name, run_id):
                del self.bundles[key]
        while len(self.bundles) >= BUNDLES:
            self.bundles.popitem(last=False)


def _stamp(workspace: Workspace) -> tuple[object, ...]:
    """What tells whether a workspace's tables are still those that were read.

    Corrections are left out: they change what the next training learns, not an answer.
    """
    return (workspace.name, workspace.key, workspace.language, workspace.generation)


def serve(reader: TextIO, writer: TextIO, log: str = "") -> None:
    """Answer requests until `reader` ends. `log` is the file that a failure points the user to."""
    channel = Channel(reader, writer)
    bundles = Bundles(channel)
    while (request := channel.requests.get()) is not None:
        try:
            reply: dict[str, object] = {"value": _answer(bundles, request)}
            json.dumps(reply)
        except ShoplabError as error:
            if error.__cause__:
                traceback.print_exc()
            reply = {"error": _as_json(error)}
        except Exception:
            # Whatever a task or a library raises: the next request must still be answered.
            traceback.print_exc()
            reply = {"error": _as_json(ShoplabError("inference.failed", log=log))}
        channel.send({"id": request["id"]} | reply)


def _answer(bundles: Bundles, request: Request) -> object:
    """What the service says to a request, in JSON's own kinds."""
    if request["verb"] == "warm":
        bundles.get(Workspace.open(request["workspace"]), request["task"], request["run"])
        return None
    question = read_question(request)
    verb = question.call.verb
    workspace = Workspace.open(question.workspace)

    def get_bundle(task: str, run: str) -> Bundle:
        return bundles.get(workspace, task, run)

    match question.call.service:
        case "training":
            body = question.body
            return encode(plan_run(workspace, body.task, body.config, bundles.channel))
        case "pictures":
            from engine.images import questions  # torch, for those who have pictures

            return encode(questions.answer(workspace, question.body, verb, bundles.channel))
        case "assistant":
            from engine.assistant import questions as messages

            return encode(messages.answer(workspace, question.run, question.body, get_bundle))
        case "tasks":
            bundle = get_bundle(question.call.task, question.run)
            number = request["id"]
            return encode(
                _ask_task(
                    workspace,
                    question,
                    bundle,
                    lambda text: bundles.channel.send({"id": number, "text": text}),
                )
            )


def _ask_task(
    workspace: Workspace,
    question: Question[Any, Any],
    bundle: Bundle,
    on_text: Callable[[str], None],
) -> object:
    task = get_task(question.call.task)
    match question.call.verb:
        case "predict":
            return task.predict(bundle, question.body)
        case "explain":
            return task.explain(bundle, question.body)
        case "write":
            assert isinstance(task, Writing)  # noqa: S101 - it says that it can be asked so
            return task.write(bundle, question.body, on_text)
        case "measure":
            assert isinstance(task, Measuring)  # noqa: S101 - it says that it can be asked so
            return task.measure(bundle, load_heldout(workspace, question.run), question.body)
        case verb:
            raise ValueError(verb)


def _as_json(error: ShoplabError) -> dict[str, object]:
    return {
        "input": isinstance(error, InputError),
        "code": error.code,
        "params": {name: _plain(value) for name, value in error.params.items()},
        "details": [asdict(problem) for problem in error.details],
    }


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | None) else str(value)


def main() -> None:
    """Answer on the standard streams; whatever else is printed goes to the log."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(open(0, encoding="utf-8"), answers, sys.argv[1])  # noqa: SIM115 - a descriptor


if __name__ == "__main__":
    main()
