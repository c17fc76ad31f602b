"""The way of a question and its answer through the codec, as between page and model process."""

from collections.abc import Callable
from typing import Any

from engine.codec import decode, encode
from engine.serving.question import Question


def receive(question: Question[Any, Any]) -> Any:
    """The body of a question as the model process gets it."""
    return decode(question.call.body, encode(question.body))


def reply(question: Question[Any, Any], answer: object) -> Any:
    """An answer as the page gets it; one in another form than the call's fails."""
    return decode(question.call.answer, encode(answer))


def reply_each(question: Question[Any, Any], answer: Callable[[Any, str], object]) -> Any:
    """As `reply`; `answer` is asked for each input of `predict`, and once for any other body."""
    body, run = receive(question), question.run
    if question.call.verb == "predict":
        return reply(question, [answer(item, run) for item in body])
    return reply(question, answer(body, run))
