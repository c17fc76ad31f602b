"""Messages of customers as files hold them."""

from collections.abc import Mapping

from engine.assistant.answers import Message
from engine.codec import decode
from engine.errors import InputError


def read_message(item: Mapping[str, object], row: int) -> Message:
    """The message of a file's line `row`: an object with `message`, `customer` and `context`.

    `context` is a text, or a list of texts or of objects with a `text`. Raises InputError where
    there is no message, and for a context in another form.
    """
    context = item.get("context") or []
    if isinstance(context, str):
        context = [context]
    elif isinstance(context, list | tuple):
        context = [one.get("text") if isinstance(one, Mapping) else one for one in context]
    fields = {
        "text": item.get("message"),
        "customer": str(item.get("customer") or ""),
        "context": context,
    }
    try:
        return decode(Message, fields)
    except InputError as error:
        raise InputError("assistant.bad_message", row=row) from error
