"""A filter that a query states, and the query that is left without it."""

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.claims.lexicon import forms_of

Kind = Literal["brand", "category", "price", "colour", "attribute"]

# Words and signs that are left loose at either end of a query when filters are cut out of it.
_LOOSE_START = re.compile(r"(?i)(?:[\s,;.，。、的色或]|(?:in|by|from|with|and|or|of|for)\s)*")
_LOOSE_END = re.compile(
    r"(?i)(?:[\s,;.，。、的或]|\s(?:in|by|from|with|and|or|of|for|at|a|the|color|colour|priced?))$"
)
_LONGEST_LOOSE = len(" colour")


@dataclass(frozen=True)
class Filter:
    """One condition that a query states, at `query[start:end]`.

    `field` is `brand`, `category`, `price` or an attribute's column. `value` is the value in the
    shop's own spelling (empty for a price), `name` the key it is looked up by. A price lies between
    `low` and `high`.
    """

    kind: Kind
    field: str
    value: str
    name: str
    start: int
    end: int
    low: float = 0.0
    high: float = math.inf

    @property
    def mark(self) -> str:
        """A key for this condition that stays the same in any query."""
        return f"{self.field}={self.name}"

    def as_json(self) -> dict[str, Any]:
        """What `FilterReader.keep` takes; a price without an upper limit has None as `high`."""
        high = None if math.isinf(self.high) else self.high
        return {"field": self.field, "name": self.name, "low": self.low, "high": high}


@dataclass(frozen=True)
class ParsedQuery:
    """A query and the filters that it states, in the order they are written in."""

    query: str
    filters: Sequence[Filter]

    def rest(self, off: Collection[str] = ()) -> str:
        """The query without its filters, except those whose marks are in `off`.

        A category stays in the query, because it also says what to look for. A query that consists
        of nothing but filters stays whole.
        """
        spans = [
            (part.start, part.end)
            for part in self.filters
            if part.mark not in off and part.kind != "category"
        ]
        if not spans:
            return self.query
        kept, here = [], 0
        for start, end in spans:
            kept.append(self.query[here:start])
            here = end
        kept.append(self.query[here:])
        left = _trim(" ".join(" ".join(kept).split()))
        return left if forms_of(left) else self.query


def _trim(text: str) -> str:
    start = _LOOSE_START.match(text)
    first, last = start.end() if start else 0, len(text)
    while loose := _LOOSE_END.search(text, max(first, last - _LONGEST_LOOSE), last):
        last = loose.start()
    return text[first:last]
