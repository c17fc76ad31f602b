"""What it would be worth to know more before deciding.

The decision is whether to go ahead; not going ahead is worth 0. With v the value of a case:

    EVPI      = E[max(v, 0)] - max(E[v], 0)                      everything known
    EVPPI(x)  = E[max(E[v | x], 0)] - max(E[v], 0)               one input known
    EVSI      = E[max(E[v | y], 0)] - max(E[v], 0)               the result y of an experiment known

(Raiffa and Schlaifer 1961; Strong, Oakley and Brennan 2014.) The inputs are independent and v is
linear in each of them while the others stay, so E[v | x] is a line in x, which is fitted to the
draws.
"""

from collections.abc import Mapping

import numpy as np

from engine.case.simulation import CaseOutcome, Floats

# Quantiles of the uplift that stand for its draws, and nodes of the error's quadrature.
_QUANTILES, _NODES = 400, 15
_SMALLEST = 1e-18


def perfect_information(value: Floats) -> float:
    """EVPI: the most that any measurement could be worth."""
    return float(np.maximum(value, 0).mean() - max(value.mean(), 0))


def information_by_input(outcome: CaseOutcome) -> Mapping[str, float]:
    """EVPPI of the gain and of every range, most worth knowing first."""
    worth = {
        name: perfect_information(_expected_given(outcome.value, drawn))
        for name, drawn in outcome.inputs.items()
    }
    return dict(sorted(worth.items(), key=lambda item: -item[1]))


def sample_information(outcome: CaseOutcome, standard_error: float) -> float:
    """EVSI of an experiment that measures the uplift of sales with `standard_error`.

    Every quantile of the uplift is a truth; the result is that truth with an error, over which
    Gauss-Hermite quadrature sums. After a result the uplift is expected at the mean of the
    quantiles, weighted by how likely each makes the result, and the value is linear in the uplift.
    """
    slope, start = _line(outcome.value, outcome.uplift)
    truths = np.quantile(outcome.uplift, (np.arange(_QUANTILES) + 0.5) / _QUANTILES)
    # Quantiles cut off a little of the tails.
    truths += outcome.uplift.mean() - truths.mean()
    known = float(np.maximum(start + slope * truths, 0).mean())
    unknown = max(float(outcome.value.mean()), 0.0)
    if standard_error <= 0:
        return known - unknown
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    results = truths[:, None] + standard_error * nodes
    distance = (results[:, :, None] - truths) / standard_error
    likelihood = np.exp(-0.5 * distance**2)
    expected = start + slope * (likelihood @ truths) / likelihood.sum(axis=2)
    decided = float(np.maximum(expected, 0).mean(axis=0) @ weights / weights.sum())
    return max(decided - unknown, 0.0)


def _expected_given(value: Floats, drawn: Floats) -> Floats:
    """E[value | drawn] for each draw."""
    slope, start = _line(value, drawn)
    return np.asarray(start + slope * drawn)


def _line(value: Floats, drawn: Floats) -> tuple[float, float]:
    """Slope and start of the least squares line."""
    centred = drawn - drawn.mean()
    spread = float(centred @ centred)
    slope = float(centred @ value) / spread if spread > _SMALLEST else 0.0
    return slope, float(value.mean() - slope * drawn.mean())
