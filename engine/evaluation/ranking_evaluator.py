"""Measures rankings: nDCG@10 against the grades of a part."""

import json
from collections.abc import Mapping, Sequence

import pandas as pd

from engine.evaluation import ranking
from engine.evaluation.chances import score_chances
from engine.evaluation.heldout import KNOWN, RANKING_HEAD, SHOWN
from engine.evaluation.ranking import Qrels
from engine.evaluation.recommendation import score_lists
from engine.ranking import Chances, Ranking


class RankingEvaluator:
    """Scores parts that hold `qrels`: for each example, the grades of its judged products.

    A system's answers are one `Ranking` per row. For recommended lists, `popularity` gives the
    share of baskets that each product is expected in. Hits, coverage and novelty are then measured
    too, but not the measures that need judgments of the other products: the rest of a basket is no
    judgment.
    """

    primary_metric = ranking.PRIMARY

    def __init__(self, popularity: Mapping[str, float] | None = None) -> None:
        self.popularity = popularity

    def score(self, part: pd.DataFrame, outputs: Sequence[Ranking]) -> dict[str, float]:
        """The means of `ranking.score_each`, and `score_chances` for click probabilities."""
        truth = list(part["qrels"])
        metrics = ranking.score(truth, outputs)
        chances = [answer for answer in outputs if isinstance(answer, Chances)]
        if chances and len(chances) == len(outputs):
            metrics |= score_chances(truth, chances)
        if not self.popularity:
            return metrics
        independent = {name: value for name, value in metrics.items() if name in ranking.MEASURES}
        return independent | score_lists(truth, outputs, self.popularity)

    def heldout_rows(
        self, part: pd.DataFrame, outputs: Mapping[str, Sequence[Ranking]]
    ) -> pd.DataFrame:
        """One row per example with each system's first ten products and, as score, its nDCG@10."""
        truth: list[Qrels] = list(part["qrels"])
        rows = part[["example_id", "input"]].assign(head=RANKING_HEAD).reset_index(drop=True)
        rows["truth"] = [json.dumps(dict(sorted(qrels.items()))) for qrels in truth]
        for name, rankings in outputs.items():
            rows[name] = [json.dumps(list(answer.product_ids[:SHOWN])) for answer in rankings]
            scores = ranking.score_each(truth, rankings)[ranking.PRIMARY]
            rows[f"{name}.score"] = scores.to_numpy()
            if rankings and all(isinstance(answer, Chances) for answer in rankings):
                rows[f"{name}.chances"] = [
                    _chances(answer, qrels) for answer, qrels in zip(rankings, truth, strict=True)
                ]
        for name in (name for name in map(str, part) if name.startswith(KNOWN)):
            rows[name] = list(part[name])
        return rows


def _chances(ranking: Ranking, qrels: Qrels) -> str:
    pairs = zip(ranking.product_ids, ranking.scores, strict=True)
    return json.dumps({name: round(chance, 5) for name, chance in pairs if name in qrels})
