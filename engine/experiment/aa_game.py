"""A/A games: tests without any difference, in which every winner is luck."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.experiment.sequential import (
    always_valid_half_width,
    fixed_half_width,
    mixture_variance,
)

Floats = NDArray[np.float64]
MOST_GAMES, MOST_LOOKS = 5_000, 400


@dataclass(frozen=True)
class Game:
    """Both groups convert alike, at `rate`; `visitors` come to each of them between two looks."""

    rate: float
    visitors: int
    looks: int
    alpha: float = 0.05


@dataclass(frozen=True)
class Paths:
    """Games as they went on, shape (games, looks): the difference and both half widths.

    `converted` (2, games, looks) counts the buyers of each group so far.
    """

    converted: NDArray[np.int64]
    visitors: NDArray[np.int64]
    difference: Floats
    fixed: Floats
    always_valid: Floats

    @property
    def fixed_winner(self) -> NDArray[np.bool_]:
        """Where the interval for one look leaves out 0."""
        return np.abs(self.difference) > self.fixed

    @property
    def always_valid_winner(self) -> NDArray[np.bool_]:
        """Where the always-valid interval leaves out 0."""
        return np.abs(self.difference) > self.always_valid


@dataclass(frozen=True)
class Luck:
    """The share of games with a winner by luck, by look so far, shape (looks,).

    `any_look` stops at the first look at which the interval for one look says so, `one_look` reads
    it at that look only, and `always_valid` stops at the first always-valid winner.
    """

    any_look: Floats
    one_look: Floats
    always_valid: Floats


def play(game: Game, games: int = 1, seed: int = 0) -> Paths:
    """Play `games` games; ValueError for more games or looks than the bounds above."""
    if games > MOST_GAMES or game.looks > MOST_LOOKS:
        raise ValueError("too many games or looks")
    rng = np.random.default_rng(seed)
    buyers = rng.binomial(game.visitors, game.rate, (2, games, game.looks))
    converted = buyers.cumsum(axis=2)
    visitors = game.visitors * np.arange(1, game.looks + 1)
    rates = converted / visitors
    pooled = rates.mean(axis=0)
    # Half a buyer more and less, as without it nobody's purchase would count as certain.
    pooled = np.clip(pooled, 0.5 / visitors, 1 - 0.5 / visitors)
    variance = 2 * pooled * (1 - pooled) / visitors
    planned = 2 * game.rate * (1 - game.rate) / visitors[-1]
    mixture = mixture_variance(planned, game.alpha)
    return Paths(
        converted,
        visitors,
        rates[1] - rates[0],
        fixed_half_width(variance, game.alpha),
        always_valid_half_width(variance, mixture, game.alpha),
    )


def measure_luck(paths: Paths) -> Luck:
    """How often games without any difference had a winner."""
    fixed, valid = paths.fixed_winner, paths.always_valid_winner
    return Luck(
        np.maximum.accumulate(fixed, axis=1).mean(axis=0),
        fixed.mean(axis=0),
        np.maximum.accumulate(valid, axis=1).mean(axis=0),
    )
