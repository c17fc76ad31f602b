"""Choosing among systems so that luck does not choose: the one-standard-error rule."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

# The standard error of fewer says nothing: two examples may agree by luck.
FEWEST_EXAMPLES = 8


def choose_simplest(scores: Mapping[str, NDArray[np.floating]], order: Sequence[str]) -> str:
    """The first of `order` that is within a standard error of the best.

    `scores` are each system's on the same examples, the higher the better; an example that has none
    is NaN in all. `order` names the systems from the simplest on, those that `scores` lacks are
    passed over. What the examples cannot tell apart is then decided by what is simpler (Breiman et
    al. 1984, section 3.4.3), and the error is that of the paired difference. With fewer than
    `FEWEST_EXAMPLES` that have a score the first is chosen.
    """
    systems = [name for name in order if name in scores]
    if any(np.isfinite(scores[name]).sum() < FEWEST_EXAMPLES for name in systems):
        return systems[0]
    means = {name: float(np.nanmean(scores[name])) for name in systems}
    best = max(systems, key=lambda name: means[name])
    return next(
        name for name in systems if means[best] - means[name] <= _error(scores[best], scores[name])
    )


def _error(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """The standard error of the mean difference of two systems on the same examples."""
    gaps = (one - other)[~np.isnan(one - other)]
    return float(np.std(gaps, ddof=1) / np.sqrt(len(gaps)))
