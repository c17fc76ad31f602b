import io
import json
import os
import signal
import threading
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from engine.codec import Call
from engine.errors import InputError, Problem, ShoplabError
from engine.serving import client, question, worker
from engine.serving.question import Question
from engine.storage.workspace import Workspace
from engine.tasks.intent.answers import PREDICT
from tests.waiting import LONG, until


class Echo:
    """A task whose bundle is a word, so that the protocol can be seen without a model."""

    def __init__(self):
        self.loads = []

    def config(self, preset, tables):
        return preset

    def untuned(self, tables, config, progress):
        progress.stage("encode", 1, 2)
        self.loads.append("untuned")
        return f"untuned {config} {len(tables.products)}"

    def load(self, folder, tables):
        self.loads.append(folder.parent.name)
        if folder.parent.name == "old":
            raise FileNotFoundError("weights of yesterday")
        return f"run {folder.parent.name}"

    def predict(self, bundle, inputs):
        return [{"bundle": bundle, "input": item["text"]} for item in inputs]

    def explain(self, bundle, item):
        if item == "bad":
            raise InputError("data.bad", [Problem("data.row", row=3)], name="x")
        if item == "bug":
            raise RuntimeError("a secret path")
        return {
            "weights": [("红色", 0.5), ("shoes", -0.25)],
            "facts": {"kind": object()} if item else {},
        }


@pytest.fixture
def shop(home, monkeypatch):
    task = Echo()
    monkeypatch.setattr(worker, "get_task", {"echo": task}.__getitem__)
    calls = {
        "predict": Call("tasks", "predict", list[dict[str, Any]], list[dict[str, Any]], "echo"),
        "explain": Call("tasks", "explain", Any, dict[str, Any], "echo"),
    }
    monkeypatch.setattr(question, "find_task_call", lambda task, verb: calls[verb])
    workspace = Workspace.create("shop")
    workspace.replace_tables({"products": pd.DataFrame({"product_id": ["1", "2"]})}, {})
    return SimpleNamespace(workspace=workspace, task=task)


def serve(*requests):
    lines = [
        json.dumps(
            {"id": n, "workspace": "shop", "service": "tasks", "task": "echo", "body": None}
            | request
        )
        for n, request in enumerate(requests)
    ]
    out = io.StringIO()
    worker.serve(io.StringIO("\n".join(lines) + "\n"), out, "the.log")
    replies = [json.loads(line) for line in out.getvalue().splitlines()]
    return [r for r in replies if "id" in r], [r["stage"] for r in replies if "stage" in r]


def test_predicts_with_the_untuned_model_and_says_what_it_does(shop):
    ask = {"verb": "predict", "run": "untuned", "body": [{"text": "红鞋"}]}
    replies, stages = serve(ask, ask)
    answer = [{"bundle": "untuned quick 2", "input": "红鞋"}]
    assert replies == [{"id": 0, "value": answer}, {"id": 1, "value": answer}]
    assert stages == ["tables", "load", "encode"]
    assert shop.task.loads == ["untuned"]


def test_loads_a_run_and_explains(shop):
    run = shop.workspace.folder / "runs" / "r1"
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}")
    replies, _ = serve(
        {"verb": "warm", "run": "r1"},
        {"verb": "explain", "run": "r1"},
        {"verb": "predict", "run": "r1", "body": [{"text": "a"}]},
    )
    assert [r["value"] for r in replies] == [
        None,
        {"weights": [["红色", 0.5], ["shoes", -0.25]], "facts": {}},
        [{"bundle": "run r1", "input": "a"}],
    ]
    assert shop.task.loads == ["r1"]


def test_a_run_that_an_older_version_saved_is_told_from_a_bug(shop, capsys):
    run = shop.workspace.folder / "runs" / "old"
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}")
    replies, _ = serve({"verb": "predict", "run": "old", "body": [{"text": "a"}]})
    assert replies[0]["error"]["code"] == "tasks.unreadable_run"
    assert "old" in str(replies[0]["error"]) and "yesterday" not in str(replies[0])
    assert "weights of yesterday" in capsys.readouterr().err


def test_answers_for_new_tables_after_they_changed(shop, monkeypatch):
    bundles = worker.Bundles(worker.Channel(io.StringIO(), io.StringIO()))
    before = bundles.get(shop.workspace, "echo", "untuned")
    shop.workspace.replace_tables({"products": pd.DataFrame({"product_id": ["1"]})}, {})
    assert before == "untuned quick 2"
    assert bundles.get(shop.workspace, "echo", "untuned") == "untuned quick 1"
    assert len(bundles.bundles) == 1


