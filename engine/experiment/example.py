"""An invented log, for shops whose own log says nothing of time and shoppers."""

import functools

import numpy as np

from engine.experiment.shopper_days import ShopperDays

_SHOPPERS, _DAYS, _VISITS = 3_000, 42, 5.0


@functools.cache
def example_log() -> ShopperDays:
    """Six weeks of 3,000 invented shoppers, some of whom come and buy more often than others."""
    rng = np.random.default_rng(11)
    frequency = rng.gamma(0.8, _VISITS / 0.8 / _DAYS, (_SHOPPERS, 1))
    visits = rng.poisson(frequency, (_SHOPPERS, _DAYS))
    shopper, day = np.nonzero(visits)
    came = visits[shopper, day].astype(float)
    keenness = rng.beta(1.0, 24.0, _SHOPPERS)[shopper]
    bought = rng.binomial(visits[shopper, day], keenness).astype(float)
    searches = came + rng.poisson(came)
    amounts = {
        "visits": came,
        "visits_bought": bought,
        "searches": searches,
        "searches_clicked": rng.binomial(searches.astype(int), 0.55).astype(float),
        "orders": bought,
        "revenue": bought * rng.lognormal(3.8, 0.8, len(bought)),
    }
    seen, places = np.unique(shopper, return_inverse=True)
    return ShopperDays(
        places.astype(np.int64), day.astype(np.int64), amounts, len(seen), _DAYS, "shopper"
    )
