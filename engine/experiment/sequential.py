"""Intervals that stay right however often one looks, beside those that hold for one look only.

With an estimate d of the difference and its variance V, the mixture sequential probability ratio
test against 0 under a normal mixture of variance τ² is

    Λ = √(V / (V + τ²)) · exp(τ² d² / (2 V (V + τ²)))

Under no difference Λ ever passes 1/α with a chance of at most α (Ville 1939; Robbins 1970; Johari,
Koomen, Pekelis and Walsh 2017, section 4). All differences that Λ does not reject are the interval

    d ± √(V (V + τ²) / τ² · log((V + τ²) / (V α²)))

(Howard, Ramdas, McAuliffe and Sekhon 2021, section 3.2). V is estimated from the data, so the
promise holds from a few hundred shoppers on.
"""

import functools

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.stats import norm

Floats = NDArray[np.float64]


@functools.cache
def mixture_ratio(alpha: float) -> float:
    """τ² / V that makes the always-valid interval narrowest at the look with variance V."""
    best = minimize_scalar(
        lambda log_ratio: _squared_width(float(np.exp(log_ratio)), alpha),
        bounds=(-5.0, 10.0),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(np.exp(best.x))


def mixture_variance(planned: float, alpha: float) -> float:
    """τ² for a test whose planned end has the variance `planned`."""
    return mixture_ratio(alpha) * planned


def fixed_half_width(variance: Floats | float, alpha: float) -> Floats:
    """Half the interval that holds for one look, chosen beforehand."""
    return np.asarray(norm.isf(alpha / 2) * np.sqrt(variance))


def always_valid_half_width(variance: Floats | float, mixture: float, alpha: float) -> Floats:
    """Half the interval that holds at all looks together; `mixture` is τ²."""
    v = np.asarray(variance, dtype=float)
    spread = v * (v + mixture) / mixture
    return np.asarray(np.sqrt(spread * np.log((v + mixture) / (v * alpha**2))))


def _squared_width(ratio: float, alpha: float) -> float:
    return float((1 + ratio) / ratio * np.log((1 + ratio) / alpha**2))
