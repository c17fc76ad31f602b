"""The assistant's answers without a model: the true engine over vectors of hashed words."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.assistant.assistant import Assistant, Message
from engine.assistant.policy_file import read_policy
from engine.assistant.reply import read_reply
from engine.assistant.rewording import judged
from engine.retrieval.bm25 import BM25Index
from engine.serving.question import Question
from engine.storage.workspace import Workspace
from engine.tables.product_text import searchable_texts
from engine.tables.tables import Tables
from engine.text.words import words

SIZE = 512


def hashed(texts: Sequence[str], kind: str = "query") -> NDArray[np.float32]:
    """Vectors of length 1: each word, and each pair of characters, at its own place."""
    found = np.zeros((len(texts), SIZE), dtype=np.float32)
    for row, text in enumerate(texts):
        for part in words(text) or [text]:
            found[row, zlib.crc32(part.encode()) % SIZE] += 1
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)


def open_assistant(tables: Tables, policy: str = "") -> Assistant:
    """The assistant of some tables; products are ranked by their words."""
    ids = tables.products["product_id"].tolist()
    index = BM25Index(ids, searchable_texts(tables.products).tolist())
    return Assistant(
        tables, hashed, lambda query, keep: index.search(query, 20, keep).product_ids, policy
    )


class AssistantModels:
    """Stands where the model process answers; `text` is what a local generator would write."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self.text = ""
        self.kept: dict[str, Assistant] = {}

    def ask(self, question: Question[Any, Any], timeout: float = 60) -> Any:
        """Answer as `engine.assistant.questions` does."""
        assert question.call.service == "assistant"
        workspace, payload = question.workspace, question.body
        self.asked.append(payload)
        shop = Workspace.open(workspace)
        if workspace not in self.kept:
            self.kept[workspace] = open_assistant(shop.tables())
        assistant = self.kept[workspace]
        assistant.set_policy(read_policy(shop))
        if question.call.verb == "reply":
            return [
                assistant.reply(
                    Message(one["message"], one["customer"], tuple(one["context"]))
                ).as_json()
                for one in payload["messages"]
            ]
        text = payload.get("text") or self.text
        reply, message = read_reply(payload["reply"]), payload["message"]
        return judged(reply, text, message, assistant.checker).as_json()
