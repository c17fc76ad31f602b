"""Many people's questions in one process: shared bundles, loads beside, limits of all kinds."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from engine.codec import Call
from engine.errors import InputError, Problem, ShoplabError
from engine.serving import bundles, pool, question, server, services
from engine.serving.answering import Answering
from engine.serving.bundles import BundleKey, Bundles
from engine.serving.question import Question
from engine.serving.watch import Watch
from engine.serving.wire import error_as_json, read_error
from engine.storage.runs import UNTUNED
from engine.storage.workspace import Workspace
from tests.waiting import LONG, until

PREDICT = Call("tasks", "predict", list[dict[str, Any]], list[dict[str, Any]], "echo")
EXPLAIN = Call("tasks", "explain", Any, dict[str, Any], "echo")


class Echo:
    """A task whose bundle is a word; `wait` holds up what it is told to."""

    def __init__(self) -> None:
        self.loads: list[str] = []
        self.batches: list[int] = []
        self.waits: dict[str, threading.Event] = {}

    def wait(self, for_what: str) -> None:
        if for_what in self.waits:
            assert self.waits[for_what].wait(LONG)

    def config(self, preset: str, tables: Any) -> str:
        return preset

    def untuned(self, tables: Any, config: str, progress: Any) -> str:
        progress.stage("encode", 1, 2)
        self.loads.append(UNTUNED)
        self.wait(f"load {len(tables.products)}")
        return f"untuned {config} {len(tables.products)}"

    def load(self, folder: Any, tables: Any) -> str:
        self.loads.append(folder.parent.name)
        if folder.parent.name == "old":
            raise FileNotFoundError("weights of yesterday")
        return f"run {folder.parent.name}"

    def predict(self, bundle: str, inputs: Sequence[Any]) -> list[dict[str, Any]]:
        self.batches.append(len(inputs))
        for item in inputs:
            self.wait(item["text"])
            if item["text"] == "bad":
                raise InputError("data.bad", name="x")
        return [{"bundle": bundle, "input": item["text"]} for item in inputs]

    def explain(self, bundle: str, item: Any) -> dict[str, Any]:
        if item == "bad":
            raise InputError("data.bad", [Problem("data.row", row=3)], name="x")
        if item == "bug":
            raise RuntimeError("a secret path")
        return {"weights": [("红色", 0.5)], "facts": {"kind": object()} if item else {}}


@pytest.fixture
def room(home: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """A shop, a task, and what answers."""
    task = Echo()
    for module in (bundles, services):
        monkeypatch.setattr(module, "get_task", {"echo": task}.__getitem__)
    calls = {"predict": PREDICT, "explain": EXPLAIN}
    monkeypatch.setattr(question, "find_task_call", lambda task, verb: calls[verb])
    yield SimpleNamespace(shop=shop("shop"), task=task, answering=Answering(log="the.log"))
    for event in task.waits.values():
        event.set()


def shop(name: str, products: int = 2) -> Workspace:
    workspace = Workspace.create(name)
    frame = pd.DataFrame({"product_id": [str(n) for n in range(products)]})
    workspace.replace_tables({"products": frame}, {})
    return workspace


def add_run(workspace: Workspace, name: str) -> None:
    folder = workspace.folder / "runs" / name
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}")


def predict(*texts: str, workspace: str = "shop", **about: Any) -> Question[Any, Any]:
    return Question(workspace, PREDICT, [{"text": text} for text in texts], **about)


def explain(item: Any, run: str = UNTUNED) -> Question[Any, Any]:
    return Question("shop", EXPLAIN, item, run)


def ask(room: Any, question: Question[Any, Any], seconds: float = LONG) -> Any:
    return asyncio.run(room.answering.answer(question, seconds))


class Asking(threading.Thread):
    """A question that somebody asks while others ask theirs."""

    def __init__(self, room: Any, question: Question[Any, Any], seconds: float = LONG) -> None:
        super().__init__(daemon=True)
        self.room, self.question, self.seconds = room, question, seconds
        self.value: Any = None
        self.error: ShoplabError | None = None
        self.start()

    def run(self) -> None:
        try:
            self.value = ask(self.room, self.question, self.seconds)
        except ShoplabError as error:
            self.error = error

    def result(self) -> Any:
        self.join(LONG)
        return self.value


def test_the_untuned_model_answers_and_is_loaded_once(room: Any) -> None:
    answer = [{"bundle": "untuned quick 2", "input": "红鞋"}]
    assert [ask(room, predict("红鞋")) for _ in range(2)] == [answer, answer]
    assert room.task.loads == [UNTUNED]
    assert ask(room, predict()) == []


def test_equal_shops_share_an_untuned_model_and_others_do_not(room: Any) -> None:
    shop("twin"), shop("other", products=3)
    names = {
        name: ask(room, predict("a", workspace=name))[0]["bundle"]
        for name in ("shop", "twin", "other")
    }
    assert names == dict.fromkeys(("shop", "twin"), "untuned quick 2") | {
        "other": "untuned quick 3"
    }
    assert room.task.loads == [UNTUNED, UNTUNED]


def test_corrections_of_one_shop_are_not_anothers(
    room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.shop.correct("intent", {"red mug": {"intent": "buy"}})
    seen = []
    monkeypatch.setattr(
        room.task, "untuned", lambda tables, *_: seen.append(len(tables.corrections)) or "model"
    )
    ask(room, predict("a"))
    assert seen == [0]


def test_a_run_is_loaded_and_explains(room: Any) -> None:
    add_run(room.shop, "r1")
    assert ask(room, explain("", "r1")) == {"weights": [["红色", 0.5]], "facts": {}}
    assert ask(room, predict("a", run="r1"))[0]["bundle"] == "run r1"
    assert room.task.loads == ["r1"]


def test_new_tables_and_new_runs_are_loaded_anew(room: Any) -> None:
    add_run(room.shop, "r1")
    ask(room, predict("a", run="r1"))
    room.shop.replace_tables({"products": pd.DataFrame({"product_id": ["1"]})}, {})
    assert ask(room, predict("a"))[0]["bundle"] == "untuned quick 1"
    ask(room, predict("a", run="r1"))
    assert room.task.loads == ["r1", UNTUNED, "r1"]
    assert len(room.answering.bundles.in_memory()) == 2


def test_a_run_that_an_older_version_saved_is_told_from_a_bug(
    room: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    add_run(room.shop, "old")
    with pytest.raises(ShoplabError) as caught:
        ask(room, predict("a", run="old"))
    assert caught.value.code == "tasks.unreadable_run"
    assert "weights of yesterday" in capsys.readouterr().err


def test_errors_keep_their_code_and_details_from_process_to_process(room: Any) -> None:
    with pytest.raises(InputError) as caught:
        ask(room, explain("bad"))
    error = read_error(error_as_json(caught.value))
    assert isinstance(error, InputError)
    assert (error.code, error.params) == ("data.bad", {"name": "x"})
    assert error.details == [Problem("data.row", row=3)]
    with pytest.raises(InputError) as caught:
        ask(room, predict("a", run="missing"))
    assert caught.value.code == "workspace.unknown_run"


@pytest.mark.parametrize("item", ["bug", "not json"])
def test_an_unforeseen_error_names_the_log_and_nothing_else(
    room: Any, capsys: pytest.CaptureFixture[str], item: str
) -> None:
    with pytest.raises(ShoplabError) as caught:
        ask(room, explain(item))
    assert (caught.value.code, caught.value.params) == ("inference.failed", {"log": "the.log"})
    assert "Traceback" in capsys.readouterr().err
    assert ask(room, explain(""))["facts"] == {}


def test_loading_one_shop_does_not_stop_answers_to_another(room: Any) -> None:
    shop("large", products=5)
    ask(room, predict("a"))
    room.task.waits["load 5"] = threading.Event()
    waiting = Asking(room, predict("a", workspace="large"))
    until(lambda: len(room.task.loads) == 2)
    assert ask(room, predict("b"))[0]["input"] == "b"
    with pytest.raises(ShoplabError) as caught:
        ask(room, predict("a", workspace="large"), seconds=0.1)
    assert caught.value.code == "inference.busy"
    assert caught.value.params == {"stage": "encode", "done": 1, "total": 2}
    room.task.waits["load 5"].set()
    assert waiting.result()[0]["bundle"] == "untuned quick 5"
    assert len(room.task.loads) == 2


def test_loading_a_model_does_not_count_as_answering(
    room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock:
        now = 0.0

        def monotonic(self) -> float:
            return self.now

    clock, untuned, answer = Clock(), room.task.untuned, room.task.predict

    def load(*about: Any) -> str:
        clock.now += 0.9
        return untuned(*about)

    def predict_slowly(*about: Any) -> list[dict[str, Any]]:
        clock.now += 0.25
        return answer(*about)

    monkeypatch.setattr("engine.serving.answering.time", clock)
    monkeypatch.setattr(room.task, "untuned", load)
    monkeypatch.setattr(room.task, "predict", predict_slowly)
    watch = Watch()
    asyncio.run(room.answering.answer(predict("a"), LONG, watch))
    assert watch.seconds == pytest.approx(0.25)


def test_a_question_that_hangs_is_given_up_alone(room: Any) -> None:
    room.task.waits["hang"] = threading.Event()
    hung = Asking(room, predict("hang"), seconds=0.2)
    until(lambda: room.task.batches)
    beside = Asking(room, predict("a"))
    hung.result()
    assert hung.error is not None and hung.error.code == "inference.too_slow"
    # The one that waited for the same bundle, and whoever comes now, have a fresh one.
    assert beside.result()[0]["input"] == "a"
    assert ask(room, predict("b"))[0]["input"] == "b"
    assert room.task.loads == [UNTUNED, UNTUNED]
    assert room.answering.pool.lost == 1
    room.task.waits["hang"].set()
    until(lambda: room.answering.pool.lost == 0)


def test_slow_work_for_others_spoils_nothing_for_one_who_gives_up(room: Any) -> None:
    room.task.waits["slow"] = threading.Event()
    slow = Asking(room, predict("slow"))
    until(lambda: room.task.batches)
    with pytest.raises(ShoplabError) as caught:
        ask(room, predict("a"), seconds=0.1)
    assert caught.value.code == "inference.too_slow"
    room.task.waits["slow"].set()
    assert slow.result()[0]["input"] == "slow"
    assert (room.task.loads, room.answering.pool.lost) == ([UNTUNED], 0)


def test_a_crowd_is_answered_in_few_calls_and_one_bad_input_stays_alone(room: Any) -> None:
    room.task.waits["first"] = threading.Event()
    first = Asking(room, predict("first"))
    until(lambda: room.task.batches)
    crowd = [Asking(room, predict(text)) for text in ("a", "bad", "b", "c")]
    gathering = room.answering.bundles.in_memory()[0]._gathering
    until(lambda: len(gathering._waiting) == len(crowd))
    room.task.waits["first"].set()
    assert [one.result() and one.value[0]["input"] for one in (first, *crowd)] == [
        "first",
        "a",
        None,
        "b",
        "c",
    ]
    assert crowd[1].error is not None and crowd[1].error.code == "data.bad"
    # All at once; then, since one of them failed, one by one.
    assert room.task.batches == [1, 4, 1, 1, 1, 1]


def test_people_go_before_work_in_the_background() -> None:
    threads, gates, done = pool.Pool(1), [threading.Event() for _ in range(2)], []
    holding = threads.submit(lambda: gates[0].wait(LONG))
    until(lambda: holding.begun)
    tickets = [
        threads.submit(lambda: done.append("background"), background=True),
        threads.submit(lambda: done.append("person")),
    ]
    gates[0].set()
    for ticket in tickets:
        ticket.result.result(LONG)
    assert done == ["person", "background"]


def test_work_in_the_background_never_takes_all_threads() -> None:
    threads, gate = pool.Pool(pool.MOST_IN_BACKGROUND + 1), threading.Event()
    tickets = [threads.submit(lambda: gate.wait(LONG), background=True) for _ in range(9)]
    until(lambda: sum(ticket.begun for ticket in tickets) == pool.MOST_IN_BACKGROUND)
    assert threads.submit(lambda: "answer").result.result(LONG) == "answer"
    assert sum(ticket.begun for ticket in tickets) == pool.MOST_IN_BACKGROUND
    gate.set()


def test_what_was_not_begun_is_taken_back() -> None:
    threads, gate = pool.Pool(1), threading.Event()
    holding = threads.submit(lambda: gate.wait(LONG))
    until(lambda: holding.begun)
    ticket = threads.submit(lambda: "never")
    threads.abandon(ticket)
    gate.set()
    assert holding.result.result(LONG)
    assert ticket.result.cancelled() and threads.lost == 0


def test_what_is_over_the_budget_goes_by_cost_and_age(room: Any) -> None:
    taken = {"bytes": 0}
    held = Bundles(budget=100, taken=lambda: taken["bytes"])
    room.answering.bundles = held

    def load(name: str, size: int) -> None:
        add_run(room.shop, name)
        taken["bytes"] += size
        ask(room, predict("a", run=name))
        for one in held.in_memory():
            if one.key.run == name:
                one.bytes, one.seconds = size, 1.0

    load("small", 20)
    load("large", 70)
    for one in held.in_memory():
        one.used -= 100

    def drop() -> int:
        return sum(one.bytes for one in held.in_memory())

    held._taken = drop
    add_run(room.shop, "new")
    taken["bytes"] = 120
    held.budget = 50
    ask(room, predict("a", run="new"))
    assert {one.key.run for one in held.in_memory()} == {"small", "new"}


def test_the_bundle_in_use_is_never_dropped(room: Any) -> None:
    held = Bundles(budget=0, taken=lambda: 1)
    room.answering.bundles = held
    assert ask(room, predict("a"))[0]["input"] == "a"
    assert [one.key.task for one in held.in_memory()] == ["echo"]


def test_a_failed_load_is_told_and_tried_again(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ShoplabError("models.unreachable", model="m", why="no network")

    with monkeypatch.context() as patch:
        patch.setattr(room.task, "untuned", fail)
        with pytest.raises(ShoplabError) as caught:
            ask(room, predict("a"))
    assert caught.value.code == "models.unreachable"
    assert ask(room, predict("a"))[0]["input"] == "a"


def test_metrics_count_answers_by_outcome(room: Any) -> None:
    ask(room, predict("a"))
    with pytest.raises(InputError):
        ask(room, explain("bad"))
    text = room.answering.metrics().decode()
    assert 'shoplab_model_answers_total{asked="echo.predict",outcome="ok"} 1.0' in text
    assert 'shoplab_model_answers_total{asked="echo.explain",outcome="data.bad"} 1.0' in text
    assert "shoplab_models_bundles 1.0" in text


def test_warming_loads_once(room: Any) -> None:
    room.answering.warm("shop", "echo")
    until(room.answering.bundles.in_memory)
    ask(room, predict("a"))
    assert room.task.loads == [UNTUNED]


def test_events_tell_stages_texts_and_the_answer(
    room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(workspace: Any, question: Any, get_bundle: Callable[..., Any], watch: Watch) -> str:
        watch.stage("write")
        watch.text("红")
        watch.text("红鞋")
        return "红鞋!"

    monkeypatch.setattr("engine.serving.answering.answer_question", write)

    async def events() -> list[str]:
        return [event async for event in server._events(room.answering, explain(""), LONG)]

    found = [event for event in asyncio.run(events()) if "stage" not in event]
    assert found[:2] == ['data: {"text": "红"}\n\n', 'data: {"text": "红鞋"}\n\n']
    answer = json.loads(found[2].removeprefix("data: "))
    assert answer.keys() == {"value", "seconds"}
    assert answer["value"] == "红鞋!"


def test_a_reader_who_leaves_stops_the_writing(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = threading.Event()

    def write(workspace: Any, question: Any, get_bundle: Callable[..., Any], watch: Watch) -> str:
        try:
            while True:
                watch.text("more")
        finally:
            stopped.set()

    monkeypatch.setattr("engine.serving.answering.answer_question", write)

    async def leave() -> None:
        events = server._events(room.answering, explain(""), LONG)
        await anext(events)
        await events.aclose()
        await asyncio.get_running_loop().run_in_executor(None, stopped.wait, LONG)

    asyncio.run(leave())
    assert stopped.is_set()


def test_a_key_follows_tables_language_and_run(room: Any) -> None:
    def key() -> BundleKey:
        return bundles.bundle_key(Workspace.open("shop"), "echo", UNTUNED)

    before = key()
    room.shop.correct("intent", {"red mug": {"intent": "buy"}})
    assert key() == before
    room.shop.set_language("zh")
    assert key() != before
