"""What an interest model can be asked, and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from engine.codec import Call, Count, Text
from engine.evaluation.compare import Interval
from engine.tasks.interest.diversify import ListTraits, Mix


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

    `mix` reorders them; with `why` each comes with its reason.
    """

    k: Count = 10
    among: tuple[Text, ...] | None = None
    mix: Mix = field(default_factory=Mix)
    why: bool = False


@dataclass(frozen=True, kw_only=True)
class WhyInput(ShopperInput):
    """A product whose chance with a shopper is to be explained."""

    product_id: Text


@dataclass(frozen=True)
class Facts:
    """What is known of a product beside its text (`engine.tasks.interest.features`).

    `query` is the cosine of query and product and `fit` the same in standard deviations of the
    catalog. `popularity` is the smoothed share of looks that became clicks, `asked` the same as an
    answer to this query, `dearness` how expensive the product is for its category. The others
    compare it with the history: mean cosine, that of the `nearest` product, the shares of the same
    brand and category, how near the prices are (0 at most), and how much history there is. `clicks`
    counts the clicks so far.
    """

    query: float
    fit: float
    popularity: float
    asked: float
    dearness: float
    history: float
    nearest: float
    brand: float
    category: float
    price: float
    known: float
    clicks: float


@dataclass(frozen=True)
class Reason:
    """Why a product is on a list.

    `because` holds up to three places of the answer's history with their shares, the largest first;
    `alike` the place of the product nearest by text with its similarity (0 to 1), or None.
    """

    because: Sequence[tuple[int, float]]
    alike: tuple[int, float] | None
    facts: Facts


@dataclass(frozen=True)
class InterestResult:
    """A product of the list; `rank` counts from 1, and `was` is its rank without the mix.

    `score` is the chance of a click where the model was trained, else closeness. The `reason` is
    there if it was asked for.
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
    the list without the mix.
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
class MixesInput:
    """The mixes whose price is to be measured on a run's held-out pages."""

    mixes: tuple[Mix, ...]


@dataclass(frozen=True)
class Price:
    """What a mix costs on nDCG@10 (`before` to `after`, `interval` of the difference).

    `was` and `now` describe the first places of the lists without and with it.
    """

    mix: Mix
    before: float
    after: float
    interval: Interval
    was: ListTraits
    now: ListTraits


PREDICT = Call("tasks", "predict", list[InterestInput], list[InterestAnswer], "interest")
EXPLAIN = Call("tasks", "explain", WhyInput, InterestExplanation, "interest")
MEASURE = Call("tasks", "measure", MixesInput, list[Price], "interest")
CALLS = (PREDICT, EXPLAIN, MEASURE)
