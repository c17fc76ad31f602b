"""A net whose scores are probabilities of a click."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from scipy.special import expit

from engine.tasks.interest.features import FEATURES
from engine.tasks.interest.net import InterestNet, Pairs, Vectors, log_odds


@dataclass(frozen=True)
class CalibratedNet:
    """A net of some `size` with Platt's slope and offset for each of its two systems.

    `scales` are those of `tuned`, the log-odds of interest, and of `tuned_at_place`, which adds
    what the position does.
    """

    net: InterestNet
    scales: Mapping[str, tuple[float, float]]
    size: int

    def probabilities(self, pairs: Pairs, vectors: Vectors) -> dict[str, NDArray[np.float64]]:
        """Each system's probability of a click, shape (pairs,)."""
        interest, place = log_odds(self.net, pairs, vectors)
        scores = {"tuned": interest, "tuned_at_place": interest + place}
        return {name: _scaled(values, *self.scales[name]) for name, values in scores.items()}

    def attention(self, pairs: Pairs, vectors: Vectors) -> NDArray[np.float32]:
        """How much each product of the history counts, see `InterestNet.attention`."""
        self.net.eval()
        shares: NDArray[np.float32] = self.net.attention(pairs, vectors).detach().numpy()
        return shares

    def save(self, folder: Path) -> None:
        """Write the weights of the net."""
        save_file(self.net.state_dict(), folder / "net.safetensors")

    @classmethod
    def open(cls, folder: Path, about: Mapping[str, Any], dimension: int) -> "CalibratedNet":
        """The net saved in `folder`; `about` holds its size and scales."""
        net = make_net(dimension, about["size"], 0.0)
        net.load_state_dict(load_file(folder / "net.safetensors"))
        scales = {name: (slope, offset) for name, (slope, offset) in about["scales"].items()}
        return cls(net, scales, about["size"])


def make_net(dimension: int, size: int, dropout: float) -> InterestNet:
    """A net over vectors of `dimension` that has learned nothing yet."""
    return InterestNet(dimension, len(FEATURES), size, dropout)


def _scaled(scores: NDArray[np.float64], slope: float, offset: float) -> NDArray[np.float64]:
    probabilities: NDArray[np.float64] = expit(slope * scores + offset)
    return probabilities
