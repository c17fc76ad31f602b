"""What pages ask the model process about messages: the only door to the assistant's encoder."""

import json
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, cast

import numpy as np
from cachetools import LRUCache, cached
from numpy.typing import NDArray

from engine.assistant.answers import JudgeInput, MessageAnswer, RephraseInput, ReplyInput
from engine.assistant.assistant import Assistant
from engine.assistant.policy_file import read_policy
from engine.assistant.reply import Reply
from engine.assistant.rewording import judged, rephrased
from engine.assistant.rewording_prompt import Messages
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
    from engine.tasks.describe.writer import Writer

# The bundle of a task and run.
GetBundle = Callable[[str, str], Bundle]

SAMPLING = SamplingConfig(new_tokens=120)


def answer(
    workspace: Workspace,
    run: str,
    body: ReplyInput | RephraseInput | JudgeInput,
    get_bundle: GetBundle,
) -> list[MessageAnswer] | Reply:
    """The answer to one question of `engine.assistant.answers`; `run` is one of search.

    A reply in other words comes back in its own where its sources do not support them. Raises
    InputError for a message without words.
    """
    assistant = _current_assistant(workspace, get_bundle("search", run))
    match body:
        case ReplyInput():
            return _reply_all(assistant, body, get_bundle)
        case RephraseInput():
            generator = cast("Writer", get_bundle("describe", body.writer)).generator

            def write(chat: Messages) -> str:
                return generator.stream(chat, SAMPLING, lambda _: None)

            return rephrased(body.reply, body.message, assistant.checker, write)
        case JudgeInput():
            return judged(body.reply, body.text, body.message, assistant.checker)


def open_assistant(workspace: Workspace, search: SearchBundle) -> Assistant:
    """The assistant of a workspace, with the encoder and the index of one search model."""

    def rank(query: str, keep: NDArray[np.bool_]) -> Sequence[str]:
        by_words = search.bm25_all.search(query, DEPTH, keep)
        by_meaning = search.dense.search(search.encode([query]), DEPTH, keep)
        (fused,) = fuse_all([by_words], by_meaning, search.bm25_weight, DEPTH)
        return fused.product_ids

    return Assistant(
        search.tables,
        search.encoder.encode,
        rank,
        read_policy(workspace),
        Aspects(read_aspects(workspace)),
    )


def _reply_all(
    assistant: Assistant, body: ReplyInput, get_bundle: GetBundle
) -> list[MessageAnswer]:
    replies = [assistant.reply(message) for message in body.messages]
    if not body.intent:
        return [MessageAnswer(reply) for reply in replies]
    bundle = cast("ClassifierBundle", get_bundle("intent", body.intent))
    intents = INTENT.predict(bundle, [IntentInput(message.text) for message in body.messages])
    return [
        MessageAnswer(reply, intent.heads.get("intent"))
        for reply, intent in zip(replies, intents, strict=True)
    ]


def _current_assistant(workspace: Workspace, bundle: Bundle) -> Assistant:
    """The assistant of a workspace and a search model, with the policy text as it stands now."""
    assert isinstance(bundle, SearchBundle)  # noqa: S101 - what the task search makes
    assistant = _kept_assistant(workspace, bundle, json.dumps(read_aspects(workspace)))
    policy = read_policy(workspace)
    if policy != assistant.policy.text:
        assistant.set_policy(policy)
    return assistant


@cached(LRUCache(16), key=lambda workspace, *rest: (workspace.name, *rest), lock=Lock())
def _kept_assistant(workspace: Workspace, search: SearchBundle, aspects: str) -> Assistant:
    return open_assistant(workspace, search)
