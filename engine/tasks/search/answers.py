"""What a search model can be asked, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from engine.codec import Call, Count, FilledText


@dataclass(frozen=True)
class Condition:
    """A filter that every result has to fulfil (see `engine.retrieval.filters`).

    `field` is the column, `name` the value it is looked up by; a price lies from `low` to `high`.
    """

    field: str
    name: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class SearchInput:
    """A query; the best `k` products that fulfil all `filters` are wanted.

    With `near` the answer also names so many past queries that are nearest in meaning.
    """

    query: FilledText
    k: Count = 10
    filters: tuple[Condition, ...] = ()
    near: Annotated[int, Field(ge=0)] = 0


@dataclass(frozen=True)
class SearchResult:
    """A product of the recommended system's list; `rank` counts from 1."""

    rank: int
    product_id: str
    title: str
    score: float


@dataclass(frozen=True)
class SearchAnswer:
    """The products that answer a query.

    `results` are those of the recommended `system`; `systems` holds every system's product ids with
    their scores, best first. `unknown_share` is the share of the query's tokens that the encoder
    cannot express, `near` the past queries nearest in meaning.
    """

    query: str
    system: str
    results: Sequence[SearchResult]
    systems: Mapping[str, Sequence[tuple[str, float]]]
    unknown_share: float
    near: Sequence[str] = ()


@dataclass(frozen=True)
class WhyInput:
    """A product whose place for a query is to be explained."""

    query: FilledText
    product_id: str


@dataclass(frozen=True)
class SearchExplanation:
    """Why a product answers a query.

    `weights` are the query's words with what each adds to the `cosine` of query and product;
    `words` their shares in BM25. The ranks count from 1 and are None beyond the results.
    """

    weights: Sequence[tuple[str, float]]
    words: Mapping[str, float]
    cosine: float
    rank_bm25: int | None
    rank_dense: int | None


PREDICT = Call("tasks", "predict", list[SearchInput], list[SearchAnswer], "search")
EXPLAIN = Call("tasks", "explain", WhyInput, SearchExplanation, "search")
CALLS = (PREDICT, EXPLAIN)
