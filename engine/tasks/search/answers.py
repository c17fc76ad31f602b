"""What a search model can be asked, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from engine.codec import Call, Count, FilledText

# Of one ranking.
MOST_RESULTS = 100


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

    `results` are those of `system`: the recommended one or, where the encoder cannot express most
    of the query, words alone. `systems` holds every system's product ids with their scores, best
    first. `unknown_share` is the share of the query's tokens that the encoder cannot express,
    `near` the past queries nearest in meaning.
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
    `words` their shares in BM25. The ranks count from 1 and are None beyond the results. `order`
    are the features of a learned order (`engine.tasks.search.ranker.features`) with what each adds
    to the product's place beside the query's other candidates, the largest first; empty where the
    order is not a learned one.
    """

    weights: Sequence[tuple[str, float]]
    words: Mapping[str, float]
    cosine: float
    rank_bm25: int | None
    rank_dense: int | None
    order: Sequence[tuple[str, float]] = ()


Weight = Annotated[float, Field(ge=0, le=10)]


@dataclass(frozen=True)
class FieldWeights:
    """How much words count in each field and in all together, and how much meaning counts.

    They are added to the place that words and meaning give together, which counts 1.
    """

    title: Weight = 0.0
    description: Weight = 0.0
    category: Weight = 0.0
    brand: Weight = 0.0
    attributes: Weight = 0.0
    everywhere: Weight = 0.0
    meaning: Weight = 0.0


@dataclass(frozen=True)
class WeightsAnswer:
    """nDCG@10 under weights on `queries` queries of the validation part.

    `ndcg` is that of the weights that were asked for, `plain` that without any, and
    `learned_ndcg` that of the `learned` ones, which the training part gave. `importance` are the
    features of the learned order with their shares in it, the largest first.
    """

    ndcg: float
    plain: float
    learned_ndcg: float
    learned: FieldWeights
    queries: int
    importance: Sequence[tuple[str, float]] = ()


PREDICT = Call("tasks", "predict", list[SearchInput], list[SearchAnswer], "search")
EXPLAIN = Call("tasks", "explain", WhyInput, SearchExplanation, "search")
MEASURE = Call("tasks", "measure", FieldWeights, WeightsAnswer, "search")
CALLS = (PREDICT, EXPLAIN, MEASURE)
