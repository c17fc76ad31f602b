"""Ideas for bundles: what is bought together, how surely, and what offering it could bring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from mlxtend.frequent_patterns import association_rules, fpgrowth

from engine.tasks.cooccurrence import to_matrix

LEAST_TOGETHER = 3
MOST_ITEMS = 3
# A large shop is looked at by its newest baskets and most bought products, and asks for pairs in a
# like share of baskets: the rarest of millions of pairs are chance.
MOST_PRODUCTS, MOST_BASKETS = 1000, 50_000
LEAST_SHARE = 0.0005
DRAWS = 4000
LOW, HIGH = 5, 95
COLUMNS = ["given", "added", "together", "given_count", "support", "confidence", "lift"]


@dataclass(frozen=True)
class Offer:
    """What is assumed of an offer: shares between 0 and 1.

    `margin` is the profit in a product's price, `discount` what the offer takes off the added
    product's price, `uplift` by how much the offer raises the share of buyers who add it (0.2: from
    10 % to 12 %), from a cautious to a hopeful guess; `days` is the time it runs.
    """

    margin: float
    discount: float
    uplift: tuple[float, float]
    days: float = 30.0


@dataclass(frozen=True)
class Estimate:
    """Extra margin of an offer: the mean of its simulated outcomes, and the range of 90 %."""

    mean: float
    low: float
    high: float
    baskets: float
    """Baskets with the given products that are expected while the offer runs."""


def find_bundles(
    baskets: Sequence[Sequence[str]], least: int = LEAST_TOGETHER, most: int = 500
) -> pd.DataFrame:
    """Rules "who buys `given` adds `added`" with lift above 1, the surest first.

    `given` and `added` are tuples of product ids, `added` of one; bundles hold up to three products
    that `least` baskets or more hold together. Support is their share of all baskets, confidence
    the share of those with `given` that hold `added` too. Rules are ordered by the low end of
    the confidence's 90 % interval times log lift, so that a pair seen three times does not lead.
    Of `baskets`, in time order, the newest 50,000 are looked at, and the 1,000 products bought most
    in them; where they are many, `least` is 5 in 10,000 of them. Source: Agrawal, Imieliński and
    Swami (SIGMOD 1993); Han, Pei and Yin (SIGMOD 2000) for FP-growth.
    """
    baskets = baskets[-MOST_BASKETS:]
    least = max(least, round(LEAST_SHARE * len(baskets)))
    frame = _as_table(baskets, least)
    if frame.empty:
        return pd.DataFrame(columns=COLUMNS)
    # Half a basket below, since a share of baskets is no exact number.
    sets = fpgrowth(
        frame, min_support=(least - 0.5) / len(baskets), use_colnames=True, max_len=MOST_ITEMS
    )
    if sets.empty or sets["itemsets"].map(len).max() < 2:
        return pd.DataFrame(columns=COLUMNS)
    rules = association_rules(sets, len(frame), metric="lift", min_threshold=1.0)
    rules = rules[rules["consequents"].map(len).eq(1) & rules["lift"].gt(1)]
    total = len(baskets)
    found = pd.DataFrame(
        {
            "given": rules["antecedents"].map(lambda names: tuple(sorted(names))),
            "added": rules["consequents"].map(tuple),
            "together": (rules["support"] * total).round().astype(int),
            "given_count": (rules["antecedent support"] * total).round().astype(int),
            "support": rules["support"],
            "confidence": rules["confidence"],
            "lift": rules["lift"],
        }
    )
    rank = _cautious(found["together"], found["given_count"]) * np.log(found["lift"])
    order = np.lexsort((found["given"].map(str), -rank.to_numpy()))
    return found.iloc[order].head(most).reset_index(drop=True)


def estimate(
    rule: Mapping[str, object],
    price: float,
    span_days: float,
    offer: Offer,
    seed: int = 0,
) -> Estimate:
    """What offering `added` at a discount to who buys `given` would bring, by simulation.

    `rule` is a row of `find_bundles` and `price` that of the added product; the baskets behind it
    were bought in `span_days`. Uncertain are how many such baskets come (Poisson around the past
    rate), the share that adds the product anyway (Beta posterior of the confidence with a uniform
    prior) and the uplift (uniform between its guesses). Each added product earns its margin less
    the discount; who would have bought it anyway gets the discount too.
    """
    together, given = int(str(rule["together"])), int(str(rule["given_count"]))
    rng = np.random.default_rng(seed)
    rate = rng.gamma(given + 0.5, 1.0, DRAWS) * offer.days / max(span_days, 1.0)
    share = rng.beta(together + 1, given - together + 1, DRAWS)
    uplift = rng.uniform(*offer.uplift, DRAWS)
    coming = rng.poisson(rate)
    raised = np.minimum(share * (1 + uplift), 1.0)
    anyway = rng.binomial(coming, share)
    extra = rng.binomial(coming - anyway, (raised - share) / np.maximum(1 - share, 1e-9))
    gain = price * (extra * (offer.margin - offer.discount) - anyway * offer.discount)
    low, high = np.percentile(gain, [LOW, HIGH])
    expected = given * offer.days / max(span_days, 1.0)
    return Estimate(float(gain.mean()), float(low), float(high), float(expected))


def span_in_days(times: pd.Series) -> float | None:
    """The days from the first to the last time; None where there are none."""
    known = pd.to_datetime(times).dropna()
    if known.empty:
        return None
    return max((known.max() - known.min()).total_seconds() / 86400, 1.0)


def _as_table(baskets: Sequence[Sequence[str]], least: int) -> pd.DataFrame:
    """Baskets × products, true or false, for the products that can be in a bundle at all."""
    counts = pd.Series([name for basket in baskets for name in basket], dtype="str").value_counts()
    names = counts[counts >= least].head(MOST_PRODUCTS).index.tolist()
    if len(names) < 2:
        return pd.DataFrame()
    matrix = to_matrix(baskets, {name: column for column, name in enumerate(names)})
    columns = {
        name: pd.arrays.SparseArray(matrix[:, [place]].toarray().ravel() > 0)
        for place, name in enumerate(names)
    }
    return pd.DataFrame(columns)


def _cautious(hits: pd.Series, trials: pd.Series) -> pd.Series:
    """The low end of Wilson's 90 % interval of a share (Wilson 1927)."""
    z = 1.645
    share = hits / trials
    middle = share + z**2 / (2 * trials)
    width = z * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    return (middle - width) / (1 + z**2 / trials)
