"""The duels of a workspace and every vote in them, in `<workspace>/duel/duels.sqlite`.

Votes are only added. A voter has one vote a query, kept under a hash that says nothing of the
person.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Sequence

from engine.duel.duel import MOST_QUERIES, Duel, Match, Side, Voters
from engine.duel.team_draft import Winner, winner
from engine.errors import InputError
from engine.evidence.data_history import current_fingerprint
from engine.storage.database import opened, transaction
from engine.storage.quota import check_room
from engine.storage.voters import voter_mark
from engine.storage.workspace import Workspace

MOST_DUELS, MOST_VOTES = 100, 20_000

_SCHEMA = """
CREATE TABLE duels (duel_id TEXT PRIMARY KEY, time REAL NOT NULL, duel TEXT NOT NULL);
CREATE TABLE votes (
    number INTEGER PRIMARY KEY AUTOINCREMENT, duel_id TEXT NOT NULL REFERENCES duels (duel_id),
    query INTEGER NOT NULL, voter TEXT NOT NULL, voters TEXT NOT NULL, clicked TEXT NOT NULL,
    winner TEXT NOT NULL, time REAL NOT NULL, UNIQUE (duel_id, query, voter)
);
"""


class DuelStore:
    """The duels of one workspace; every method opens the file for itself."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._file = workspace.folder / "duel" / "duels.sqlite"

    def begin(self, first: Side, second: Side, matches: Sequence[Match]) -> Duel:
        """Store a new duel.

        Queries that one side does not answer are left out, because a list of one team alone would
        tell nothing. Raises InputError for a side against itself (teams may share a run), without a
        query that both answer, and for more than `MOST_DUELS`.
        """
        if (first.run, first.system) == (second.run, second.system):
            raise InputError("duel.same_side")
        answered = tuple(match for match in matches if match.first and match.second)[:MOST_QUERIES]
        if not answered:
            raise InputError("duel.no_query")
        if len(self.duels()) >= MOST_DUELS:
            raise InputError("duel.full", most=MOST_DUELS)
        check_room(self.workspace.folder)
        duel = Duel(
            duel_id=secrets.token_hex(6),
            first=first,
            second=second,
            matches=answered,
            seed=secrets.randbelow(2**31),
            created=time.time(),
            data_fingerprint=current_fingerprint(self.workspace),
        )
        text = json.dumps(duel.as_json(), ensure_ascii=False)
        with opened(self._file, _SCHEMA) as database:
            database.execute(
                "INSERT INTO duels (duel_id, time, duel) VALUES (?, ?, ?)",
                (duel.duel_id, duel.created, text),
            )
        return duel

    def duels(self) -> tuple[Duel, ...]:
        """All duels, newest first."""
        if not self._file.is_file():
            return ()
        with opened(self._file, _SCHEMA) as database:
            rows = database.execute("SELECT duel FROM duels ORDER BY time DESC").fetchall()
        return tuple(Duel.from_json(json.loads(row["duel"])) for row in rows)

    def duel(self, duel_id: str) -> Duel:
        """One duel; InputError if there is none."""
        row = None
        if self._file.is_file():
            with opened(self._file, _SCHEMA) as database:
                row = database.execute(
                    "SELECT duel FROM duels WHERE duel_id = ?", (duel_id,)
                ).fetchone()
        if row is None:
            raise InputError("duel.unknown")
        return Duel.from_json(json.loads(row["duel"]))

    def vote(self, duel: Duel, query: int, voter: str, clicked: Sequence[str]) -> Winner:
        """Note what a person clicked in their list of a query; a second vote changes nothing.

        Raises InputError for products that are not in that list.
        """
        if not 0 <= query < len(duel.matches):
            raise InputError("duel.unknown")
        mixed = duel.mixed(query, voter)
        if not {*clicked} <= {*mixed.products}:
            raise InputError("duel.other_product")
        outcome = winner(mixed, clicked)
        mark = voter_mark(self.workspace, duel.duel_id, voter)
        self._add(duel, [(query, mark, clicked, outcome)], "people")
        return outcome

    def add_simulated(self, duel: Duel, votes: Sequence[tuple[int, Sequence[str], Winner]]) -> None:
        """Note lists of simulated shoppers: number of the query, what was clicked, who won."""
        rows = [
            (query, secrets.token_hex(8), clicked, outcome) for query, clicked, outcome in votes
        ]
        self._add(duel, rows, "simulated")

    def winners(self, duel: Duel, voters: Voters) -> list[Winner]:
        """Who won each list, in the order of the votes."""
        with opened(self._file, _SCHEMA) as database:
            rows = database.execute(
                "SELECT winner FROM votes WHERE duel_id = ? AND voters = ? ORDER BY number",
                (duel.duel_id, voters),
            ).fetchall()
        return [row["winner"] for row in rows]

    def people(self, duel: Duel) -> int:
        """How many people have voted."""
        with opened(self._file, _SCHEMA) as database:
            row = database.execute(
                "SELECT COUNT(DISTINCT voter) FROM votes WHERE duel_id = ? AND voters = 'people'",
                (duel.duel_id,),
            ).fetchone()
        return int(row[0])

    def left(self, duel: Duel, voter: str) -> list[int]:
        """The numbers of the queries that a person has not voted on, in this person's order."""
        hashed = voter_mark(self.workspace, duel.duel_id, voter)
        with opened(self._file, _SCHEMA) as database:
            rows = database.execute(
                "SELECT query FROM votes WHERE duel_id = ? AND voter = ?", (duel.duel_id, hashed)
            ).fetchall()
        seen = {int(row["query"]) for row in rows}
        numbers = [number for number in range(len(duel.matches)) if number not in seen]
        # Everybody begins elsewhere, so that a room that stops early has seen all queries.
        return sorted(
            numbers, key=lambda number: hashlib.sha256(f"{hashed}{number}".encode()).digest()
        )

    def _add(
        self,
        duel: Duel,
        votes: Sequence[tuple[int, str, Sequence[str], Winner]],
        voters: Voters,
    ) -> None:
        now = time.time()
        with opened(self._file, _SCHEMA) as database, transaction(database):
            (count,) = database.execute("SELECT COUNT(*) FROM votes").fetchone()
            if count + len(votes) > MOST_VOTES:
                raise InputError("duel.many_votes", most=f"{MOST_VOTES:,}")
            database.executemany(
                "INSERT OR IGNORE INTO votes (duel_id, query, voter, voters, clicked, winner, time)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (duel.duel_id, query, voter, voters, json.dumps([*clicked]), outcome, now)
                    for query, voter, clicked, outcome in votes
                ],
            )
