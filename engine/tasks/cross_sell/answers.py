"""What a cross-sell model can be asked, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.codec import Call, Count, Text


@dataclass(frozen=True)
class CrossSellInput:
    """A basket of product ids; the best `k` further products are wanted."""

    basket: tuple[Text, ...]
    k: Count = 10


@dataclass(frozen=True)
class Reason:
    """Why a product may go with a basket, in figures.

    `met` is the basket's product that it was bought with most often (by lift where equal),
    `together` in how many baskets, `lift` and `confidence` those of the pair. `alike` is the
    basket's product nearest by text, with its `closeness`. `categories` are the two leaf categories
    that go together best, with their `category_lift`, or None. `bought` counts the baskets that
    hold the product.
    """

    met: str
    together: int
    lift: float
    confidence: float
    bought: int
    alike: str
    closeness: float
    categories: tuple[str, str] | None
    category_lift: float


@dataclass(frozen=True)
class Complement:
    """A product that goes with the basket; `rank` counts from 1."""

    rank: int
    product_id: str
    title: str
    score: float
    reason: Reason


@dataclass(frozen=True)
class Substitute:
    """A product that could replace the product `of` the basket.

    `looks` counts the sessions that looked at both, `closeness` is that of their texts.
    """

    product_id: str
    title: str
    of: str
    looks: int
    closeness: float


@dataclass(frozen=True)
class CrossSellAnswer:
    """What goes with a basket.

    `basket` holds the products that the catalog knows, `unknown` the others. `results` are those of
    the recommended `system`; `systems` holds every system's product ids with their scores.
    """

    basket: Sequence[str]
    unknown: Sequence[str]
    system: str
    results: Sequence[Complement]
    systems: Mapping[str, Sequence[tuple[str, float]]]
    substitutes: Sequence[Substitute]


@dataclass(frozen=True)
class WhyInput:
    """A product whose place beside a basket is to be explained."""

    basket: tuple[Text, ...]
    product_id: str


@dataclass(frozen=True)
class CrossSellExplanation:
    """What each product of the basket adds to a product's score under the recommended `system`.

    `weights` are the basket's titles with their shares, `ranks` every system's place for the
    product, None beyond the catalog; `parts` what each model adds where the system is a blend.
    """

    weights: Sequence[tuple[str, float]]
    reason: Reason
    system: str
    ranks: Mapping[str, int | None]
    parts: Mapping[str, float] = field(default_factory=dict)


PREDICT = Call("tasks", "predict", list[CrossSellInput], list[CrossSellAnswer], "cross_sell")
EXPLAIN = Call("tasks", "explain", WhyInput, CrossSellExplanation, "cross_sell")
CALLS = (PREDICT, EXPLAIN)
