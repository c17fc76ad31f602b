"""Files of messages to check the assistant with, and what is expected of it."""

import csv
import io
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.assistant.answers import Message
from engine.assistant.messages_file import read_message
from engine.errors import InputError
from engine.reading.input_lines import read_json_lines
from engine.settings import LONGEST_TEXT

MOST = 500
_COLUMNS = ("message", "customer", "context", "do")


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
        rows = _read_lines(text)
    filled = (row for row in rows if _says_something(row.message.text))
    messages = list(itertools.islice(filled, MOST))
    if not messages:
        raise InputError("assistant.no_messages", file=name)
    return messages


def _says_something(text: str) -> bool:
    return any(map(str.isalnum, text[:LONGEST_TEXT]))


def _read_lines(text: str) -> Iterator[CheckedMessage]:
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        if _says_something(line):
            yield _read_row({"message": line.rstrip("\n")}, number)


def _read_json_lines(name: str, text: str) -> Iterator[CheckedMessage]:
    for number, item in read_json_lines(io.BytesIO(text.encode()), name):
        if not isinstance(item, dict):
            raise InputError("assistant.bad_message", row=number)
        yield _read_row(item, number)


def _read_csv(name: str, text: str) -> Iterator[CheckedMessage]:
    # Not by pandas: a header of a hundred thousand columns keeps it busy for minutes.
    records = csv.reader(io.StringIO(text, newline=""))
    try:
        header = next(records, [])
        places = {column: header.index(column) for column in _COLUMNS if column in header}
        if "message" not in places:
            raise InputError("assistant.no_messages", file=name)
        for number, cells in enumerate(records, start=2):  # below the header
            filled = {column: cells[at] for column, at in places.items() if at < len(cells)}
            # Before it is checked: a megabyte of empty messages took three seconds.
            if _says_something(filled.get("message", "")):
                yield _read_row(filled, number)
    except csv.Error as error:
        raise InputError("assistant.no_messages", file=name) from error


def _read_row(item: Mapping[str, object], number: int) -> CheckedMessage:
    return CheckedMessage(read_message(item, number), str(item.get("do") or ""))
