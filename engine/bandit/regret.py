"""What is known of each strategy so far, and what finding it out has cost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from engine.bandit.off_policy import Array, Estimate
from engine.bandit.policies import PRIOR, chance_of_best
from engine.bandit.simulator import Course, Crowd


def beliefs(arms: Sequence[str], shown: Iterable[str], reward: Iterable[float]) -> pd.DataFrame:
    """One row per strategy: what its lists say, whoever chose them.

    `shown` is each list's strategy and `reward` whether it succeeded. Columns: `arm`, `lists`,
    `share` of all lists, `successes`, `mean`, `low`, `high` (the posterior Beta(1 + successes,
    1 + failures) with its central 95 %), `best` (the probability that it is the best).
    """
    frame = pd.DataFrame({"arm": list(shown), "reward": list(reward)})
    found = frame.groupby("arm")["reward"].agg(["size", "sum"]).reindex(list(arms), fill_value=0)
    lists, successes = (found[name].to_numpy(dtype=float) for name in ("size", "sum"))
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
            "best": chance_of_best(wins, losses),
        }
    )


@dataclass(frozen=True)
class Cost:
    """What exploring cost, in successes: this traffic, and an A/B test of the same length.

    `spent` is (best mean - mean) summed over the lists shown, `fixed_split` the same had every
    strategy had equal traffic. Both take the means of `beliefs` for the truth.
    """

    spent: float
    fixed_split: float


def cost(found: pd.DataFrame) -> Cost:
    """The cost of the traffic behind `beliefs`."""
    behind = found["mean"].max() - found["mean"]
    return Cost(float((behind * found["lists"]).sum()), float(behind.mean() * found["lists"].sum()))


def estimated_regret(found: pd.DataFrame, shown: Iterable[str]) -> Array:
    """The cost list by list, summed up, shape (lists,), by the means of `beliefs`."""
    behind = dict(zip(found["arm"], found["mean"].max() - found["mean"], strict=True))
    lost: Array = np.array([behind.get(arm, 0.0) for arm in shown], dtype=np.float64)
    return lost.cumsum()


def fixed_split_regret(found: pd.DataFrame, lists: int) -> Array:
    """The same for an A/B test of this length, shape (lists,)."""
    behind = float((found["mean"].max() - found["mean"]).mean())
    lost: Array = behind * np.arange(1, lists + 1, dtype=np.float64)
    return lost


def traffic(course: Course, arms: Sequence[str], parts: int = 20) -> pd.DataFrame:
    """The share of lists by strategy over time; index: number of lists so far, `parts` rows."""
    groups = np.array_split(course.arm, min(parts, len(course.arm)))
    rows = [np.bincount(group, minlength=len(arms)) / len(group) for group in groups]
    ends = np.cumsum([len(group) for group in groups])
    return pd.DataFrame(rows, index=ends, columns=list(arms))


def mean_regret(courses: Sequence[Course]) -> pd.DataFrame:
    """Cumulative regret over several seeds: `mean`, `low`, `high` by list, from 1 on.

    The interval is Student's, 95 %, over the seeds.
    """
    curves = np.array([course.regret.cumsum() for course in courses])
    mean, half = curves.mean(axis=0), _half_width(curves)
    index = np.arange(1, curves.shape[1] + 1)
    return pd.DataFrame({"mean": mean, "low": mean - half, "high": mean + half}, index=index)


def saved(courses: Sequence[Course], fixed: Sequence[Course]) -> Estimate:
    """How much less a policy lost than a fixed split, in successes, seed by seed (paired)."""
    differences = np.array(
        [
            [other.regret.sum() - course.regret.sum()]
            for course, other in zip(courses, fixed, strict=True)
        ]
    )
    value, half = float(differences.mean()), float(_half_width(differences)[0])
    return Estimate(value, value - half, value + half, float(len(differences)))


def right_winner(course: Course, crowd: Crowd) -> bool:
    """Whether the strategy that looks best in the end is the one that truly is."""
    arms = crowd.worth.shape[1]
    names = [str(arm) for arm in range(arms)]
    found = beliefs(names, [str(arm) for arm in course.arm], course.reward.tolist())
    return int(found["mean"].to_numpy().argmax()) == crowd.best


def _half_width(curves: Array) -> Array:
    """Half of Student's 95 % interval of the mean over rows; 0 for a single row."""
    n = len(curves)
    if n < 2:
        return np.zeros(curves.shape[1])
    half: Array = stats.t.ppf(0.975, n - 1) * curves.std(axis=0, ddof=1) / np.sqrt(n)
    return half
