"""What is known of each strategy so far, and what finding it out has cost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from engine.bandit.arrays import Floats
from engine.bandit.off_policy import Estimate
from engine.bandit.policies import PRIOR, probability_of_best
from engine.bandit.simulator import Rollout, Simulator


def beliefs(arms: Sequence[str], shown: Iterable[str], reward: Iterable[float]) -> pd.DataFrame:
    """One row per strategy: what its lists say about it, whichever policy chose them.

    `shown` is each list's strategy and `reward` whether it succeeded. Columns: `arm`, `lists`,
    `share` of all lists, `successes`, `mean`, `low`, `high` (the posterior Beta(1 + successes,
    1 + failures) with its central 95 %), `best` (the probability that it is the best).
    """
    rewards = pd.DataFrame({"arm": list(shown), "reward": list(reward)}).groupby("arm")["reward"]
    sums = rewards.agg(["size", "sum"]).reindex(list(arms), fill_value=0)
    lists, successes = (sums[name].to_numpy(dtype=float) for name in ("size", "sum"))
    wins, losses = PRIOR + successes, PRIOR + lists - successes
    return pd.DataFrame(
        {
            "arm": list(arms),
            "lists": lists.astype(int),
            "share": lists / max(lists.sum(), 1),
            "successes": successes,
            "mean": wins / (wins + losses),
            "low": stats.beta.ppf(0.025, wins, losses),
            "high": stats.beta.ppf(0.975, wins, losses),
            "best": probability_of_best(wins, losses),
        }
    )


@dataclass(frozen=True)
class Cost:
    """The successes lost by exploring: by this traffic, and by an A/B test of the same length.

    `spent` is (best mean - mean) summed over the lists shown, `fixed_split` the same with equal
    traffic for every strategy. Both take the means of `beliefs` for the truth.
    """

    spent: float
    fixed_split: float


def exploration_cost(posteriors: pd.DataFrame) -> Cost:
    """The cost of the traffic behind `beliefs`."""
    gap, lists = _gap(posteriors), posteriors["lists"]
    return Cost(float((gap * lists).sum()), float(gap.mean() * lists.sum()))


def estimated_regret(posteriors: pd.DataFrame, shown: Iterable[str]) -> Floats:
    """The cumulative cost list by list, shape (lists,), by the means of `beliefs`."""
    gap = dict(zip(posteriors["arm"], _gap(posteriors), strict=True))
    lost: Floats = np.array([gap.get(arm, 0.0) for arm in shown], dtype=np.float64)
    return lost.cumsum()


def fixed_split_regret(posteriors: pd.DataFrame, lists: int) -> Floats:
    """The same for an A/B test of this length, shape (lists,)."""
    lost: Floats = float(_gap(posteriors).mean()) * np.arange(1, lists + 1, dtype=np.float64)
    return lost


def traffic(rollout: Rollout, arms: Sequence[str], parts: int = 20) -> pd.DataFrame:
    """The share of lists by strategy over time; index: number of lists so far, `parts` rows."""
    groups = np.array_split(rollout.arm, min(parts, len(rollout.arm)))
    rows = [np.bincount(group, minlength=len(arms)) / len(group) for group in groups]
    ends = np.cumsum([len(group) for group in groups])
    return pd.DataFrame(rows, index=ends, columns=list(arms))


def mean_regret(rollouts: Sequence[Rollout]) -> pd.DataFrame:
    """Cumulative regret over several seeds: `mean`, `low`, `high` by list, from 1 on.

    The interval is Student's, 95 %, over the seeds.
    """
    curves = np.array([rollout.regret.cumsum() for rollout in rollouts])
    mean, half = curves.mean(axis=0), _half_width(curves)
    index = np.arange(1, curves.shape[1] + 1)
    return pd.DataFrame({"mean": mean, "low": mean - half, "high": mean + half}, index=index)


def regret_saved(rollouts: Sequence[Rollout], fixed: Sequence[Rollout]) -> Estimate:
    """How much less a policy lost than a fixed split, in successes, paired by seed."""
    differences = np.array(
        [
            [other.regret.sum() - rollout.regret.sum()]
            for rollout, other in zip(rollouts, fixed, strict=True)
        ]
    )
    value, half = float(differences.mean()), float(_half_width(differences)[0])
    return Estimate(value, value - half, value + half, float(len(differences)))


def finds_best_arm(rollout: Rollout, simulator: Simulator) -> bool:
    """Whether the strategy that looks best in the end is the one that truly is."""
    names = [str(arm) for arm in range(simulator.success.shape[1])]
    posteriors = beliefs(names, [str(arm) for arm in rollout.arm], rollout.reward.tolist())
    return int(posteriors["mean"].to_numpy().argmax()) == simulator.best_arm


def _gap(posteriors: pd.DataFrame) -> pd.Series:
    """How far each strategy's mean is below the best one's."""
    gap: pd.Series = posteriors["mean"].max() - posteriors["mean"]
    return gap


def _half_width(curves: Floats) -> Floats:
    """Half of Student's 95 % interval of the mean over rows; 0 for a single row."""
    n = len(curves)
    if n < 2:
        return np.zeros(curves.shape[1])
    half: Floats = stats.t.ppf(0.975, n - 1) * curves.std(axis=0, ddof=1) / np.sqrt(n)
    return half
