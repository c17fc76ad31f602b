"""The assistant behind its two doors, the model process and the command line, on a tiny encoder."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from engine.assistant import questions
from engine.assistant.answers import REPLY, JudgeInput, Message, RephraseInput, ReplyInput
from engine.assistant.messages_file import read_message
from engine.assistant.policy_file import keep_policy
from engine.codec import decode, encode
from engine.errors import InputError, ShoplabError
from engine.progress import Silent
from engine.storage.workspace import Workspace
from engine.tasks import get_task
from engine.training import evaluate
from tests.test_cli import Command, command, english  # noqa: F401 - fixtures
from tests.tiny_shop import tiny_settings, tiny_workspace

POLICY = "# Returns\n\nItems can be returned within 30 days.\n"


@pytest.fixture
def shop(home) -> Workspace:
    return tiny_workspace(task="search")


@pytest.fixture
def search(shop, model) -> Any:
    task = get_task("search")
    tables = shop.tables()
    config = task.config("quick", tables, **tiny_settings("search", model))
    return task.untuned(tables, config, Silent())


def asker(shop: Workspace, search: Any, text: str = ""):
    def stream(chat, drawing, on_text) -> str:
        if not text:
            raise ShoplabError("inference.failed", log="")
        return text

    writer = SimpleNamespace(generator=SimpleNamespace(stream=stream))
    bundles = {"search": search, "describe": writer}

    def ask(body: ReplyInput | RephraseInput | JudgeInput) -> Any:
        return questions.answer(shop, "untuned", body, lambda task, run: bundles[task])

    return ask


def test_messages_are_answered_and_a_new_policy_counts_at_once(shop, search) -> None:
    ask = asker(shop, search)
    body = ReplyInput((Message("can I return it?"),))
    (before,) = ask(body)
    assert before.reply.action == "hand_over"
    keep_policy(shop, POLICY, "policy.md")
    (after,) = ask(body)
    assert "within 30 days" in after.reply.text
    assert decode(REPLY.answer, json.loads(json.dumps(encode([after])))) == [after]


def test_a_generator_words_an_answer_or_the_plain_one_stands(shop, search) -> None:
    keep_policy(shop, POLICY, "policy.md")
    message = "can I return it?"
    (answer,) = asker(shop, search)(ReplyInput((Message(message),)))
    reply = answer.reply
    good = "Items can be returned within 30 days, happy to help."
    for text, written, note in (
        (good, good, ""), ("You have 60 days.", "", "unsupported"), ("", "", "not_written"),
    ):  # fmt: skip
        reworded = asker(shop, search, text)(RephraseInput(reply, message, "untuned"))
        assert (reworded.written, reworded.note) == (written, note)
    reworded = asker(shop, search)(JudgeInput(reply, message, good))
    assert reworded.text == good


def test_a_message_is_read_in_every_form_that_a_file_may_hold() -> None:
    context = [{"text": "the red mug"}, "and this"]
    assert read_message({"message": "hi", "customer": 7, "context": context}, 1) == Message(
        "hi", "7", ("the red mug", "and this")
    )
    assert read_message({"message": "hi", "customer": None, "context": None}, 1) == Message("hi")


def test_what_is_no_message_is_refused_by_its_row() -> None:
    for bad in ({"text": "hi"}, {"message": 3}, {"message": "hi", "context": [3]}):
        with pytest.raises(InputError) as caught:
            read_message(bad, 2)
        assert (caught.value.code, caught.value.params["row"]) == ("assistant.bad_message", 2)


def test_the_command_answers_a_message_and_a_file(
    command: Command, shop, search, monkeypatch, tmp_path  # noqa: F811
) -> None:  # fmt: skip
    monkeypatch.setattr(evaluate, "open_bundle", lambda *_: search)
    policy = tmp_path / "policy.md"
    policy.write_text(POLICY)
    done = command(
        "reply", shop.name, "--message", "can I return it?", "--policy", policy, "--json"
    )
    assert done.status == 0
    assert done.document["kind"] == "policy"
    assert "within 30 days" in done.document["text"]
    file = tmp_path / "messages.jsonl"
    file.write_text('{"message": "can I return it?"}\n\n{"message": "hello"}\n')
    done = command("reply", shop.name, "--input", file, "--json")
    assert [one["message"] for one in done.document["predictions"]] == ["can I return it?", "hello"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), "assistant.no_message"),
        (("--message", "hi", "--input", "x.jsonl"), "assistant.one_message"),
        (("--input", "nowhere.jsonl"), "reader.missing"),
        (("--message", "hi", "--policy", "nowhere.md"), "reader.missing"),
    ],
)
def test_the_command_says_what_is_missing(command: Command, shop, arguments, code) -> None:  # noqa: F811
    done = command("reply", shop.name, *arguments, "--json")
    assert done.status == 2
    assert done.error["code"] == code
