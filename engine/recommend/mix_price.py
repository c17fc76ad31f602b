"""What a more varied, less obvious or fresher order costs, on pages that no model had seen."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from engine.errors import InputError
from engine.evaluation.compare import Interval, paired_interval
from engine.evaluation.heldout import RANKING_HEAD
from engine.evaluation.ranking import PRIMARY, score_each
from engine.recommend.rerank import Candidates, Floats, Mix, describe, rerank
from engine.retrieval.ranking import Ranking

# A page shows about as many products as are measured, so what its top is like is told by its half.
FIRST = 5
_KNOWN = ("known.novelty", "known.age")


@dataclass(frozen=True)
class Price:
    """What a mix costs on nDCG@10 (`before` to `after`, `interval` of the difference).

    `was` and `now` describe the first `FIRST` products (`engine.recommend.rerank.describe`).
    """

    mix: Mix
    before: float
    after: float
    interval: Interval
    was: dict[str, float]
    now: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """The price as a plain dict."""
        return asdict(self)


@dataclass(frozen=True)
class _Page:
    product_ids: Sequence[str]
    qrels: dict[str, int]
    found: Candidates


def measure(
    heldout: pd.DataFrame,
    system: str,
    mixes: Sequence[Mix],
    likeness: Callable[[Sequence[str]], Floats],
) -> list[Price]:
    """The price of each mix on the held-out pages of a run.

    Raises InputError for a run that kept no chances (an older one).
    """
    if not {f"{system}.chances", *_KNOWN} <= set(heldout):
        raise InputError("interest.no_chances")
    pages = list(_pages(heldout, system, likeness))
    before = _order(pages, Mix())
    plain = _score(pages, before)
    was = _describe(pages, before)
    prices = []
    for mix in mixes:
        places = _order(pages, mix)
        after = _score(pages, places)
        scores = pd.DataFrame(
            {
                "example_id": range(len(pages)), "head": RANKING_HEAD,
                "mixed.score": after, "plain.score": plain,
            }
        )  # fmt: skip
        prices.append(
            Price(
                mix, float(np.nanmean(plain)), float(np.nanmean(after)),
                paired_interval(scores, "mixed", "plain"), was, _describe(pages, places),
            )
        )  # fmt: skip
    return prices


def _pages(
    heldout: pd.DataFrame, system: str, likeness: Callable[[Sequence[str]], Floats]
) -> Iterator[_Page]:
    columns = ("truth", f"{system}.chances", *_KNOWN)
    for row in zip(*(heldout[name].map(json.loads) for name in columns), strict=True):
        qrels, chances, novelty, age = row
        try:
            alike = likeness(list(chances))
        except KeyError:
            # The catalog was loaded anew since, without a product of this page.
            continue
        names = sorted(chances, key=lambda name: (-chances[name], name))
        order = [list(chances).index(name) for name in names]
        wanted, new, old = (
            np.array([of[name] for name in names]) for of in (chances, novelty, age)
        )
        found = Candidates(wanted, new, old, alike[np.ix_(order, order)])
        yield _Page(names, qrels, found)


def _order(pages: Sequence[_Page], mix: Mix) -> list[Any]:
    return [rerank(page.found, mix, len(page.product_ids)) for page in pages]


def _score(pages: Sequence[_Page], places: Sequence[Any]) -> Any:
    rankings = [
        Ranking([page.product_ids[place] for place in order], [0.0] * len(order))
        for page, order in zip(pages, places, strict=True)
    ]
    return score_each([page.qrels for page in pages], rankings)[PRIMARY].to_numpy()


def _describe(pages: Sequence[_Page], places: Sequence[Any]) -> dict[str, float]:
    rows = [describe(page.found, order, FIRST) for page, order in zip(pages, places, strict=True)]
    return {str(name): float(value) for name, value in pd.DataFrame(rows).mean().items()}
