"""How useful recommended lists are beyond their order: hits, coverage and novelty."""

from collections.abc import Mapping, Sequence

import numpy as np

from engine.evaluation.ranking import Qrels
from engine.ranking import Ranking

DEPTH = 10


def score_lists(
    truth: Sequence[Qrels], rankings: Sequence[Ranking], popularity: Mapping[str, float]
) -> dict[str, float]:
    """Hit rate, coverage and novelty of the first ten of each list.

    `popularity` gives, for every product of the catalog, the share of baskets (above 0) that it is
    expected in. `hr@10` is the share of lists with a relevant product, `coverage@10` the share of
    the catalog that appears in any list, `novelty@10` the mean −log2(popularity) of the listed
    products: a product in every second basket has novelty 1. Source: Vargas and Castells (RecSys
    2011).
    """
    lists = [list(ranking.product_ids[:DEPTH]) for ranking in rankings]
    hits = [
        any(qrels.get(name, 0) > 0 for name in names)
        for qrels, names in zip(truth, lists, strict=True)
    ]
    listed = [name for names in lists for name in names]
    surprises = [-np.log2(popularity[name]) for name in listed]
    return {
        "hr@10": float(np.mean(hits)) if hits else float("nan"),
        "coverage@10": len(set(listed)) / max(len(popularity), 1),
        "novelty@10": float(np.mean(surprises)) if surprises else float("nan"),
    }
