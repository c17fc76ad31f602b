"""The inputs and answers of the interest task."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from engine.codec import Call, Count, Text
from engine.evaluation.compare import Interval
from engine.tasks.interest.reranking import ListTraits, RerankWeights


@dataclass(frozen=True, kw_only=True)
class ShopperInput:
    """A shopper and what they look for; at least one of `user_id`, `history` and `query` is needed.

    The past of `user_id` is looked up. `history` holds the ids of products acted on since then,
    oldest first, and `strengths` how much each of these acts counts (all the same without it). A
    shopper who is new has an empty history.
    """

    user_id: Text | None = None
    history: tuple[Text, ...] | None = None
    strengths: tuple[Annotated[float, Field(gt=0, strict=True)], ...] | None = None
    query: Text = ""


@dataclass(frozen=True, kw_only=True)
class InterestInput(ShopperInput):
    """The best `k` products for a shopper are wanted, of those `among` or of the whole catalog.

    `weights` reorder them; with `why` each comes with its reason.
    """

    k: Count = 10
    among: tuple[Text, ...] | None = None
    weights: RerankWeights = field(default_factory=RerankWeights)
    why: bool = False


@dataclass(frozen=True, kw_only=True)
class WhyInput(ShopperInput):
    """A product whose score for a shopper is to be explained."""

    product_id: Text


@dataclass(frozen=True)
class Facts:
    """The features of a product (`engine.tasks.interest.features`), with rates as rates.

    `query` is the cosine of query and product and `query_z` the same in standard deviations of the
    catalog. `popularity` is the smoothed share of looks that became clicks, `query_ctr` the same
    among looks for this query, `price_z` how expensive the product is for its category. The others
    compare it with the history: mean cosine, that of the `nearest` product, the shares of the same
    brand and category, how near the prices are (0 at most), and how much history there is
    (`history_weight`). `clicks` counts the clicks so far.
    """

    query: float
    query_z: float
    popularity: float
    query_ctr: float
    price_z: float
    history: float
    nearest: float
    brand: float
    category: float
    price: float
    history_weight: float
    clicks: float


@dataclass(frozen=True)
class Reason:
    """Why a product is on a list.

    `because` holds up to three places of the answer's history with their shares, the largest first;
    `nearest` the place of the product most similar by text with its similarity (0 to 1), or None.
    """

    because: Sequence[tuple[int, float]]
    nearest: tuple[int, float] | None
    facts: Facts


@dataclass(frozen=True)
class InterestResult:
    """A product of the list; `rank` counts from 1, and `was` is its rank without the weights.

    `score` is the probability of a click where the model was trained, else closeness. The `reason`
    is there if the input wanted it.
    """

    rank: int
    product_id: str
    title: str
    score: float
    was: int
    reason: Reason | None = None


@dataclass(frozen=True)
class PastProduct:
    """A product that the shopper acted on; `strength` is how much the act counts."""

    product_id: str
    title: str
    strength: float


@dataclass(frozen=True)
class InterestAnswer:
    """What a shopper most likely wants.

    `history` is what the answer rests on, oldest first, without products that the catalog lacks;
    `cold` says that it is empty. `like` describes the first places of the list, `plain` those of
    the list without the weights.
    """

    query: str
    system: str
    cold: bool
    history: Sequence[PastProduct]
    results: Sequence[InterestResult]
    like: ListTraits
    plain: ListTraits


@dataclass(frozen=True)
class InterestExplanation:
    """Why a shopper may want a product.

    `weights` are the titles of the history with their attention, oldest first; they add up to 1.
    `score` is that of the recommended `system`, `most` the product of the history with the largest
    weight, or None.
    """

    weights: Sequence[tuple[str, float]]
    facts: Facts
    system: str
    score: float
    most: str | None


@dataclass(frozen=True)
class TradeoffsInput:
    """The weights whose tradeoff is to be measured on a run's held-out pages."""

    weights: tuple[RerankWeights, ...]


@dataclass(frozen=True)
class Tradeoff:
    """What `weights` cost in nDCG@10 (`before` to `after`, `interval` of the difference).

    `was` and `now` describe the first places of the lists without and with them.
    """

    weights: RerankWeights
    before: float
    after: float
    interval: Interval
    was: ListTraits
    now: ListTraits


PREDICT = Call("tasks", "predict", list[InterestInput], list[InterestAnswer], "interest")
EXPLAIN = Call("tasks", "explain", WhyInput, InterestExplanation, "interest")
MEASURE = Call("tasks", "measure", TradeoffsInput, list[Tradeoff], "interest")
CALLS = (PREDICT, EXPLAIN, MEASURE)
