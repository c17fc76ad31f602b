"""Measures classification: macro-F1 over the heads of a part."""

from collections.abc import Mapping

import pandas as pd

from engine.evaluation import classification
from engine.evaluation.heldout import heads_of


class ClassificationEvaluator:
    """A part holds one column `truth.<head>` per head, null where the truth is unknown.

    A system's answers are one frame of probabilities per head, rows as in the part.
    """

    primary_metric = classification.PRIMARY

    def score(self, part: pd.DataFrame, outputs: Mapping[str, pd.DataFrame]) -> dict[str, float]:
        """The figures of `engine.evaluation.classification.score_heads`."""
        return classification.score_heads({h: part[f"truth.{h}"] for h in heads_of(part)}, outputs)

    def heldout_rows(
        self, part: pd.DataFrame, outputs: Mapping[str, Mapping[str, pd.DataFrame]]
    ) -> pd.DataFrame:
        """One row per example and head with known truth; a score is 1 for the right label."""
        frames = []
        for head in heads_of(part):
            known = part[f"truth.{head}"].notna().to_numpy()
            rows = part.loc[known, ["example_id", "input"]].assign(head=head)
            rows["truth"] = part.loc[known, f"truth.{head}"]
            for name, answers in outputs.items():
                rows[name] = classification.outputs(answers[head]).to_numpy()[known]
                rows[f"{name}.score"] = (rows[name] == rows["truth"]).astype(float)
            frames.append(rows)
        return pd.concat(frames, ignore_index=True)
