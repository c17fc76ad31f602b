"""The values that stand in a text, as a member of a blend."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.labelling.stated_values import stated_probabilities
from engine.storage.files import write_json

FILE = "stated.json"


@dataclass(frozen=True)
class StatedMember:
    """Answers with the label whose own words stand in the text, else by the labels' shares.

    `labels` and `shares` (parts of the training rows) by head, in the same order.
    """

    labels: Mapping[str, Sequence[str]]
    shares: Mapping[str, Sequence[float]]

    def scores(self, texts: Sequence[str]) -> dict[str, NDArray[np.float64]]:
        """The log-probabilities `(texts, labels)` of every head."""
        found = stated_probabilities(texts, self.labels, self.shares)
        return {head: np.log(np.maximum(table, 1e-6)) for head, table in found.items()}

    def save(self, folder: Path) -> None:
        """Write labels and shares into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / FILE, {"labels": self.labels, "shares": self.shares})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What `save` wrote."""
        return cls(**json.loads((folder / FILE).read_text(encoding="utf-8")))
