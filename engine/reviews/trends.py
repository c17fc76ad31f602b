"""How a share develops over time: change points, and periods that stand out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binom

Floats = NDArray[np.float64]
PERIODS = {"day": "D", "week": "W-SUN", "month": "M"}
# A period with fewer texts neither raises an alert nor forms a segment by itself.
FEWEST = 5
ALARM = 0.01


@dataclass(frozen=True)
class ChangePoint:
    """A lasting change of a share, from `before` to `after`, at the period starting at `when`."""

    when: pd.Timestamp
    before: float
    after: float


@dataclass(frozen=True)
class Alert:
    """A period whose share is too high for chance: `share` of `n` texts, but `usual` elsewhere."""

    when: pd.Timestamp
    share: float
    usual: float
    n: int
    p_value: float


def count_periods(times: pd.Series, hits: pd.Series, period: str) -> pd.DataFrame:
    """Texts and hits per `day`, `week` or `month`: columns `n`, `hits`, indexed by its start.

    Rows without a time are left out; periods without texts count 0.
    """
    utc = pd.to_datetime(times, utc=True, errors="coerce").dt.tz_localize(None)
    frame = pd.DataFrame({"time": utc, "hits": hits.astype(float), "n": 1.0}).dropna()
    if frame.empty:
        return pd.DataFrame({"n": [], "hits": []}, dtype=float)
    starts = frame["time"].dt.to_period(PERIODS[period])
    sums = frame.groupby(starts)[["n", "hits"]].sum()
    every = pd.period_range(sums.index.min(), sums.index.max(), freq=PERIODS[period])
    sums = sums.reindex(every, fill_value=0.0)
    return sums.set_axis(every.to_timestamp())


def usual_period(times: pd.Series) -> str:
    """The period that gives a readable number of points."""
    dated = pd.to_datetime(times, utc=True, errors="coerce").dropna()
    days = (dated.max() - dated.min()).days if len(dated) else 0
    return "day" if days < 45 else "week" if days < 730 else "month"


def find_changes(counts: pd.DataFrame) -> list[ChangePoint]:
    """The points at which the share of hits changed for good.

    They separate the segments of constant share that fit the counts best, at a cost of
    3/2·log(texts) in binomial log-likelihood for each: optimal partitioning (Jackson et al. 2005)
    with the modified Bayesian criterion (Zhang and Siegmund 2007). The solution is exact and takes
    time quadratic in the number of periods.
    """
    n, hits = counts["n"].to_numpy(), counts["hits"].to_numpy()
    if n.sum() == 0:
        return []
    edges = _partition(np.r_[0.0, n.cumsum()], np.r_[0.0, hits.cumsum()])
    shares = [hits[a:b].sum() / n[a:b].sum() for a, b in pairwise(edges)]
    return [
        ChangePoint(pd.Timestamp(counts.index[edge]), float(before), float(after))
        for edge, (before, after) in zip(edges[1:-1], pairwise(shares), strict=True)
    ]


def find_alerts(counts: pd.DataFrame) -> list[Alert]:
    """Periods with more hits than chance allows, compared with all other periods.

    The upper limit of a p chart with exact binomial tails (Montgomery, Statistical Quality Control,
    chapter 7), at a tail probability of 1 % divided by the number of periods (Bonferroni).
    """
    total = counts.sum()
    periods = counts[counts["n"] >= FEWEST]
    alerts = []
    for when, row in periods.iterrows():
        rest = total["n"] - row["n"]
        if rest < FEWEST:
            continue
        # One pseudo-text of each kind, so that a single hit after a clean record is no alarm.
        usual = (total["hits"] - row["hits"] + 1) / (rest + 2)
        tail = float(binom.sf(row["hits"] - 1, row["n"], usual))
        if tail < ALARM / len(periods) and row["hits"] / row["n"] > usual:
            share = float(row["hits"] / row["n"])
            alerts.append(Alert(pd.Timestamp(str(when)), share, float(usual), int(row["n"]), tail))
    return sorted(alerts, key=lambda alert: alert.p_value)


def _partition(n: Floats, hits: Floats) -> Sequence[int]:
    """The edges of the best segments, from the running totals of texts and hits."""
    periods = len(n) - 1
    penalty = 1.5 * np.log(max(n[-1], 2.0))
    best, previous = np.zeros(periods + 1), np.zeros(periods + 1, dtype=int)
    best[0] = -penalty
    for end in range(1, periods + 1):
        texts, hits_inside = n[end] - n[:end], hits[end] - hits[:end]
        costs = best[:end] + penalty - _log_likelihood(texts, hits_inside)
        # A segment with too few texts cannot stand by itself, unless it is all there is.
        costs[(texts < FEWEST) & (np.arange(end) > 0)] = np.inf
        previous[end] = int(np.argmin(costs))
        best[end] = costs[previous[end]]
    edges = [periods]
    while edges[-1] > 0:
        edges.append(int(previous[edges[-1]]))
    return edges[::-1]


def _log_likelihood(n: Floats, hits: Floats) -> Floats:
    """The highest binomial log-likelihood of `hits` among `n`, up to a constant."""
    with np.errstate(divide="ignore", invalid="ignore"):
        yes = np.where(hits > 0, hits * np.log(hits / n), 0.0)
        no = np.where(n - hits > 0, (n - hits) * np.log((n - hits) / n), 0.0)
    return np.asarray(yes + no)
