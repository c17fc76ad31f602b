"""What another policy would have earned, judged from a log that one policy wrote.

Every estimator takes arrays with one entry per list of the log: `reward`; `propensity`, the
probability with which the logging policy chose what was shown; and `target`, the probability with
which the policy in question would have chosen the same. All intervals are 95 %.
"""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from engine.bandit.policies import RIDGE, Policy

Array = NDArray[np.float64]

_Z = float(stats.norm.ppf(0.975))
FOLDS = 2
RARE = 0.1
# Heavy weights on fewer lists than these give no interval to trust.
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


def ips(reward: Array, propensity: Array, target: Array) -> Estimate:
    """Inverse propensity scoring: the mean of w · reward with w = target / propensity.

    Unbiased where propensity > 0 wherever target > 0. Source: Horvitz and Thompson (1952).
    """
    weight = target / propensity
    return _interval(weight * reward, weight)


def snips(reward: Array, propensity: Array, target: Array) -> Estimate:
    """Self-normalised IPS: Σ w · reward / Σ w; a little biased, far steadier.

    The interval is by the delta method (Owen 2013, section 9.2). Source: Swaminathan and Joachims
    (NeurIPS 2015). Not a number where the log shows nothing of what the target does.
    """
    weight = target / propensity
    if not weight.sum():
        return Estimate(np.nan, np.nan, np.nan, 0.0)
    value = float((weight * reward).sum() / weight.sum())
    return _interval(value + weight * (reward - value) / weight.mean(), weight)


def doubly_robust(
    reward: Array, propensity: Array, target: Array, predicted: Array, expected: Array
) -> Estimate:
    """A reward model, corrected by IPS where the log knows better.

    mean(expected + w · (reward - predicted)), with `predicted` the model's reward for what was
    shown and `expected` for what the target would show. Right if either model or propensities are.
    Source: Dudík, Langford and Li (ICML 2011).
    """
    weight = target / propensity
    return _interval(expected + weight * (reward - predicted), weight)


def fit_rewards(
    contexts: Array, arm: NDArray[np.intp], reward: Array, arms: int, seed: int = 0
) -> Array:
    """Each arm's predicted reward in each row's context, shape (rows, arms).

    A ridge regression per arm, fitted on the other half of the rows, so that no row is predicted
    by a model that saw it (cross-fitting; Chernozhukov et al. 2018).
    """
    fold = np.random.default_rng(seed).permutation(len(arm)) % FOLDS
    predicted = np.empty((len(arm), arms))
    for held in range(FOLDS):
        for number in range(arms):
            seen = (fold != held) & (arm == number)
            x, y = contexts[seen], reward[seen]
            ridge = x.T @ x + RIDGE * np.eye(contexts.shape[1])
            predicted[fold == held, number] = contexts[fold == held] @ np.linalg.solve(
                ridge, x.T @ y
            )
    return predicted


def replay(
    policy: Policy,
    contexts: Array,
    actions: NDArray[np.intp],
    shown: NDArray[np.intp],
    propensity: Array,
    reward: Array,
    rng: np.random.Generator,
) -> Estimate:
    """Let a policy that learns as it goes live through the log.

    At each list the policy chooses an arm; `actions` (rows, arms) says what each arm would have
    shown. Where that is what the log did show, the policy sees the reward and learns from it;
    other lists are skipped. Source: Li, Chu, Langford and Wang (WSDM 2011); the interval is
    Wilson's (1927). Not a number where nothing matched.

    Lists of a log that was not split evenly are kept with probability c / propensity, which makes
    it even (Dudík et al., UAI 2012). c is the propensity that one list in ten stays below: those
    few count too little, but with the smallest of all hardly a list would be left.
    """
    keep = rng.random(len(reward)) < np.quantile(propensity, RARE) / propensity
    earned: list[float] = []
    for row in np.flatnonzero(keep):
        chances = policy.probabilities(contexts[row])
        arm = int(rng.choice(len(chances), p=chances))
        if actions[row, arm] == shown[row]:
            earned.append(float(reward[row]))
            policy.update(arm, earned[-1], contexts[row])
    return wilson(sum(earned), len(earned))


def wilson(successes: float, n: int) -> Estimate:
    """A share of successes with Wilson's interval (1927), which holds for few and rare ones."""
    if not n:
        return Estimate(np.nan, np.nan, np.nan, 0.0)
    share, z2 = successes / n, _Z**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return Estimate(share, float(centre - half), float(centre + half), float(n))


def _interval(terms: Array, weight: Array) -> Estimate:
    """The mean of independent terms, with an interval that minds their skew.

    A few heavy weights pull terms far to one side, and a normal interval then misses the truth too
    often: Hall's transformation (JRSS B 1992) takes the skew out before and puts it back after.
    Quantiles are Student's for the effective number of lists.
    """
    n, value = len(terms), float(terms.mean())
    squares = float((weight**2).sum())
    effective = float(weight.sum()) ** 2 / squares if squares else 0.0
    deviation = float(terms.std(ddof=1)) if n > 1 else np.nan
    if not deviation > 0 or effective <= FEWEST_EFFECTIVE:
        return Estimate(value, np.nan, np.nan, effective)
    error = deviation / np.sqrt(n)
    skew = float(((terms - value) ** 3).mean()) / deviation**3 / np.sqrt(n)
    z = float(stats.t.ppf(0.975, effective - 1))
    low, high = (value - error * _hall(quantile, skew) for quantile in (z, -z))
    return Estimate(value, low, high, effective)


def _hall(quantile: float, skew: float) -> float:
    """The inverse of Hall's g(T) = T + γT²/3 + γ²T³/27 + γ/6, with γ the skew over sqrt(n)."""
    if abs(skew) < 1e-9:
        return quantile
    return float(3 / skew * (np.cbrt(1 + skew * (quantile - skew / 6)) - 1))
