"""How well a click model predicts sessions it hasn't seen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.bandit.arrays import Floats
from engine.bandit.click_model import ClickModel, fit_click_model, row_attractiveness
from engine.bandit.visits import Visit

HELD_OUT = 0.2
SAMPLES = 1000


@dataclass(frozen=True)
class Perplexity:
    """A click model's perplexity on held-out sessions, beside that of clicks by position alone.

    Perplexity is 2 to the mean surprise in bits: 1 is perfect, 2 a coin toss. It is taken at each
    position (`positions`, `positions_only`) and averaged over them. `gain` is the share of the
    baseline's distance to 1 that the model closes, with its 95 % interval.
    """

    perplexity: float
    position_only: float
    gain: float
    low: float
    high: float
    sessions: int
    positions: Sequence[float]
    positions_only: Sequence[float]


def measure_perplexity(
    shown: pd.DataFrame,
    fit: Callable[[pd.DataFrame], ClickModel] = fit_click_model,
    visits: Mapping[str, Visit] | None = None,
    seed: int = 0,
) -> Perplexity:
    """Let `fit` learn from four sessions of five and measure the model on the fifth.

    `shown` holds rows of `read_impressions`. The interval is a bootstrap over held-out sessions.
    Source: Dupret and Piwowarski (SIGIR 2008); Chuklin, Markov and de Rijke (2015), section 5.2.
    """
    session = pd.factorize(shown["session_id"])[0]
    rng = np.random.default_rng(seed)
    held_out = (rng.random(session.max() + 1) < HELD_OUT)[session]
    model, test = fit(shown[~held_out]), shown[held_out]
    place = np.minimum(test["place"].to_numpy(dtype=int), len(model.examination) - 1)
    clicked = test["clicked"].to_numpy(dtype=float)
    predicted = row_attractiveness(model, test, visits or {}) * model.examination_at(place)
    # Each session's number of impressions and sum of surprise by position, (sessions, positions).
    number = pd.factorize(session[held_out])[0]
    shape = (number.max() + 1, int(place.max()) + 1)
    cell = number * shape[1] + place
    impressions, ours, baseline = (
        np.bincount(cell, values, minlength=shape[0] * shape[1]).reshape(shape)
        for values in (
            None,
            _surprise(clicked, predicted),
            _surprise(clicked, model.by_position[place]),
        )
    )
    # The first sample is the held-out sessions as they are; the others draw with replacement.
    drawn = rng.multinomial(shape[0], np.full(shape[0], 1 / shape[0]), size=SAMPLES)
    samples = np.vstack([np.ones(shape[0]), drawn])
    n = np.maximum(samples @ impressions, 1)
    positions, positions_only = 2 ** (samples @ ours / n), 2 ** (samples @ baseline / n)
    gains = 1 - (positions.mean(axis=1) - 1) / (positions_only.mean(axis=1) - 1)
    low, high = np.percentile(gains[1:], [2.5, 97.5])
    return Perplexity(
        perplexity=float(positions[0].mean()),
        position_only=float(positions_only[0].mean()),
        gain=float(gains[0]),
        low=float(low),
        high=float(high),
        sessions=int(shape[0]),
        positions=positions[0].tolist(),
        positions_only=positions_only[0].tolist(),
    )


def _surprise(clicked: Floats, predicted: Floats) -> Floats:
    predicted = np.clip(predicted, 1e-6, 1 - 1e-6)
    bits: Floats = -np.where(clicked > 0, np.log2(predicted), np.log2(1 - predicted))
    return bits
