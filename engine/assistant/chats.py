"""The turns of a workspace's chats, and what waits for a person: one SQLite file."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.assistant.reply import Reply, read_reply
from engine.storage.database import open_database
from engine.storage.files import make_folder
from engine.storage.workspace import Workspace

_SCHEMA = """
CREATE TABLE turns (
    number INTEGER PRIMARY KEY AUTOINCREMENT, chat TEXT NOT NULL, time REAL NOT NULL,
    customer TEXT NOT NULL, message TEXT NOT NULL, reply TEXT NOT NULL, action TEXT NOT NULL,
    reason TEXT NOT NULL, done REAL
);
CREATE INDEX turns_by_chat ON turns (chat, number);
"""


@dataclass(frozen=True)
class Turn:
    """A message and its reply; `done` is when a person took care of a hand-over (epoch seconds)."""

    number: int
    chat: str
    time: float
    customer: str
    message: str
    reply: Reply
    done: float | None


class Chats:
    """The turns of one workspace. A context manager that closes the file."""

    def __init__(self, workspace: Workspace) -> None:
        folder = workspace.folder / "assistant"
        make_folder(folder)
        self._database = open_database(folder / "chats.sqlite", _SCHEMA)

    def __enter__(self) -> "Chats":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def add(self, chat: str, customer: str, message: str, reply: Reply) -> int:
        """Keep a message with its reply; the number of the turn."""
        text = json.dumps(reply.as_json(), ensure_ascii=False)
        row = (chat, time.time(), customer, message, text, reply.action, reply.reason)
        cursor = self._database.execute(
            "INSERT INTO turns (chat, time, customer, message, reply, action, reason)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        return int(cursor.lastrowid or 0)

    def replace(self, number: int, reply: Reply) -> None:
        """Put another wording of the same reply in its place."""
        text = json.dumps(reply.as_json(), ensure_ascii=False)
        self._database.execute("UPDATE turns SET reply = ? WHERE number = ?", (text, number))

    def turns(self, chat: str) -> list[Turn]:
        """The turns of a chat, the oldest first."""
        rows = self._database.execute("SELECT * FROM turns WHERE chat = ? ORDER BY number", (chat,))
        return [_turn(row) for row in rows]

    def last(self, most: int) -> list[Turn]:
        """The last turns of all chats, the newest first."""
        rows = self._database.execute("SELECT * FROM turns ORDER BY number DESC LIMIT ?", (most,))
        return [_turn(row) for row in rows]

    def open_hand_overs(self) -> list[Turn]:
        """What waits for a person, the longest first."""
        rows = self._database.execute(
            "SELECT * FROM turns WHERE action = 'hand_over' AND done IS NULL ORDER BY number"
        )
        return [_turn(row) for row in rows]

    def close(self, numbers: Sequence[int]) -> None:
        """A person took care of these hand-overs."""
        now = time.time()
        self._database.executemany(
            "UPDATE turns SET done = ? WHERE number = ?", [(now, number) for number in numbers]
        )

    def clear(self, chat: str) -> None:
        """Forget a chat; what waits for a person stays on the list, without the chat."""
        self._database.execute(
            "DELETE FROM turns WHERE chat = ? AND (action != 'hand_over' OR done IS NOT NULL)",
            (chat,),
        )
        self._database.execute("UPDATE turns SET chat = '' WHERE chat = ?", (chat,))


def _turn(row: Any) -> Turn:
    return Turn(
        row["number"],
        row["chat"],
        row["time"],
        row["customer"],
        row["message"],
        read_reply(json.loads(row["reply"])),
        row["done"],
    )
