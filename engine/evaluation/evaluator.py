"""What a task brings so that its answers can be measured."""

from collections.abc import Mapping
from typing import Any, Protocol

import pandas as pd


class Evaluator(Protocol):
    """Measures the answers of systems on a part of a dataset.

    A task and its evaluator agree on the form of one system's answers: for classification a frame
    of probabilities per head, for rankings a list of `Ranking`, for texts a list of texts.
    """

    @property
    def primary_metric(self) -> str:
        """The metric that decides; the higher, the better."""

    def score(self, part: pd.DataFrame, outputs: Any) -> dict[str, float]:
        """The metrics of one system's answers on `part`."""

    def heldout_rows(self, part: pd.DataFrame, outputs: Mapping[str, Any]) -> pd.DataFrame:
        """The held-out frame (see `engine.evaluation.heldout`) of `part` and several systems."""


def score_systems(
    evaluator: Evaluator, part: pd.DataFrame, outputs: Mapping[str, Any]
) -> dict[str, dict[str, float]]:
    """The metrics of every system by name."""
    return {name: evaluator.score(part, answers) for name, answers in outputs.items()}
