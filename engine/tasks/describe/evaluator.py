"""Measures texts about products: the share that is true and tells more than the title."""

from collections.abc import Mapping, Sequence

import pandas as pd

from engine.evaluation.heldout import TEXT_HEAD
from engine.tasks.describe import metrics


class TextEvaluator:
    """A part holds `evidence` (what a text may say) and `reference` (the shop's own text, or "").

    A system's answers are one text per row.
    """

    primary_metric = metrics.PRIMARY

    def score(self, part: pd.DataFrame, outputs: Sequence[str]) -> dict[str, float]:
        """The figures of `engine.tasks.describe.metrics.score`."""
        return metrics.score(part, outputs)

    def heldout_rows(
        self, part: pd.DataFrame, outputs: Mapping[str, Sequence[str]]
    ) -> pd.DataFrame:
        """One row per product with each system's text; a score is 1 if the text is informative."""
        rows = part[["example_id", "input"]].assign(head=TEXT_HEAD).reset_index(drop=True)
        rows["truth"] = list(part["reference"])
        for name, texts in outputs.items():
            rows[name] = list(texts)
            rows[f"{name}.score"] = [
                float(verdict.informative) for verdict in metrics.judge_all(part, texts)
            ]
        return rows
