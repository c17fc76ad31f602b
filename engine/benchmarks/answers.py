"""How far two sides gave the same answers."""

from collections.abc import Sequence

import numpy as np


def same_scores(ours: Sequence[Sequence[float]], peer: Sequence[Sequence[float]]) -> float:
    """The share of queries for which both found equally many products with the same scores."""
    pairs = zip(ours, peer, strict=True)
    return float(np.mean([len(a) == len(b) and np.allclose(a, b, rtol=1e-4) for a, b in pairs]))


def same_products(ours: Sequence[Sequence[str]], peer: Sequence[Sequence[str]]) -> float:
    """The mean share of the peer's products that ours are too."""
    pairs = zip(ours, peer, strict=True)
    return float(np.mean([len({*a} & {*b}) / len(b) for a, b in pairs]))
