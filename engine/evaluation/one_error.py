"""Choosing among systems so that luck does not choose: the one-standard-error rule."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def choose_simplest(scores: Mapping[str, NDArray[np.floating]], order: Sequence[str]) -> str:
    """The first of `order` that is within a standard error of the best.

    `scores` are each system's on the same examples, the higher the better; an example that has none
    is NaN in all. `order` names the systems from the simplest on, those that `scores` lacks are
    passed over. What the examples cannot tell apart is then decided by what is simpler (Breiman et
    al. 1984, section 3.4.3), and the error is that of the paired difference. Without examples the
    first is chosen.
    """
    systems = [name for name in order if name in scores]
    means = {name: float(np.nanmean(scores[name])) for name in systems if len(scores[name])}
    if not means or not all(np.isfinite(mean) for mean in means.values()):
        return systems[0]
    best = max(systems, key=lambda name: means[name])
    return next(
        name for name in systems if means[best] - means[name] <= _error(scores[best], scores[name])
    )


def _error(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """The standard error of the mean difference of two systems on the same examples."""
    gaps = (one - other)[~np.isnan(one - other)]
    return float(np.std(gaps, ddof=1) / np.sqrt(len(gaps))) if len(gaps) > 1 else float("inf")
