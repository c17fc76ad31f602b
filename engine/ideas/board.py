"""The cards of a workspace, in `<workspace>/ideas/board.sqlite`.

Every change is one more row of `revisions`, so all can be undone. A card is saved over the version
that it came from: if somebody else was faster, the row would have a version that is taken, SQLite
refuses it, and the text goes into `conflicts` instead of being lost.
"""

import json
import secrets
import sqlite3
import time
from dataclasses import replace

from engine.errors import InputError
from engine.ideas.card import COLUMNS, Card, Column, tidy_card
from engine.storage.database import opened
from engine.storage.quota import check_room
from engine.storage.voters import voter_mark
from engine.storage.workspace import Workspace

MOST_CARDS, MOST_REVISIONS, MOST_VOTERS = 200, 50, 500
# As many cards that were taken off can be brought back.
MOST_REMOVED = 50

_SCHEMA = """
CREATE TABLE revisions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, card_id TEXT NOT NULL, version INTEGER NOT NULL,
    time REAL NOT NULL, removed INTEGER NOT NULL DEFAULT 0, card TEXT NOT NULL,
    UNIQUE (card_id, version)
);
CREATE TABLE conflicts (
    number INTEGER PRIMARY KEY AUTOINCREMENT, card_id TEXT NOT NULL, time REAL NOT NULL,
    card TEXT NOT NULL
);
CREATE TABLE votes (
    card_id TEXT NOT NULL, voter TEXT NOT NULL, PRIMARY KEY (card_id, voter)
);
"""

_FORGET = """
DELETE FROM revisions WHERE card_id IN (
    SELECT card_id FROM revisions AS one WHERE removed AND version = (
        SELECT MAX(version) FROM revisions WHERE card_id = one.card_id
    ) ORDER BY number DESC LIMIT -1 OFFSET ?
)
"""


class Conflict(InputError):
    """Somebody else has changed the card: `mine` was kept aside, `theirs` is on the board."""

    def __init__(self, mine: Card, theirs: Card) -> None:
        super().__init__("ideas.conflict", author=theirs.author or "…", title=theirs.title)
        self.mine, self.theirs = mine, theirs