def test_keeps_only_the_bundles_asked_for_last(shop, monkeypatch):
    monkeypatch.setattr(worker, "BUNDLES", 2)
    for name in "abc":
        run = shop.workspace.folder / "runs" / name
        run.mkdir(parents=True)
        (run / "run.json").write_text("{}")
    bundles = worker.Bundles(worker.Channel(io.StringIO(), io.StringIO()))
    for name in "abaca":
        bundles.get(shop.workspace, "echo", name)
    assert shop.task.loads == ["a", "b", "c"]


def test_errors_keep_their_code_and_details(shop):
    replies, _ = serve(
        {"verb": "explain", "run": "untuned", "body": "bad"},
        {"verb": "predict", "run": "missing", "body": []},
        {"verb": "warm", "run": "untuned"},
    )
    assert replies[0]["error"]["input"] is True
    error = client._as_error(replies[0]["error"])
    assert isinstance(error, InputError)
    assert (error.code, error.params) == ("data.bad", {"name": "x"})
    assert error.details == [Problem("data.row", row=3)]
    assert replies[1]["error"]["code"] == "workspace.unknown_run"
    assert "value" in replies[2]


@pytest.mark.parametrize("payload", ["bug", "not json"])
def test_an_unforeseen_error_names_the_log_and_nothing_else(shop, capsys, payload):
    replies, _ = serve(
        {"verb": "explain", "run": "untuned", "body": payload},
        {"verb": "explain", "run": "untuned"},
    )
    assert replies[0]["error"]["code"] == "inference.failed"
    assert replies[0]["error"]["params"] == {"log": "the.log"}
    assert "secret" not in json.dumps(replies)
    assert "Traceback" in capsys.readouterr().err
    assert "value" in replies[1]


@pytest.fixture
def process(home):
    yield client._client(home.resolve())
    client.stop()


def ask_unknown(name="nobody", timeout=LONG):
    return client.ask(Question(name, PREDICT, []), timeout)


def start(process):
    with pytest.raises(InputError):
        ask_unknown()
    return process.worker.process


def test_threads_get_their_own_answers_from_one_process(process):
    assert client.status().state == "off"
    client.start()
    assert client.status().state == "starting"
    found = {}

    def ask(name):
        with pytest.raises(InputError) as caught:
            ask_unknown(name)
        found[name] = (caught.value.code, caught.value.params["name"])

    threads = [threading.Thread(target=ask, args=(f"shop{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {f"shop{n}": ("workspace.unknown", f"shop{n}") for n in range(8)}
    assert client.status().state == "ready"
    assert client.warm("nobody", "intent") is None


def test_a_hung_process_is_given_up_and_the_next_call_works(process):
    first = start(process)
    os.kill(first.pid, signal.SIGSTOP)
    with pytest.raises(ShoplabError) as caught:
        ask_unknown(timeout=0.5)
    assert caught.value.code == "inference.hung"
    assert "within 1 seconds" in caught.value.message("en")
    assert first.wait(LONG) == -signal.SIGKILL
    assert start(process).pid != first.pid


def test_a_death_while_waiting_is_told_and_the_next_call_works(process):
    first = start(process)
    os.kill(first.pid, signal.SIGSTOP)

    def kill():
        until(lambda: process.worker.pending)
        first.kill()

    threading.Thread(target=kill).start()
    with pytest.raises(ShoplabError) as caught:
        ask_unknown()
    assert caught.value.code == "inference.died"
    assert caught.value.params["status"] == -signal.SIGKILL
    start(process)


def test_the_process_ends_when_its_input_does(process):
    child = start(process)
    process.worker.outbox.put(None)
    assert child.wait(LONG) == 0


def test_the_log_stays_small(process, monkeypatch):
    process.log.parent.mkdir(parents=True)
    process.log.write_text("x" * 100)
    monkeypatch.setattr(client, "LOG_BYTES", 50)
    start(process)
    assert process.log.stat().st_size < 100
    assert process.log.with_suffix(".1.log").stat().st_size == 100


def test_slow_preparation_is_not_taken_for_a_hang(process, monkeypatch):
    about = client.Status("busy", "encode", 5, 10)
    busy = SimpleNamespace(
        send=lambda request, on_text: Future(), silence=lambda: 0.01, about=about
    )
    monkeypatch.setattr(process, "_worker", lambda: busy)
    with pytest.raises(ShoplabError) as caught:
        ask_unknown(timeout=0.1)
    assert caught.value.code == "inference.busy"
    assert caught.value.params == {"stage": "encode", "done": 5, "total": 10}
