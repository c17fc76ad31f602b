"""What shoppers did with the lists they were shown, kept as records of the workspace.

Rows are never changed or deleted: taking back a like adds another event. Each list keeps the
probability with which its strategy was chosen (its propensity), because other strategies can only
be evaluated on the log with it.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import pandas as pd

from engine.errors import InputError
from engine.storage.records import RecordKind, RecordPlace, Row, has_records, open_records
from engine.storage.workspace import Workspace
from engine.tables.events import FEEDBACK_WEIGHTS

Event = Literal["like", "unlike", "click", "add_to_cart", "purchase"]
EVENTS: tuple[Event, ...] = ("like", "unlike", "click", "add_to_cart", "purchase")
# A list is a success if one of these events happened to any of its products.
GOALS: Mapping[str, frozenset[str]] = {
    "any": frozenset(FEEDBACK_WEIGHTS),
    "cart": frozenset(("add_to_cart", "purchase")),
    "purchase": frozenset(("purchase",)),
}

_TABLES = """
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
"""
FEEDBACK = RecordKind("feedback", _TABLES)
_EVENT = ("list_id", "time", "product_id", "position", "event")
_LIST = (
    *("list_id", "time", "visit", "shopper", "query", "policy", "arm", "propensity"),
    *("probabilities", "context", "products"),
)


@dataclass(frozen=True)
class Shown:
    """A list as it was shown.

    `visit` identifies the session and `shopper` the person who is signed in (empty for nobody).
    `probabilities` are those of each strategy, `context` the features that the choice was based on,
    and `products` the ids from the top. If no policy chose the list, `policy` is empty, and only
    the shopper's acts are ever read.
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
    """The feedback of one workspace, to be used in a `with` block and in one thread."""

    def __init__(self, workspace: Workspace) -> None:
        self._records = open_records(_place(workspace))

    def __enter__(self) -> "Feedback":
        return self

    def __exit__(self, *_: object) -> None:
        self._records.close()

    def show(self, shown: Shown) -> None:
        """Store a list that was shown."""
        row = {
            **asdict(shown),
            "time": time.time(),
            "propensity": float(shown.propensity),
            "probabilities": _json(shown.probabilities),
            "context": _json(shown.context),
            "products": _json(shown.products),
        }
        self._records.execute(
            f"INSERT INTO lists ({', '.join(_LIST)}) VALUES ({', '.join('?' * len(_LIST))})",  # noqa: S608 - our own columns
            *(row[name] for name in _LIST),
        )

    def record(self, list_id: str, product_id: str, event: Event) -> None:
        """Store what a shopper did with a product of a list.

        Raises InputError for an unknown event or list, or a product that is not in the list.
        """
        if event not in EVENTS:
            raise InputError("strategy.unknown_event", event=event)
        shown = self.get(list_id)
        if product_id not in shown.products:
            raise InputError("strategy.not_in_list", product=product_id)
        self._records.execute(
            "INSERT INTO events (list_id, time, product_id, position, event)"
            " VALUES (?, ?, ?, ?, ?)",
            list_id,
            time.time(),
            product_id,
            shown.products.index(product_id) + 1,
            event,
        )

    def get(self, list_id: str) -> Shown:
        """The list with this id; InputError if there is none."""
        row = self._first("SELECT * FROM lists WHERE list_id = ?", list_id)
        if row is None:
            raise InputError("strategy.unknown_list", list=list_id)
        return _shown(row)

    def open_list(self, visit: str, query: str) -> Shown | None:
        """The last list of this visit and query, unless the visit has acted since."""
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
        """The list of the same visit and query that came before `shown`."""
        row = self._first(
            "SELECT * FROM lists WHERE visit = ? AND query = ? AND policy <> '' AND number <"
            " (SELECT number FROM lists WHERE list_id = ?) ORDER BY number DESC LIMIT 1",
            shown.visit,
            shown.query,
            shown.list_id,
        )
        return _shown(row) if row else None

    def last_act(self, list_id: str) -> tuple[str, str] | None:
        """The last act on this list as product id and event; None if there was none."""
        row = self._first(
            "SELECT product_id, event FROM events WHERE list_id = ? ORDER BY number DESC LIMIT 1",
            list_id,
        )
        return (row["product_id"], row["event"]) if row else None

    def acts(self, visit: str) -> list[tuple[str, str]]:
        """The acts of this visit in order, as product id and event, without likes taken back."""
        rows = self._records.execute(
            "SELECT product_id, event FROM events JOIN lists USING (list_id) WHERE visit = ?"
            " ORDER BY events.number",
            visit,
        )
        acts: list[tuple[str, str]] = []
        for row in rows:
            product_id, event = row["product_id"], row["event"]
            if event in ("like", "unlike"):
                # A product is either liked or not, however often the button was pressed.
                acts = [act for act in acts if act != (product_id, "like")]
            if event != "unlike":
                acts.append((product_id, event))
        return acts

    def likes(self, visit: str) -> frozenset[str]:
        """The products that this visit currently likes."""
        return frozenset(name for name, event in self.acts(visit) if event == "like")

    def log(self, goal: str = "any") -> pd.DataFrame:
        """One row per list in order, with `reward`: 1 if an event of `goal` followed, else 0.

        A like that was taken back does not count. The other columns are those of `Shown`, with
        `time` (epoch seconds); `probabilities`, `context` and `products` are decoded.
        """
        query = "SELECT * FROM lists WHERE policy <> '' ORDER BY number"
        lists = pd.DataFrame(self._records.execute(query), columns=["number", *_LIST])
        for column in ("probabilities", "context", "products"):
            lists[column] = [json.loads(text) for text in lists[column]]
        events = self.events().merge(lists[["list_id", "visit"]], on="list_id")
        liking = events[events["event"].isin(("like", "unlike"))]
        last = liking.groupby(["visit", "product_id"])["event"].transform("last")
        lasting = events.drop(liking.index[last == "unlike"])
        good = set(lasting.loc[lasting["event"].isin(GOALS[goal]), "list_id"])
        return lists.assign(reward=lists["list_id"].isin(good).astype(float))

    def events(self) -> pd.DataFrame:
        """Every event in order: `list_id`, `time`, `product_id`, `position`, `event`."""
        rows = self._records.execute(
            "SELECT list_id, time, product_id, position, event FROM events ORDER BY number"
        )
        return pd.DataFrame(rows, columns=[*_EVENT])

    def mark(self) -> tuple[int, int]:
        """The numbers of the last list and the last event, which change with whatever is added."""
        row = self._first(
            "SELECT (SELECT MAX(number) FROM lists) AS lists,"
            " (SELECT MAX(number) FROM events) AS events"
        )
        assert row is not None  # noqa: S101 - a row of figures is always there
        return row["lists"] or 0, row["events"] or 0

    def _first(self, statement: str, *values: object) -> Row | None:
        rows = self._records.execute(statement, *values)
        return rows[0] if rows else None


def has_feedback(workspace: Workspace) -> bool:
    """Whether anybody was ever shown a list."""
    return has_records(_place(workspace))


def _place(workspace: Workspace) -> RecordPlace:
    return RecordPlace(FEEDBACK, workspace.folder, workspace.key)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _shown(row: Row) -> Shown:
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
