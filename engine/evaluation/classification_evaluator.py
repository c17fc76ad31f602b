"""Measures classification: macro-F1 over the heads of a part."""

from collections.abc import Mapping

import pandas as pd

from engine.evaluation import classification
from engine.labelling.labelled_texts import heads_of


class ClassificationEvaluator:
    """Scores parts that hold one column `truth.<head>` per head, null where there is no truth.

    A system's answers are one frame of probabilities per head, with the same rows as the part.
    """

    primary_metric = classification.PRIMARY

    def score(self, part: pd.DataFrame, outputs: Mapping[str, pd.DataFrame]) -> dict[str, float]:
        """The figures of `engine.evaluation.classification.score_heads`."""
        truths = {head: part[f"truth.{head}"] for head in heads_of(part)}
        return classification.score_heads(truths, outputs)

    def heldout_rows(
        self, part: pd.DataFrame, outputs: Mapping[str, Mapping[str, pd.DataFrame]]
    ) -> pd.DataFrame:
        """One row per example and head that has a truth; the score of the right label is 1."""
        frames = []
        for head in heads_of(part):
            labelled = part[f"truth.{head}"].notna().to_numpy()
            rows = part.loc[labelled, ["example_id", "input"]].assign(head=head)
            rows["truth"] = part.loc[labelled, f"truth.{head}"]
            for name, answers in outputs.items():
                rows[name] = classification.outputs(answers[head]).to_numpy()[labelled]
                rows[f"{name}.score"] = (rows[name] == rows["truth"]).astype(float)
                rows[f"{name}.confidence"] = answers[head].max(axis=1).to_numpy()[labelled]
            frames.append(rows)
        return pd.concat(frames, ignore_index=True)
