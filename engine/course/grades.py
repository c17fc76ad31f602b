"""Grades of one query's results by several people, blind at first, and how far they agree.

Everybody grades the same products in two rounds. After the first, the room sees on which products
its grades lie apart, talks, and grades again; then the median of the last grades becomes the
workspace's judgment. Kept in `<workspace>/course/grades.sqlite`.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median_low

import pandas as pd

from engine.course.activity import person_mark
from engine.errors import InputError
from engine.storage.database import open_database
from engine.storage.files import make_folder
from engine.storage.workspace import Workspace
from engine.tables.agreement import Agreement, measure

GRADES = (0, 1, 2, 3)
DEPTH = 20  # products that everybody grades
MOST_PEOPLE, MOST_QUERIES = 60, 200
FIRST, SECOND, SETTLED = 1, 2, 3

_SCHEMA = """
CREATE TABLE pools (
    query TEXT PRIMARY KEY, time REAL NOT NULL, round INTEGER NOT NULL, products TEXT NOT NULL
);
CREATE TABLE grades (
    query TEXT NOT NULL REFERENCES pools (query), round INTEGER NOT NULL, person TEXT NOT NULL,
    product_id TEXT NOT NULL, grade INTEGER NOT NULL, time REAL NOT NULL,
    PRIMARY KEY (query, round, person, product_id)
);
"""


class GradeTable:
    """The grades of one workspace. A context manager that closes the file."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        make_folder(grades_file(workspace).parent)
        self._database = open_database(grades_file(workspace), _SCHEMA)

    def __enter__(self) -> "GradeTable":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def pool(self, query: str, products: Sequence[str] = ()) -> list[str]:
        """The products of `query` to grade: those that it was opened with.

        One that was not is opened with the first `DEPTH` of `products`. Raises InputError for too
        many queries.
        """
        row = self._database.execute(
            "SELECT products FROM pools WHERE query = ?", (query,)
        ).fetchone()
        if row is None and products:
            if len(self.queries()) >= MOST_QUERIES:
                raise InputError("course.grades.too_many_queries", most=MOST_QUERIES)
            self._database.execute(
                "INSERT OR IGNORE INTO pools VALUES (?, ?, ?, ?)",
                (query, time.time(), FIRST, "\n".join(products[:DEPTH])),
            )
            return self.pool(query)
        return row["products"].split("\n") if row else []

    def queries(self) -> list[str]:
        """The queries that were opened, in that order."""
        rows = self._database.execute("SELECT query FROM pools ORDER BY time, query")
        return [row["query"] for row in rows]

    def round(self, query: str) -> int:
        """`FIRST`, `SECOND` or `SETTLED`."""
        row = self._database.execute("SELECT round FROM pools WHERE query = ?", (query,)).fetchone()
        return int(row["round"]) if row else FIRST

    def grade(self, query: str, person: str, grades: Mapping[str, int]) -> None:
        """Keep a person's grades of the round that is on; a later one replaces an earlier.

        Raises InputError for a product that is not to be graded, a grade that there is not, or one
        person too many.
        """
        round_ = min(self.round(query), SECOND)
        pool = set(self.pool(query))
        if grades.keys() - pool or set(grades.values()) - set(GRADES):
            raise InputError("course.grades.unknown")
        mark = person_mark(person)
        people = self.grades(query, round_).index
        if mark not in people and len(people) >= MOST_PEOPLE:
            raise InputError("course.grades.too_many_people", most=MOST_PEOPLE)
        now = time.time()
        self._database.executemany(
            "INSERT OR REPLACE INTO grades VALUES (?, ?, ?, ?, ?, ?)",
            [(query, round_, mark, name, grade, now) for name, grade in grades.items()],
        )

    def own(self, query: str, person: str, round_: int) -> dict[str, int]:
        """A person's grades in a round; in the second, those of the first where none is new."""
        first = self._of(query, person, FIRST)
        return first | self._of(query, person, SECOND) if round_ >= SECOND else first

    def _of(self, query: str, person: str, round_: int) -> dict[str, int]:
        rows = self._database.execute(
            "SELECT product_id, grade FROM grades WHERE query = ? AND person = ? AND round = ?",
            (query, person_mark(person), round_),
        )
        return {row["product_id"]: int(row["grade"]) for row in rows}

    def grades(self, query: str, round_: int) -> pd.DataFrame:
        """A row a person (`person_mark`), a column a product of the pool; NaN where none is given.

        Without a round of their own, people are left out.
        """
        frame = pd.read_sql_query(
            "SELECT person, product_id, grade FROM grades WHERE query = ? AND round = ?",
            self._database,
            params=(query, round_),
        )
        wide = frame.pivot(index="person", columns="product_id", values="grade")
        return wide.reindex(columns=self.pool(query)).astype("float64")

    def every(self, round_: int) -> pd.DataFrame:
        """All grades of a round, a row each: `query`, `product_id`, `rater`, `grade`."""
        return pd.read_sql_query(
            "SELECT query, product_id, person AS rater, grade FROM grades WHERE round = ?",
            self._database,
            params=(round_,),
            dtype={"grade": "float64"},
        )

    def agreement(self, query: str, round_: int) -> Agreement:
        """How far those agree who graded in this round."""
        return measure(self.grades(query, round_))

    def show_disputes(self, query: str) -> None:
        """End the first round: its disputes are shown, and everybody grades again."""
        self._enter(query, FIRST, SECOND)

    def settle(self, query: str) -> dict[str, int]:
        """End the second round: the median of the last grades becomes the workspace's judgment.

        Of two grades in the middle it is the lower. Returns the judgments by product.
        """
        last = self.grades(query, SECOND).combine_first(self.grades(query, FIRST))
        judgments = {
            str(name): int(median_low(column.dropna()))
            for name, column in last.items()
            if column.notna().any()
        }
        labels = {name: str(grade) for name, grade in judgments.items()}
        self._workspace.correct("search", {query: labels})
        self._enter(query, SECOND, SETTLED)
        return judgments

    def _enter(self, query: str, before: int, after: int) -> None:
        self._database.execute(
            "UPDATE pools SET round = ? WHERE query = ? AND round = ?", (after, query, before)
        )


def grades_file(workspace: Workspace) -> Path:
    """The file that holds the grades; it need not exist."""
    return workspace.folder / "course" / "grades.sqlite"


def blind_grades(workspace: Workspace) -> pd.DataFrame:
    """What people graded before they saw each other's grades: a row a grade.

    Columns `query`, `product_id`, `rater` (`person_mark`) and `grade`.
    """
    columns = ["query", "product_id", "rater", "grade"]
    if not grades_file(workspace).is_file():
        return pd.DataFrame(columns=columns).astype({"grade": "float64"})
    with GradeTable(workspace) as table:
        return table.every(FIRST)
