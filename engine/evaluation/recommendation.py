"""What a list of recommendations is worth beyond its order: hits, coverage, novelty."""

from collections.abc import Mapping, Sequence

import numpy as np

from engine.evaluation.ranking import Qrels
from engine.ranking import Ranking

DEPTH = 10


def score_lists(
    truth: Sequence[Qrels], rankings: Sequence[Ranking], popularity: Mapping[str, float]
) -> dict[str, float]:
    """Hit rate, coverage and novelty of the first ten of each list.

    `popularity` holds every product of the catalog with the share of baskets (above 0) that it is
    expected in. `hr@10` is the share of lists that hold something relevant, `coverage@10` the share
    of the catalog that any list shows, `novelty@10` the mean −log2(popularity) of what is shown: a
    product in every second basket has novelty 1. Source: Vargas and Castells (RecSys 2011).
    """
    shown = [list(ranking.product_ids[:DEPTH]) for ranking in rankings]
    hits = [
        any(qrels.get(name, 0) > 0 for name in names)
        for qrels, names in zip(truth, shown, strict=True)
    ]
    every = [name for names in shown for name in names]
    return {
        "hr@10": float(np.mean(hits)) if hits else float("nan"),
        "coverage@10": len(set(every)) / max(len(popularity), 1),
        "novelty@10": float(np.mean([-np.log2(popularity[name]) for name in every]))
        if every
        else float("nan"),
    }
