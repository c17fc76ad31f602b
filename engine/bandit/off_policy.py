"""What a policy would have earned, estimated from the log of another one.

Every estimator takes arrays with one entry per list of the log: `reward`; `propensity`, the
probability with which the logging policy chose what was shown; and `target`, the probability with
which the policy in question would have chosen the same. All intervals are 95 %.
"""

from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats

from engine.bandit.arrays import Floats, Integers
from engine.bandit.policies import RIDGE, Policy

_Z = float(stats.norm.ppf(0.975))
FOLDS = 2
# The share of lists that count too little where replay makes a log even.
RARE = 0.1
# With fewer effective lists than these no interval can be trusted.
FEWEST_EFFECTIVE = 5


@dataclass(frozen=True)
class Estimate:
    """A policy's mean reward with its interval.

    `effective` is the number of lists that the estimate rests on: (Σw)² / Σw², Kish (1965).
    """

    value: float
    low: float
    high: float
    effective: float

    def as_json(self) -> dict[str, float]:
        """The estimate as a plain dict."""
        return asdict(self)


def ips(reward: Floats, propensity: Floats, target: Floats) -> Estimate:
    """Inverse propensity scoring: the mean of w · reward with w = target / propensity.

    Unbiased where propensity > 0 wherever target > 0. Source: Horvitz and Thompson (1952).
    """
    weight = target / propensity
    return _interval(weight * reward, weight)


def snips(reward: Floats, propensity: Floats, target: Floats) -> Estimate:
    """Self-normalised IPS: Σ w · reward / Σ w; slightly biased, but of much lower variance.

    NaN where the target would have shown nothing that the log did. The interval is by the delta
    method (Owen 2013, section 9.2). Source: Swaminathan and Joachims (NeurIPS 2015).
    """
    weight = target / propensity
    if not weight.sum():
        return Estimate(np.nan, np.nan, np.nan, 0.0)
    value = float((weight * reward).sum() / weight.sum())
    return _interval(value + weight * (reward - value) / weight.mean(), weight)


def doubly_robust(
    reward: Floats, propensity: Floats, target: Floats, predicted: Floats, expected: Floats
) -> Estimate:
    """A reward model, corrected by IPS: mean(expected + w · (reward - predicted)).

    `predicted` is the model's reward for what was shown, `expected` for what the target would show.
    Unbiased if either the model or the propensities are right.
    Source: Dudík, Langford and Li (ICML 2011).
    """
    weight = target / propensity
    return _interval(expected + weight * (reward - predicted), weight)


def fit_rewards(
    contexts: Floats, arm: Integers, reward: Floats, arms: int, seed: int = 0
) -> Floats:
    """Each arm's predicted reward in each row's context, shape (rows, arms).

    There is a ridge regression per arm, and each row is predicted by one fitted to the other half
    of the rows (cross-fitting; Chernozhukov et al. 2018).
    """
    fold = np.random.default_rng(seed).permutation(len(arm)) % FOLDS
    predicted = np.empty((len(arm), arms))
    for part in range(FOLDS):
        test = fold == part
        for number in range(arms):
            train = ~test & (arm == number)
            x, y = contexts[train], reward[train]
            ridge = x.T @ x + RIDGE * np.eye(contexts.shape[1])
            predicted[test, number] = contexts[test] @ np.linalg.solve(ridge, x.T @ y)
    return predicted


def replay(
    policy: Policy,
    contexts: Floats,
    actions: Integers,
    shown: Integers,
    propensity: Floats,
    reward: Floats,
    rng: np.random.Generator,
) -> Estimate:
    """Run a policy through the log, learning as it goes.

    For each list the policy chooses an arm; `actions` (rows, arms) says what each arm would have
    shown. Where the log shows the same, the policy gets the reward and learns from it; other lists
    are skipped. NaN where no list matched. Source: Li, Chu, Langford and Wang (WSDM 2011); the
    interval is Wilson's (1927).

    A log that wasn't split evenly is made even by keeping each list with probability
    c / propensity (Dudík et al., UAI 2012). c is the propensity below which one list in ten lies.
    Those few count too little, but with the smallest propensity as c hardly a list would be left.
    """
    keep = rng.random(len(reward)) < np.quantile(propensity, RARE) / propensity
    earned: list[float] = []
    for row in np.flatnonzero(keep):
        probabilities = policy.probabilities(contexts[row])
        arm = int(rng.choice(len(probabilities), p=probabilities))
        if actions[row, arm] == shown[row]:
            earned.append(float(reward[row]))
            policy.update(arm, earned[-1], contexts[row])
    return wilson(sum(earned), len(earned))


def wilson(successes: float, n: int) -> Estimate:
    """A share of successes with Wilson's interval (1927), which holds for few and rare ones too."""
    if not n:
        return Estimate(np.nan, np.nan, np.nan, 0.0)
    share, z2 = successes / n, _Z**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return Estimate(share, float(centre - half), float(centre + half), float(n))


def _interval(terms: Floats, weight: Floats) -> Estimate:
    """The mean of independent terms, with an interval corrected for their skew.

    A few large weights skew the terms, and a normal interval then misses the truth too often.
    Hall's transformation (JRSS B 1992) removes the skew from the statistic; its inverse turns
    Student's quantiles for the effective number of lists into those of the skewed one.
    """
    n, value = len(terms), float(terms.mean())
    squares = float((weight**2).sum())
    effective = float(weight.sum()) ** 2 / squares if squares else 0.0
    deviation = float(terms.std(ddof=1)) if n > 1 else np.nan
    if not deviation > 0 or effective <= FEWEST_EFFECTIVE:
        return Estimate(value, np.nan, np.nan, effective)
    error = deviation / np.sqrt(n)
    skew = float(((terms - value) ** 3).mean()) / deviation**3 / np.sqrt(n)
    quantile = float(stats.t.ppf(0.975, effective - 1))
    low, high = (value - error * _hall(q, skew) for q in (quantile, -quantile))
    return Estimate(value, low, high, effective)


def _hall(quantile: float, skew: float) -> float:
    """The inverse of Hall's g(T) = T + γT²/3 + γ²T³/27 + γ/6, with γ the skew over sqrt(n)."""
    if abs(skew) < 1e-9:
        return quantile
    return float(3 / skew * (np.cbrt(1 + skew * (quantile - skew / 6)) - 1))
