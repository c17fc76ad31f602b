"""Files of messages to check the assistant with, and what is expected of it."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from engine.assistant.answers import Message
from engine.assistant.messages_file import read_message
from engine.errors import InputError
from engine.reading.input_lines import read_json_lines

MOST = 500


@dataclass(frozen=True)
class CheckedMessage:
    """A message, and the action that is expected of the assistant ("" where none is)."""

    message: Message
    expected: str = ""


def read_messages(name: str, data: bytes) -> list[CheckedMessage]:
    """The messages of a file: JSON lines, CSV with a column `message`, or one text a line.

    Raises InputError for a file without messages, or with lines that are none.
    """
    text = data.decode("utf-8-sig", errors="replace")
    if name.endswith(".jsonl"):
        rows = _read_json_lines(name, text)
    elif name.endswith(".csv"):
        rows = _read_csv(name, text)
    else:
        rows = [CheckedMessage(Message(line)) for line in text.splitlines()]
    rows = [row for row in rows if any(sign.isalnum() for sign in row.message.text)]
    if not rows:
        raise InputError("assistant.no_messages", file=name)
    return rows[:MOST]


def _read_json_lines(name: str, text: str) -> list[CheckedMessage]:
    rows = []
    for number, item in read_json_lines(io.BytesIO(text.encode()), name):
        if not isinstance(item, dict):
            raise InputError("assistant.bad_message", row=number)
        rows.append(_read_row(item, number))
    return rows


def _read_csv(name: str, text: str) -> list[CheckedMessage]:
    try:
        frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    except (ValueError, pd.errors.ParserError) as error:
        raise InputError("assistant.no_messages", file=name) from error
    if "message" not in frame:
        raise InputError("assistant.no_messages", file=name)
    items = frame.to_dict("records")
    return [
        _read_row({str(column): value for column, value in item.items()}, number)
        for number, item in enumerate(items, start=2)  # below the header
    ]


def _read_row(item: Mapping[str, object], number: int) -> CheckedMessage:
    return CheckedMessage(read_message(item, number), str(item.get("do") or ""))
