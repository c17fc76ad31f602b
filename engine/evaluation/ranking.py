"""How good rankings are, measured with ir-measures (linear gains, as trec_eval does)."""

from collections.abc import Mapping, Sequence

import ir_measures
import numpy as np
import pandas as pd
from ir_measures import RR, R, nDCG

from engine.ranking import Ranking

PRIMARY = "ndcg@10"
MEASURES = {PRIMARY: nDCG @ 10, "recall@50": R @ 50, "mrr@10": RR @ 10}
JUDGED = "judged@10"
JUDGED_ONLY = "ndcg@10_judged"

Qrels = Mapping[str, int]


def score_each(truth: Sequence[Qrels], rankings: Sequence[Ranking]) -> pd.DataFrame:
    """Every measure for every query, in order; NaN for a query without a relevant product.

    A product without a judgment counts as 0. `ndcg@10_judged` ranks only the judged products, which
    is fairer to systems that find products the judges never saw; `judged@10` is the share of the
    first ten that were judged. Source: Järvelin and Kekäläinen (2002) for nDCG.
    """
    columns = [*MEASURES, JUDGED, JUDGED_ONLY]
    # Cell by cell, a frame takes longer to fill than the measures to compute.
    cells = np.full((len(truth), len(columns)), np.nan)
    scored = [row for row, qrels in enumerate(truth) if any(grade > 0 for grade in qrels.values())]
    if not scored:
        return pd.DataFrame(cells, columns=columns)
    qrels_by_query = {str(row): dict(truth[row]) for row in scored}
    runs = {str(row): _run(rankings[row]) for row in scored}
    judged_runs = {
        str(row): {name: score for name, score in runs[str(row)].items() if name in truth[row]}
        for row in scored
    }
    cells[scored] = 0.0
    places = {measure: columns.index(name) for name, measure in MEASURES.items()}
    for metric in ir_measures.iter_calc(list(MEASURES.values()), qrels_by_query, runs):
        cells[int(metric.query_id), places[metric.measure]] = metric.value
    for metric in ir_measures.iter_calc([nDCG @ 10], qrels_by_query, judged_runs):
        cells[int(metric.query_id), columns.index(JUDGED_ONLY)] = metric.value
    for row in scored:
        top = rankings[row].product_ids[:10]
        shown = sum(name in truth[row] for name in top) / max(len(top), 1)
        cells[row, columns.index(JUDGED)] = shown
    return pd.DataFrame(cells, columns=columns)


def score(truth: Sequence[Qrels], rankings: Sequence[Ranking]) -> dict[str, float]:
    """The mean of every measure over the queries that have a relevant product."""
    return {str(name): float(value) for name, value in score_each(truth, rankings).mean().items()}


def _run(ranking: Ranking) -> dict[str, float]:
    # Ranks instead of scores, because ir-measures would reorder products with equal scores.
    return {product_id: -float(rank) for rank, product_id in enumerate(ranking.product_ids)}
