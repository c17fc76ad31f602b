"""An interval for a share that stays right however often one looks, from the first vote on.

For a share p and s wins in n lists, the likelihood under a Beta mixture over that under p,

    M(p) = B(s + a, n - s + a) / B(a, a) / (p^s (1 - p)^(n - s)),

is a martingale if p is the truth, so it ever passes 1/α with a chance of at most α (Ville 1939).
The shares that it has not passed are the interval (Robbins 1970; Howard, Ramdas, McAuliffe and
Sekhon 2021). No normal approximation is made: a room of ten people votes a few dozen times, too
few for one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

ALPHA = 0.05
# Jeffreys' prior: narrow intervals for clear and for close duels alike.
PRIOR = 0.5
_GRID = np.linspace(0.0, 1.0, 2001)[1:-1]


@dataclass(frozen=True)
class Share:
    """The first system's share of the decided lists with its always-valid 95 % interval."""

    wins: int
    losses: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share itself; one half before anything is decided."""
        decided = self.wins + self.losses
        return self.wins / decided if decided else 0.5


def always_valid(wins: int, losses: int, alpha: float = ALPHA) -> Share:
    """The interval after so many wins and losses.

    It is rounded outwards to a grid of 1/2000.
    """
    if not wins + losses:
        return Share(0, 0, 0.0, 1.0)
    inside = _GRID[_log_ratio(wins, losses) < np.log(1 / alpha)]
    step = float(_GRID[1] - _GRID[0])
    share = wins / (wins + losses)
    low = float(inside[0]) - step if len(inside) else share - step
    high = float(inside[-1]) + step if len(inside) else share + step
    return Share(wins, losses, max(min(low, share), 0.0), min(max(high, share), 1.0))


def _log_ratio(wins: int, losses: int) -> NDArray[np.float64]:
    mixture = betaln(wins + PRIOR, losses + PRIOR) - betaln(PRIOR, PRIOR)
    ratio: NDArray[np.float64] = mixture - wins * np.log(_GRID) - losses * np.log1p(-_GRID)
    return ratio
