"""What shoppers did with the lists they were shown: one SQLite file in the workspace, WAL mode.

Nothing is ever changed or deleted: a like that is taken back is one more event. Each list keeps the
probability with which its strategy was chosen, without which no other strategy could be judged from
it later. A local disk is needed, as for the jobs.
"""

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from engine.errors import InputError
from engine.storage.database import open_database
from engine.storage.workspace import Workspace
from engine.tables.events import FEEDBACK_WEIGHTS

Event = Literal["like", "unlike", "click", "add_to_cart", "purchase"]
EVENTS: tuple[Event, ...] = ("like", "unlike", "click", "add_to_cart", "purchase")
# What makes a list a success: one of these events on any of its products.
GOALS: Mapping[str, frozenset[str]] = {
    "any": frozenset(FEEDBACK_WEIGHTS),
    "cart": frozenset(("add_to_cart", "purchase")),
    "purchase": frozenset(("purchase",)),
}

_SCHEMA = """
CREATE TABLE lists (
    number INTEGER PRIMARY KEY AUTOINCREMENT, list_id TEXT NOT NULL UNIQUE, time REAL NOT NULL,
    visit TEXT NOT NULL, shopper TEXT NOT NULL, query TEXT NOT NULL, policy TEXT NOT NULL,
    arm TEXT NOT NULL, propensity REAL NOT NULL, probabilities TEXT NOT NULL,
    context TEXT NOT NULL, products TEXT NOT NULL
);
CREATE INDEX lists_by_visit ON lists (visit, query, number);
CREATE TABLE events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, list_id TEXT NOT NULL REFERENCES lists (list_id),
    time REAL NOT NULL, product_id TEXT NOT NULL, position INTEGER NOT NULL, event TEXT NOT NULL
);
CREATE INDEX events_by_list ON events (list_id);
PRAGMA user_version = 1;
"""


@dataclass(frozen=True)
class Shown:
    """A list as it was shown.

    `visit` names the session, `shopper` who is signed in (empty for nobody). `probabilities` holds
    the chance that each strategy had, `context` the features it was chosen by, `products` the ids
    from the top. Of a list that no policy chose (`policy` empty) only the acts are ever read.
    """

    list_id: str
    visit: str
    shopper: str
    query: str
    policy: str
    arm: str
    probabilities: Mapping[str, float]
    context: Mapping[str, float]
    products: Sequence[str]

    @property
    def propensity(self) -> float:
        """The probability with which this list's strategy was chosen."""
        return self.probabilities[self.arm]


