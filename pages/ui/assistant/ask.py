"""Asking the assistant in the model process, and putting its answers in other words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import streamlit as st

from engine.assistant.answers import (
    JUDGE,
    REPHRASE,
    REPLY,
    JudgeInput,
    Message,
    MessageAnswer,
    RephraseInput,
    ReplyInput,
)
from engine.assistant.reply import Reply
from engine.assistant.rewording_prompt import rephrase_prompt
from engine.codec import Call
from engine.models.endpoint import Endpoint
from engine.storage.runs import list_runs, run_id_of
from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import t
from pages.ui.parts import answers, streaming
from pages.ui.parts.endpoint import choose_endpoint

Body = TypeVar("Body")
Value = TypeVar("Value")
WORDINGS = ("plain", "local", "endpoint")
_WORDING = "assistant_wording"


@dataclass(frozen=True)
class Wording:
    """Whose words the answers come in: `name` is one of `WORDINGS`."""

    name: str
    endpoint: Endpoint | None = None


def choose_wording() -> Wording:
    """The shop's own sentences, or those in the words of a local generator or an endpoint."""
    chosen = st.segmented_control(
        t("assistant.wording.choose"),
        WORDINGS,
        required=True,
        default=WORDINGS[0],
        format_func=lambda name: t(f"assistant.wording.{name}"),
        help=t("assistant.wording.help"),
        key=_WORDING,
        persist_state="session",
    )
    if chosen == "local":
        st.caption(t("assistant.wording.local_note"))
    if chosen == "endpoint":
        return Wording("endpoint", choose_endpoint())
    return Wording(chosen or WORDINGS[0])


def ask_replies(current: Workspace, messages: Sequence[Message]) -> list[MessageAnswer] | None:
    """The answers to messages, in their order; None after an error was shown."""
    # Only a shop that has trained an intent model has intents of its own.
    trained = list_runs(current, "intent")
    intent = trained[0].run_id if trained else ""
    return _ask(current, REPLY, ReplyInput(tuple(messages), intent))


def reword(current: Workspace, reply: Reply, message: str, wording: Wording) -> Reply:
    """An answer in the chosen words where its sources support them; else as it was, with a note."""
    if wording.name == "plain" or reply.action != "answer" or not reply.sources:
        return reply
    reworded: Reply | None = None
    if wording.endpoint is None:
        writer = _newest(current, "describe")
        reworded = _ask(current, REPHRASE, RephraseInput(reply, message, writer))
    else:
        endpoint, prompt = wording.endpoint, rephrase_prompt(reply, message)
        # Nothing is shown while it is written: it has not been checked yet.
        text = streaming.follow(
            lambda _: endpoint.ask(prompt), waiting=lambda: t("assistant.wording.waiting")
        )
        if text:
            reworded = _ask(current, JUDGE, JudgeInput(reply, message, text))
    return reworded or replace(reply, note="not_written")


def _ask(current: Workspace, call: Call[Body, Value], body: Body) -> Value | None:
    run = _newest(current, "search")
    # The policy may be another one than at the last question.
    answer = answers.ask(current, call, body, run, fresh=True)
    return answer.value if answer else None


def _newest(current: Workspace, task: str) -> str:
    return run_id_of(next(iter(list_runs(current, task)), None))
