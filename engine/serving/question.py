"""One question to the process that holds the models, as it crosses the border."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Generic, TypeVar, cast

from engine.codec import Call, decode, encode
from engine.errors import InputError
from engine.storage.runs import UNTUNED
from engine.tasks import find_call as find_task_call

Body = TypeVar("Body")
Answer = TypeVar("Answer")

# What each service but the tasks can be asked.
_CALLS = {
    "training": "engine.training.answers",
    "pictures": "engine.images.answers",
    "assistant": "engine.assistant.answers",
}


@dataclass(frozen=True)
class Question(Generic[Body, Answer]):
    """What is asked of whom.

    `workspace` names the shop, `call` the service and what it is to do, `run` the training whose
    model answers (`UNTUNED` for the pretrained one), `body` what the call takes. A `fresh` question
    is never answered from what somebody asked before. One in the `background` lets people's
    questions go first.
    """

    workspace: str
    call: Call[Body, Answer]
    body: Body
    run: str = UNTUNED
    fresh: bool = False
    background: bool = False

    @property
    def key(self) -> str:
        """Equal for equal questions."""
        return json.dumps(self.as_json(), ensure_ascii=False, sort_keys=True)

    def as_json(self) -> dict[str, Any]:
        """The question as it goes from process to process."""
        return {
            "workspace": self.workspace,
            "service": self.call.service,
            "task": self.call.task,
            "verb": self.call.verb,
            "run": self.run,
            "background": self.background,
            "body": encode(self.body),
        }


def read_question(message: Mapping[str, Any]) -> Question[Any, Any]:
    """A question as the other side sent it. Raises InputError where the body does not fit."""
    call = find_call(message["service"], message["task"], message["verb"])
    return Question(
        message["workspace"],
        call,
        decode(call.body, message["body"]),
        message["run"],
        background=bool(message.get("background")),
    )


def find_call(service: str, task: str, verb: str) -> Call[Any, Any]:
    """What `service` calls `verb`. Raises InputError for a service or verb that there is not."""
    if service == "tasks":
        return find_task_call(task, verb)
    for call in import_module(_CALLS[service]).CALLS if service in _CALLS else ():
        if call.verb == verb:
            return cast(Call[Any, Any], call)
    raise InputError("inference.unknown_call", service=service, verb=verb)
