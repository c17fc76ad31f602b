"""Labelled texts that a classifier learns from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True)
class Examples:
    """Texts with, for each head, one label number (-1 for none) and one weight per text."""

    texts: Sequence[str]
    labels: Mapping[str, NDArray[np.int64]]
    weights: Mapping[str, NDArray[np.float64]]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which texts have a label of any head."""
        labelled: NDArray[np.bool_] = np.any([codes >= 0 for codes in self.labels.values()], axis=0)
        return labelled

    @property
    def labelled(self) -> "Examples":
        """The examples that have a label."""
        return self.take(np.flatnonzero(self.known))

    def take(self, rows: NDArray[np.intp]) -> "Examples":
        """The examples of the given row numbers."""
        return Examples(
            [self.texts[row] for row in rows],
            {head: codes[rows] for head, codes in self.labels.items()},
            {head: values[rows] for head, values in self.weights.items()},
        )


def heads_of(frame: pd.DataFrame) -> list[str]:
    """The heads that a frame of examples has truths for."""
    return [name.removeprefix("truth.") for name in map(str, frame) if name.startswith("truth.")]


def choose_examples(part: pd.DataFrame, most: int, seed: int, unlabelled: int = 0) -> pd.DataFrame:
    """At most `most` labelled rows, those with truths first and otherwise drawn by `seed`.

    They are followed by at most `unlabelled` rows without a label.
    """
    heads = heads_of(part)
    weight = part[[f"weight.{head}" for head in heads]].sum(axis=1).to_numpy()
    ties = np.random.default_rng(seed).random(len(part))
    order = np.lexsort((ties, -weight))
    labelled, others = order[weight[order] > 0][:most], order[weight[order] == 0][:unlabelled]
    return part.iloc[np.concatenate([np.sort(labelled), np.sort(others)])]


def known_counts(part: pd.DataFrame) -> Mapping[str, int]:
    """How many rows have a truth, by head."""
    return {head: int(part[f"truth.{head}"].notna().sum()) for head in heads_of(part)}


def examples_of(part: pd.DataFrame, labels: Mapping[str, list[str]]) -> Examples:
    """The labels to learn from, as positions in each head's `labels`."""
    return Examples(
        part["input"].tolist(),
        {
            head: pd.Index(names).get_indexer(pd.Index(part[f"label.{head}"])).astype(np.int64)
            for head, names in labels.items()
        },
        {head: part[f"weight.{head}"].to_numpy(dtype=float) for head in labels},
    )
