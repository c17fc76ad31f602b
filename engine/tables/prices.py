"""What a price says about a product beside the others of its kind."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# Where prices hardly differ, a few cents must not look like a lot.
LEAST_SPREAD = 0.1


def price_z(prices: pd.Series, categories: Sequence[str]) -> NDArray[np.float32]:
    """The standard score of each log price within its category, shape (products,).

    A cheap mug scores like a cheap teapot, whatever either costs. A product without a price, or
    alone in its category, counts as usual: 0.
    """
    amounts = pd.to_numeric(prices, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    logs = pd.Series(np.log(np.where(amounts > 0, amounts, np.nan)))
    groups = logs.groupby(np.asarray(categories, dtype=object))
    spread = groups.transform("std").clip(lower=LEAST_SPREAD)
    scores = (logs - groups.transform("mean")) / spread
    return scores.fillna(0.0).to_numpy(dtype=np.float32)
