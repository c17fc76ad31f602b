"""What pages ask the model process about messages: the only door to the assistant's encoder.

A question's run is the search model whose encoder understands; by verb:
`reply` with `messages` (`{"message", "customer", "context"}` each) and `intent` (a run of intent,
    or "") gives a list of replies (`Reply.as_json`), with the shop's own intent in `shop_intent`;
`rephrase` with `reply`, `message` and `writer` (a run of describe, or "untuned") gives the reply in
    the generator's words where the sources support them;
`judge` with `reply`, `message` and `text` gives the same for a text from somewhere else.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from cachetools import LRUCache, cached
from numpy.typing import NDArray

from engine.assistant.assistant import Assistant, Message
from engine.assistant.policy_file import read_policy
from engine.assistant.reply import read_reply
from engine.assistant.rewording import judged, rephrased
from engine.errors import InputError
from engine.models.generator import SamplingConfig
from engine.retrieval.fuse import fuse_all
from engine.reviews.aspects import Aspects, read_aspects
from engine.storage.workspace import Workspace
from engine.tasks.base import Bundle
from engine.tasks.intent.answers import IntentInput
from engine.tasks.intent.task import TASK as INTENT
from engine.tasks.search.bundle import DEPTH, SearchBundle

if TYPE_CHECKING:
    from engine.tasks.classify.bundle import ClassifierBundle

Get = Callable[[str, str], Bundle]

WRITING = SamplingConfig(new_tokens=120)


def answer(workspace: Workspace, verb: str, run: str, question: Mapping[str, Any], get: Get) -> Any:
    """The answer to one question, see the module; `get` gives the bundle of a task and run."""
    assistant = _current_assistant(workspace, get("search", run))
    if verb == "reply":
        return _reply_all(assistant, question, get)
    reply, message = read_reply(question["reply"]), question["message"]
    match verb:
        case "rephrase":
            writer = get("describe", question["writer"])

            def write(chat: Any) -> str:
                return writer.generator.stream(chat, WRITING, lambda _: None)  # type: ignore[attr-defined]

            found = rephrased(reply, message, assistant.checker, write)
        case "judge":
            found = judged(reply, question["text"], message, assistant.checker)
        case other:
            raise ValueError(other)
    return found.as_json()


def open_assistant(workspace: Workspace, search: SearchBundle) -> Assistant:
    """The assistant of a workspace, with the encoder and the index of one search model."""

    def rank(query: str, keep: NDArray[np.bool_]) -> Sequence[str]:
        by_words = search.bm25_all.search(query, DEPTH, keep)
        by_meaning = search.dense.search(search.encode([query]), DEPTH, keep)
        (found,) = fuse_all([by_words], by_meaning, search.bm25_weight, DEPTH)
        return found.product_ids

    return Assistant(
        search.tables, search.encoder.encode, rank, read_policy(workspace),
        Aspects(read_aspects(workspace)),
    )  # fmt: skip


def read_message(item: Mapping[str, Any], row: int) -> Message:
    """A message as a file's line `row` or a page gives it.

    Raises InputError for one without a text, or with a context that is no list of texts.
    """
    text, context = item.get("message"), item.get("context") or ()
    said = [one.get("text") if isinstance(one, dict) else one for one in context]
    if not isinstance(text, str) or not all(isinstance(one, str) for one in said):
        raise InputError("assistant.bad_message", row=row)
    return Message(text, str(item.get("customer") or ""), tuple(map(str, said)))


def _reply_all(assistant: Assistant, question: Mapping[str, Any], get: Get) -> list[dict[str, Any]]:
    messages = [read_message(item, row) for row, item in enumerate(question["messages"], start=1)]
    replies = [assistant.reply(message).as_json() for message in messages]
    if question["intent"]:
        bundle = cast("ClassifierBundle", get("intent", question["intent"]))
        queries = [IntentInput(message.text) for message in messages]
        for reply, answer in zip(replies, INTENT.predict(bundle, queries), strict=True):
            intent = answer.heads.get("intent")
            reply["shop_intent"] = intent and {
                "label": intent.label,
                "confidence": intent.confidence,
            }
    return replies


def _current_assistant(workspace: Workspace, bundle: Bundle) -> Assistant:
    """The assistant of a workspace and a search model, with the policy text as it stands now."""
    assert isinstance(bundle, SearchBundle)  # noqa: S101 - what the task search makes
    assistant = _kept_assistant(workspace, bundle, json.dumps(read_aspects(workspace)))
    policy = read_policy(workspace)
    if policy != assistant.policy.text:
        assistant.set_policy(policy)
    return assistant


@cached(LRUCache(2), key=lambda workspace, *rest: (workspace.name, *rest), lock=Lock())
def _kept_assistant(workspace: Workspace, search: SearchBundle, aspects: str) -> Assistant:
    return open_assistant(workspace, search)