class IdeaBoard:
    """The board of one workspace; every method opens the file for itself."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._file = workspace.folder / "ideas" / "board.sqlite"

    def cards(self) -> tuple[Card, ...]:
        """The cards in the order in which they were made."""
        if not self._file.is_file():
            return ()
        with opened(self._file, _SCHEMA) as database:
            rows = database.execute(
                "SELECT card, MIN(number) OVER (PARTITION BY card_id) AS first, removed, version,"
                " MAX(version) OVER (PARTITION BY card_id) AS newest FROM revisions"
            ).fetchall()
        current = [row for row in rows if row["version"] == row["newest"] and not row["removed"]]
        return tuple(_card(row["card"]) for row in sorted(current, key=lambda row: row["first"]))

    def card(self, card_id: str) -> Card:
        """One card; InputError if there is none or it was removed."""
        for card in self.cards():
            if card.id == card_id:
                return card
        raise InputError("ideas.unknown_card")

    def save(self, card: Card) -> Card:
        """Store a tidied card as the next version of itself; gives it with id and version.

        Raises Conflict if the card was changed since `card.version`, InputError for a card that is
        not filled in, and for more than `MOST_CARDS`.
        """
        card = tidy_card(card)
        if not card.id:
            if len(self.cards()) >= MOST_CARDS:
                raise InputError("ideas.full", most=MOST_CARDS)
            check_room(self.workspace.folder)
            card = replace(card, id=secrets.token_hex(6), version=0, example=False)
        with opened(self._file, _SCHEMA) as database:
            if not card.version:
                database.execute(_FORGET, (MOST_REMOVED,))
            try:
                return _append(database, card)
            except sqlite3.IntegrityError:
                database.execute(
                    "INSERT INTO conflicts (card_id, time, card) VALUES (?, ?, ?)",
                    (card.id, time.time(), json.dumps(card.as_json(), ensure_ascii=False)),
                )
        raise Conflict(card, self.card(card.id))

    def move(self, card_id: str, column: Column) -> Card:
        """Put a card in another column, over whatever version it has by now."""
        if column not in COLUMNS:
            raise InputError("ideas.unknown_column", column=column)
        return self._change(card_id, column=column)

    def remove(self, card_id: str) -> None:
        """Take a card off the board; `undo` brings it back."""
        with opened(self._file, _SCHEMA) as database:
            _append(database, self.card(card_id), removed=True)

    def undo(self, card_id: str) -> Card:
        """Undo the last change of a card: the text before it is its next version.

        Raises InputError for a card that has not been changed.
        """
        with opened(self._file, _SCHEMA) as database:
            rows = database.execute(
                "SELECT card, version FROM revisions WHERE card_id = ? ORDER BY version DESC",
                (card_id,),
            ).fetchmany(2)
            if len(rows) < 2:
                raise InputError("ideas.nothing_to_undo")
            before = replace(_card(rows[1]["card"]), version=rows[0]["version"])
            return _append(database, before)

    def history(self, card_id: str) -> tuple[Card, ...]:
        """All kept versions of a card, and the texts that lost a conflict, oldest first."""
        if not self._file.is_file():
            return ()
        with opened(self._file, _SCHEMA) as database:
            rows = database.execute(
                "SELECT card, time FROM revisions WHERE card_id = ? UNION ALL"
                " SELECT card, time FROM conflicts WHERE card_id = ? ORDER BY time",
                (card_id, card_id),
            ).fetchall()
        return tuple(_card(row["card"]) for row in rows)

    def vote(self, card_id: str, voter: str, on: bool) -> None:
        """Let a person vote for a card, or take the vote back; each has one vote a card.

        Only a hash is stored, a different one for each card, so that nobody's votes can be put
        together.
        """
        self.card(card_id)
        hashed = voter_mark(self.workspace, card_id, voter)
        with opened(self._file, _SCHEMA) as database:
            if not on:
                database.execute(
                    "DELETE FROM votes WHERE card_id = ? AND voter = ?", (card_id, hashed)
                )
                return
            database.execute(
                "INSERT OR IGNORE INTO votes SELECT ?, ? WHERE"
                " (SELECT COUNT(*) FROM votes WHERE card_id = ?) < ?",
                (card_id, hashed, card_id, MOST_VOTERS),
            )

    def votes(self) -> dict[str, int]:
        """How many people voted for each card that somebody voted for."""
        if not self._file.is_file():
            return {}
        with opened(self._file, _SCHEMA) as database:
            rows = database.execute("SELECT card_id, COUNT(*) FROM votes GROUP BY card_id")
            return {str(card_id): int(count) for card_id, count in rows}

    def voted(self, voter: str) -> frozenset[str]:
        """The cards that a person voted for."""
        if not self._file.is_file():
            return frozenset()
        with opened(self._file, _SCHEMA) as database:
            rows = database.execute("SELECT card_id, voter FROM votes").fetchall()
        return frozenset(
            str(card_id)
            for card_id, mark in rows
            if mark == voter_mark(self.workspace, str(card_id), voter)
        )

    def _change(self, card_id: str, column: Column) -> Card:
        """A change that no text is lost by: it is made again if somebody else was faster."""
        while True:
            card = self.card(card_id)
            with opened(self._file, _SCHEMA) as database:
                try:
                    return _append(database, replace(card, column=column))
                except sqlite3.IntegrityError:
                    continue


def _append(database: sqlite3.Connection, card: Card, *, removed: bool = False) -> Card:
    """The card as its next version, appended. Raises IntegrityError if that version is taken."""
    card = replace(card, version=card.version + 1)
    database.execute(
        "INSERT INTO revisions (card_id, version, time, removed, card) VALUES (?, ?, ?, ?, ?)",
        (
            card.id,
            card.version,
            time.time(),
            removed,
            json.dumps(card.as_json(), ensure_ascii=False),
        ),
    )
    for table in ("revisions", "conflicts"):
        database.execute(
            f"DELETE FROM {table} WHERE card_id = ? AND number NOT IN"  # noqa: S608 - our own names
            f" (SELECT number FROM {table} WHERE card_id = ? ORDER BY number DESC LIMIT ?)",
            (card.id, card.id, MOST_REVISIONS),
        )
    return card


def _card(text: str) -> Card:
    return Card.from_json(json.loads(text))
