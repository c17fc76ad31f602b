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
    """A part holds `qrels`: of each example, the grades of the products that are judged.

    A system's answers are one `Ranking` per row. `popularity` is given where lists are recommended:
    every product with the share of baskets that it is expected in. Then hits, coverage and novelty
    are measured too, and what asks for judgments of the other products is left out: what a basket
    held beside the hidden product is none.
    """

    primary_metric = ranking.PRIMARY

    def __init__(self, popularity: Mapping[str, float] | None = None) -> None:
        self.popularity = popularity

    def score(self, part: pd.DataFrame, outputs: Sequence[Ranking]) -> dict[str, float]:
        """The means of `ranking.score_each`; of chances also AUC, log loss, calibration error."""
        truth = list(part["qrels"])
        metrics = ranking.score(truth, outputs)
        chances = [one for one in outputs if isinstance(one, Chances)]
        if chances and len(chances) == len(outputs):
            metrics |= score_chances(truth, chances)
        if not self.popularity:
            return metrics
        fair = {name: value for name, value in metrics.items() if name in ranking.MEASURES}
        return fair | score_lists(truth, outputs, self.popularity)

    def heldout_rows(
        self, part: pd.DataFrame, outputs: Mapping[str, Sequence[Ranking]]
    ) -> pd.DataFrame:
        """One row per example with each system's first ten products; a score is its nDCG@10."""
        truth: list[Qrels] = list(part["qrels"])
        rows = part[["example_id", "input"]].assign(head=RANKING_HEAD).reset_index(drop=True)
        rows["truth"] = [json.dumps(dict(sorted(qrels.items()))) for qrels in truth]
        for name, rankings in outputs.items():
            rows[name] = [json.dumps(list(one.product_ids[:SHOWN])) for one in rankings]
            scores = ranking.score_each(truth, rankings)[ranking.PRIMARY]
            rows[f"{name}.score"] = scores.to_numpy()
            if rankings and all(isinstance(one, Chances) for one in rankings):
                rows[f"{name}.chances"] = [
                    _chances(one, qrels) for one, qrels in zip(rankings, truth, strict=True)
                ]
        for name in (name for name in map(str, part) if name.startswith(KNOWN)):
            rows[name] = list(part[name])
        return rows


def _chances(ranking: Ranking, qrels: Qrels) -> str:
    pairs = zip(ranking.product_ids, ranking.scores, strict=True)
    return json.dumps({name: round(chance, 5) for name, chance in pairs if name in qrels})
