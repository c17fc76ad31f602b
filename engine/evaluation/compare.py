"""Is one system better than another, or is it luck? Paired bootstrap over held-out examples."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import InputError
from engine.evaluation.heldout import MEAN_HEADS, test_fingerprint

SAMPLES = 2000
MARGIN = 1e-9
KEYS = ["example_id", "head", "input", "truth"]


@dataclass(frozen=True)
class Interval:
    """A difference of the primary metric with its 95 % interval."""

    delta: float
    low: float
    high: float

    def as_json(self) -> dict[str, float]:
        """The interval as a plain dict."""
        return asdict(self)

    @property
    def verdict(self) -> Literal["better", "unclear", "worse"]:
        """`better` or `worse` if 0 lies outside the interval, else `unclear`."""
        if self.low > 0:
            return "better"
        return "worse" if self.high < 0 else "unclear"


def paired_interval(heldout: pd.DataFrame, system: str, other: str, seed: int = 0) -> Interval:
    """`system` minus `other` on the primary metric with a percentile interval.

    The examples are resampled with replacement 2,000 times, and both systems are measured on the
    same samples; all heads of an example stay together. Source: Efron and Tibshirani (1993),
    chapter 13; Koehn (2004) for the paired use.
    """
    counts = _sample_counts(heldout, seed)
    difference = _metric(heldout, system, counts) - _metric(heldout, other, counts)
    low, high = np.nanpercentile(difference[1:], [2.5, 97.5])
    return Interval(float(difference[0]), float(low), float(high))


def metric_interval(
    heldout: pd.DataFrame, system: str, seed: int = 0
) -> tuple[float, float, float]:
    """The primary metric of one system, and both ends of its 95 % percentile interval."""
    values = _metric(heldout, system, _sample_counts(heldout, seed))
    low, high = np.nanpercentile(values[1:], [2.5, 97.5])
    return float(values[0]), float(low), float(high)


def against_all(heldout: pd.DataFrame, system: str, others: Sequence[str]) -> dict[str, Interval]:
    """The interval of `system` against each of `others`."""
    return {other: paired_interval(heldout, system, other) for other in others if other != system}


def best_of_luck(heldouts: Sequence[pd.DataFrame], system: str, seed: int = 0) -> float:
    """How far the best of several settings would be above their mean if all were equally good.

    Each of `heldouts` has the answers of one setting's `system` on the same examples. Every sample
    moves each metric away from where it was measured; the largest of these moves, less their mean,
    is luck, and its mean over the samples is returned. The luck of another seed comes on top.
    """
    counts = _sample_counts(heldouts[0], seed)
    metrics = np.array([_metric(heldout, system, counts) for heldout in heldouts])
    moves = metrics[:, 1:] - metrics[:, :1]
    return float(np.nanmean(moves.max(axis=0) - moves.mean(axis=0)))


def merge_runs(
    first: pd.DataFrame, second: pd.DataFrame, suffixes: tuple[str, str]
) -> pd.DataFrame:
    """One held-out frame from those of two runs, with `suffixes` to distinguish their systems.

    Raises InputError if the runs were measured on different examples or truths.
    """
    if test_fingerprint(first) != test_fingerprint(second):
        raise InputError("evaluation.different_data")
    one, other = (
        frame.rename(columns={name: _with_suffix(name, suffix) for name in map(str, frame)})
        for frame, suffix in zip((first, second), suffixes, strict=True)
    )
    return one.merge(other.drop(columns="input"), on=["example_id", "head", "truth"])


def wins_and_losses(heldout: pd.DataFrame, system: str, other: str) -> pd.DataFrame:
    """The held-out rows with `change` (score of system minus other) and `outcome`, wins first.

    `outcome` is `win`, `tie` or `loss`; rows without a score are left out.
    """
    change = heldout[f"{system}.score"] - heldout[f"{other}.score"]
    rows = heldout[[*KEYS, system, other]].assign(change=change)[change.notna()]
    outcome = np.where(rows["change"] > MARGIN, "win", "tie")
    rows["outcome"] = np.where(rows["change"] < -MARGIN, "loss", outcome)
    return rows.sort_values("change", ascending=False, kind="stable", ignore_index=True)


def _with_suffix(column: str, suffix: str) -> str:
    if column in KEYS:
        return column
    name, dot, score = column.partition(".")
    return f"{name}{suffix}{dot}{score}"


def _sample_counts(heldout: pd.DataFrame, seed: int) -> NDArray[np.float64]:
    """How often each held-out row counts: once in the first row, then as in each sample."""
    codes, examples = pd.factorize(heldout["example_id"])
    rng = np.random.default_rng(seed)
    samples = rng.multinomial(len(examples), [1 / len(examples)] * len(examples), size=SAMPLES)
    counts: NDArray[np.float64] = np.vstack([np.ones(len(examples)), samples])[:, codes]
    return counts


def _metric(heldout: pd.DataFrame, system: str, counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The primary metric under each row of `counts` (samples × held-out rows)."""
    if heldout["head"].isin(MEAN_HEADS).all():
        scores = heldout[f"{system}.score"].to_numpy(dtype=float)
        scored = ~np.isnan(scores)
        sums = counts[:, scored] @ scores[scored]
        with np.errstate(invalid="ignore"):  # a sample may hold no scored row
            averages: NDArray[np.float64] = sums / counts[:, scored].sum(axis=1)
        return averages
    heads = [
        _macro_f1(heldout.loc[rows, "truth"], heldout.loc[rows, system], counts[:, rows])
        for rows in ((heldout["head"] == head).to_numpy() for head in heldout["head"].unique())
    ]
    means: NDArray[np.float64] = np.mean(heads, axis=0)
    return means


def _macro_f1(
    truth: pd.Series, output: pd.Series, counts: NDArray[np.float64]
) -> NDArray[np.float64]:
    labels = np.unique(truth.astype(str))
    is_truth = truth.astype(str).to_numpy()[:, None] == labels
    is_output = output.astype(str).to_numpy()[:, None] == labels
    right = counts @ (is_truth & is_output)
    present = counts @ is_truth
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = np.where(present > 0, 2 * right / (present + counts @ is_output), np.nan)
    means: NDArray[np.float64] = np.nanmean(f1, axis=1)
    return means
