"""Weights that are found by trying: each in turn, while the others stand still."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

# How often all weights are gone through.
PASSES = 2

Floats = NDArray[np.float32]


def climb(
    weights: Floats,
    steps: Sequence[float],
    measure: Callable[[Floats], float],
    least_gain: float = 0.0,
) -> Floats:
    """The weights from which `measure` gains most, starting at `weights`.

    Each takes the value of `steps` that does best while the others stand still, if it gains more
    than `least_gain`. Source: coordinate ascent, Metzler and Croft (2007).
    """
    best = measure(weights)
    for _ in range(PASSES):
        for place in range(len(weights)):
            for step in steps:
                tried = weights.copy()
                tried[place] = step
                value = measure(tried)
                if value > best + least_gain:
                    best, weights = value, tried
    return weights
