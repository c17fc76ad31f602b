"""A shop's tables, the input of every task."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, wraps
from pathlib import Path
from threading import Lock
from typing import Protocol, TypeVar, TypeVarTuple, cast, runtime_checkable

import pandas as pd

from engine.tables.schema import TABLES

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


@runtime_checkable
class ColumnReader(Protocol):
    """Frames that can be read column by column."""

    def columns(self, name: str, columns: Sequence[str]) -> pd.DataFrame:
        """Some columns of the table `name`."""


class Elsewhere(Protocol):
    """Works things out from the tables of a shop in another process."""

    def summarise(self, derive: Callable[["Tables"], T], *, corrections: bool = False) -> T:
        """The result of `derive`, once for the rows, and the `corrections` if it reads them."""

    def work_out(self, derive: Callable[["Tables", *Ts], T], *args: *Ts) -> T:
        """The result of `derive` for the tables and some arguments."""


@dataclass(frozen=True)
class Tables:
    """The tables of one workspace as frames with the columns of the schema; absent ones are empty.

    `language` is the shop's, on which words, stemmer and default model depend. `corrections` are
    the labels that users set by hand: columns `task, input, head, label`. `folder` is where indexes
    of these tables may be stored, if anywhere. `mappings` are the columns that the tables' fields
    were read from: table → field → column. `elsewhere` works out what grows with the rows, where
    this process answers others meanwhile and the tables are large.
    """

    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    language: str = "en"
    corrections: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(
            columns=["task", "input", "head", "label"], dtype="str"
        )
    )
    folder: Path | None = None
    mappings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    elsewhere: Elsewhere | None = field(default=None, repr=False, compare=False)
    _derived: dict[object, object] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    # A lock for each derivation: what takes seconds to make must not hold up the rest.
    _locks: dict[object, Lock] = field(
        default_factory=lambda: defaultdict(Lock), init=False, repr=False, compare=False
    )
    _lock: Lock = field(default_factory=Lock, init=False, repr=False, compare=False)
    # The same tables with other corrections, which keep what is derived from the rows.
    _origin: "Tables | None" = field(default=None, init=False, repr=False, compare=False)

    def __getitem__(self, name: str) -> pd.DataFrame:
        """The frame of table `name`, with every column of the schema."""
        if name in self.frames:
            return self.frames[name]
        return pd.DataFrame(columns=TABLES[name].columns, dtype="str")

    def columns(self, name: str, *columns: str) -> pd.DataFrame:
        """Some columns of table `name`; of one on the disk that nobody has read, only they are."""
        if name in self.frames and isinstance(self.frames, ColumnReader):
            return self.frames.columns(name, columns)
        return self[name][list(columns)]

    @property
    def products(self) -> pd.DataFrame:
        """The catalog: one row per product."""
        return self["products"]

    @cached_property
    def product_ids(self) -> list[str]:
        """The ids of the catalog, one for each row; not to be changed."""
        return list(self.products["product_id"])

    @property
    def searches(self) -> pd.DataFrame:
        """The search log: one row per event."""
        return self["searches"]

    @property
    def orders(self) -> pd.DataFrame:
        """The order lines: one row per product bought."""
        return self["orders"]

    @property
    def reviews(self) -> pd.DataFrame:
        """The reviews: one row per review."""
        return self["reviews"]

    @property
    def judgments(self) -> pd.DataFrame:
        """Human relevance (qrels): one row per query and product."""
        return self["judgments"]

    def with_corrections(self, corrections: pd.DataFrame) -> "Tables":
        """The same tables with other corrections; what is derived from the rows is shared."""
        return self._share(replace(self, corrections=corrections))

    def with_elsewhere(self, elsewhere: Elsewhere) -> "Tables":
        """The same tables, of which summaries are made `elsewhere`."""
        return self._share(replace(self, elsewhere=elsewhere))

    def _share(self, other: "Tables") -> "Tables":
        # Frozen for everybody but itself.
        object.__setattr__(other, "_origin", self._origin or self)
        return other

    def once(self, derive: Callable[["Tables"], T], *, away: bool = False) -> T:
        """The result of `derive` for these tables, computed once and kept; see `derived`.

        If `away`, it is computed `elsewhere`, where there is that.
        """
        return (self._origin or self)._once(derive, self.elsewhere, away=away)

    def _once(
        self, derive: Callable[["Tables"], T], elsewhere: Elsewhere | None, *, away: bool
    ) -> T:
        with self._lock:
            lock = self._locks[derive]
        with lock:
            if derive not in self._derived:
                if elsewhere is None:
                    self._derived[derive] = derive(self)
                elif away:
                    self._derived[derive] = elsewhere.summarise(derive)
                else:
                    self._derived[derive] = derive(self.with_elsewhere(elsewhere))
            return cast(T, self._derived[derive])

    def work_out(self, derive: Callable[["Tables", *Ts], T], *args: *Ts) -> T:
        """The result of `derive` for these tables, `elsewhere` if they are large; it is not kept.

        The result is what a summary may be (see `summary`), the arguments what `engine.codec` reads
        as the annotations of the function's parameters say.
        """
        if self.elsewhere is not None:
            return self.elsewhere.work_out(derive, *args)
        return derive(self, *args)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of every row and correction: equal data gives equal hashes."""
        return self.fingerprint_with(self.corrections)

    def fingerprint_with(self, corrections: pd.DataFrame) -> str:
        """The fingerprint that these tables would have with other corrections."""
        digest = hashlib.sha256(self.language.encode())
        for name, fingerprint in sorted(frame_fingerprints(self).items()):
            digest.update(name.encode())
            digest.update(fingerprint.encode())
        digest.update(frame_fingerprint(corrections).encode())
        return digest.hexdigest()[:16]


def derived(derive: Callable[[Tables], T]) -> Callable[[Tables], T]:
    """Turn a function of tables into one that computes its result once for each `Tables`.

    All callers share the result and must not change it. The function may call others of its kind,
    but not itself, and reads no corrections: tables that differ in them alone share the result.
    """

    @wraps(derive)
    def of(tables: Tables) -> T:
        return tables.once(derive)

    return of


def summary(derive: Callable[[Tables], T]) -> Callable[[Tables], T]:
    """As `derived`, for what takes longer the more rows a table has.

    Where the tables are large and have an `elsewhere`, it is worked out there. The result is a
    frame, a series, or what `engine.codec` reads as the function's return annotation says.
    """

    @wraps(derive)
    def of(tables: Tables) -> T:
        return tables.once(derive, away=True)

    return of


@summary
def frame_fingerprints(tables: Tables) -> dict[str, str]:
    """The fingerprint of each table's rows."""
    return {name: frame_fingerprint(tables.frames[name]) for name in tables.frames}


def frame_fingerprint(frame: pd.DataFrame) -> str:
    """A hash of a frame's column names and values, in their order."""
    digest = hashlib.sha256("\x1f".join(map(str, frame.columns)).encode())
    digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]