class Feedback:
    """The feedback of one workspace; use it in a `with` block, in one thread."""

    def __init__(self, workspace: Workspace) -> None:
        self._connection = open_database(workspace.folder / "feedback.sqlite", _SCHEMA)

    def __enter__(self) -> "Feedback":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def show(self, shown: Shown) -> None:
        """Remember that `shown` was shown."""
        self._connection.execute(
            "INSERT INTO lists (list_id, time, visit, shopper, query, policy, arm, propensity,"
            " probabilities, context, products) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                shown.list_id, time.time(), shown.visit, shown.shopper, shown.query, shown.policy,
                shown.arm, shown.propensity, _json(shown.probabilities), _json(shown.context),
                _json(shown.products),
            ),
        )  # fmt: skip

    def record(self, list_id: str, product_id: str, event: Event) -> None:
        """Remember what a shopper did with a product of a list.

        Raises InputError for an event, a list or a product of the list that is not known.
        """
        if event not in EVENTS:
            raise InputError("strategy.unknown_event", event=event)
        shown = self.get(list_id)
        if product_id not in shown.products:
            raise InputError("strategy.not_in_list", product=product_id)
        self._connection.execute(
            "INSERT INTO events (list_id, time, product_id, position, event)"
            " VALUES (?, ?, ?, ?, ?)",
            (list_id, time.time(), product_id, shown.products.index(product_id) + 1, event),
        )

    def get(self, list_id: str) -> Shown:
        """The list with this id; InputError if there is none."""
        row = self._first("SELECT * FROM lists WHERE list_id = ?", list_id)
        if row is None:
            raise InputError("strategy.unknown_list", list=list_id)
        return _shown(row)

    def open_list(self, visit: str, query: str) -> Shown | None:
        """The last list of this visit and query, as long as nothing was done in the visit since."""
        row = self._first(
            "SELECT * FROM lists WHERE visit = ? AND query = ? AND policy <> '' AND number >"
            " COALESCE((SELECT"
            " MAX(seen.number) FROM events JOIN lists AS seen USING (list_id)"
            " WHERE seen.visit = lists.visit), 0) ORDER BY number DESC LIMIT 1",
            visit,
            query,
        )
        return _shown(row) if row else None

    def list_before(self, shown: Shown) -> Shown | None:
        """The list of the same visit and query that stood before `shown`."""
        row = self._first(
            "SELECT * FROM lists WHERE visit = ? AND query = ? AND policy <> '' AND number <"
            " (SELECT number FROM lists WHERE list_id = ?) ORDER BY number DESC LIMIT 1",
            shown.visit,
            shown.query,
            shown.list_id,
        )
        return _shown(row) if row else None

    def last_act(self, list_id: str) -> tuple[str, str] | None:
        """What was done last on this list: product id and event; None if nothing was."""
        row = self._first(
            "SELECT product_id, event FROM events WHERE list_id = ? ORDER BY number DESC LIMIT 1",
            list_id,
        )
        return (row["product_id"], row["event"]) if row else None

    def acts(self, visit: str) -> list[tuple[str, str]]:
        """What this visit did, in order: product id and event; likes taken back are left out."""
        rows = self._connection.execute(
            "SELECT product_id, event FROM events JOIN lists USING (list_id) WHERE visit = ?"
            " ORDER BY events.number",
            (visit,),
        ).fetchall()
        found: list[tuple[str, str]] = []
        for product_id, event in rows:
            if event in ("like", "unlike"):
                # A product is liked or not, however often somebody pressed.
                found = [act for act in found if act != (product_id, "like")]
            if event != "unlike":
                found.append((product_id, event))
        return found

    def likes(self, visit: str) -> frozenset[str]:
        """The products that this visit likes now."""
        return frozenset(name for name, event in self.acts(visit) if event == "like")

    def log(self, goal: str = "any") -> pd.DataFrame:
        """One row per list in order, with `reward`: 1 if an event of `goal` followed, else 0.

        A like counts as long as it is not taken back. The other columns are those of `Shown`, with
        `time` (epoch seconds); `probabilities`, `context` and `products` are decoded.
        """
        query = "SELECT * FROM lists WHERE policy <> '' ORDER BY number"
        lists = pd.read_sql_query(query, self._connection)
        for column in ("probabilities", "context", "products"):
            lists[column] = [json.loads(text) for text in lists[column]]
        events = self.events().merge(lists[["list_id", "visit"]], on="list_id")
        liking = events[events["event"].isin(("like", "unlike"))]
        last = liking.groupby(["visit", "product_id"])["event"].transform("last")
        kept = events.drop(liking.index[last == "unlike"])
        good = set(kept.loc[kept["event"].isin(GOALS[goal]), "list_id"])
        return lists.assign(reward=lists["list_id"].isin(good).astype(float))

    def events(self) -> pd.DataFrame:
        """Every event in order: `list_id`, `time`, `product_id`, `position`, `event`."""
        return pd.read_sql_query(
            "SELECT list_id, time, product_id, position, event FROM events ORDER BY number",
            self._connection,
        )

    def _first(self, statement: str, *values: object) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection.execute(statement, values).fetchone()
        return row


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _shown(row: sqlite3.Row) -> Shown:
    return Shown(
        list_id=row["list_id"],
        visit=row["visit"],
        shopper=row["shopper"],
        query=row["query"],
        policy=row["policy"],
        arm=row["arm"],
        probabilities=json.loads(row["probabilities"]),
        context=json.loads(row["context"]),
        products=json.loads(row["products"]),
    )
