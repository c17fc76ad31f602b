"""The assistant's answers without a model: the true engine over vectors of hashed words."""

import zlib
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.assistant.answers import JudgeInput, MessageAnswer, RephraseInput, ReplyInput
from engine.assistant.assistant import Assistant
from engine.assistant.policy_file import read_policy
from engine.assistant.reply import Reply
from engine.assistant.rewording import judged
from engine.retrieval.bm25 import BM25Index
from engine.serving.question import Question
from engine.storage.workspace import Workspace
from engine.tables.product_text import searchable_texts
from engine.tables.tables import Tables
from engine.tasks.classify.answers import HeadAnswer
from engine.text.words import words
from tests.doubles.pipe import receive, reply

Answer = TypeVar("Answer")

SIZE = 512
INTENT = HeadAnswer("by_attribute", 0.8, False, {"by_attribute": 0.8, "browse": 0.2})


def hashed(texts: Sequence[str], kind: str = "query") -> NDArray[np.float32]:
    """Vectors of length 1: each word, and each pair of characters, at its own place."""
    vectors = np.zeros((len(texts), SIZE), dtype=np.float32)
    for row, text in enumerate(texts):
        for part in words(text) or [text]:
            vectors[row, zlib.crc32(part.encode()) % SIZE] += 1
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return vectors


def open_assistant(tables: Tables, policy: str = "") -> Assistant:
    """The assistant of some tables; products are ranked by their words."""
    ids = tables.products["product_id"].tolist()
    index = BM25Index.of_texts(ids, searchable_texts(tables.products).tolist())
    return Assistant(
        tables, hashed, lambda query, keep: index.search(query, 20, keep).product_ids, policy
    )


class AssistantModels:
    """Stands where the model process answers; `text` is what a local generator would write.

    `bodies` keeps what was asked. Questions and answers go through the codec as in the pipe.
    """

    def __init__(self) -> None:
        self.bodies: list[object] = []
        self.text = ""
        self.kept: dict[str, Assistant] = {}

    def ask(self, question: Question[Any, Answer], timeout: float = 60) -> Answer:
        """Answer as `engine.assistant.questions` does."""
        assert question.call.service == "assistant"
        body = receive(question)
        self.bodies.append(body)
        answer: Answer = reply(question, self._answer(self._open(question.workspace), body))
        return answer

    def _answer(
        self, assistant: Assistant, body: ReplyInput | RephraseInput | JudgeInput
    ) -> list[MessageAnswer] | Reply:
        match body:
            case ReplyInput():
                intent = INTENT if body.intent else None
                return [MessageAnswer(assistant.reply(one), intent) for one in body.messages]
            case RephraseInput():
                return judged(body.reply, self.text, body.message, assistant.checker)
            case JudgeInput():
                return judged(body.reply, body.text, body.message, assistant.checker)

    def _open(self, workspace: str) -> Assistant:
        shop = Workspace.open(workspace)
        if workspace not in self.kept:
            self.kept[workspace] = open_assistant(shop.tables())
        assistant = self.kept[workspace]
        assistant.set_policy(read_policy(shop))
        return assistant
