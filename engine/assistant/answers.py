"""What the service assistant can be asked, and what it answers.

The run of a question is the search model whose encoder reads the messages.
"""

from dataclasses import dataclass

from engine.assistant.reply import Reply
from engine.codec import Call, Text
from engine.tasks.classify.answers import HeadAnswer


@dataclass(frozen=True)
class Message:
    """What a customer wrote.

    `customer` is the id of who is signed in ("" for a guest), `context` the earlier messages of the
    chat and the titles of the products that it was about, the oldest first.
    """

    text: Text
    customer: Text = ""
    context: tuple[Text, ...] = ()


@dataclass(frozen=True)
class ReplyInput:
    """Messages to reply to, each on its own.

    `intent` is a training of the task `intent` that classifies them too, "" for none.
    """

    messages: tuple[Message, ...]
    intent: str = ""


@dataclass(frozen=True)
class MessageAnswer:
    """The reply to one message.

    `intent` is what the shop's own intent model makes of the message; None where no model was named
    or where it has not learned intents.
    """

    reply: Reply
    intent: HeadAnswer | None = None


@dataclass(frozen=True)
class RephraseInput:
    """A `reply` to `message` that a local generator is to put in other words.

    `writer` is a training of the task `describe`, or `UNTUNED`.
    """

    reply: Reply
    message: Text
    writer: str


@dataclass(frozen=True)
class JudgeInput:
    """A `text` that somebody else's generator wrote in place of a `reply` to `message`."""

    reply: Reply
    message: Text
    text: Text


REPLY = Call("assistant", "reply", ReplyInput, list[MessageAnswer])
REPHRASE = Call("assistant", "rephrase", RephraseInput, Reply)
JUDGE = Call("assistant", "judge", JudgeInput, Reply)
CALLS = (REPLY, REPHRASE, JUDGE)
