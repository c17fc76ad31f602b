"""Is one system better than another, or is it luck? Paired bootstrap over held-out examples."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

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
    def verdict(self) -> str:
        """`better` or `worse` where the interval leaves out 0, else `unclear`."""
        if self.low > 0:
            return "better"
        return "worse" if self.high < 0 else "unclear"


def paired_interval(heldout: pd.DataFrame, system: str, other: str, seed: int = 0) -> Interval:
    """`system` minus `other` on the primary metric with a percentile interval.

    Examples are drawn with replacement, 2,000 times, and both systems are measured on the same
    draw; all heads of an example move together. Source: Efron and Tibshirani (1993), chapter 13;
    Koehn (2004) for the paired use.
    """
    counts = _draws(heldout, seed)
    difference = _metric(heldout, system, counts) - _metric(heldout, other, counts)
    low, high = np.nanpercentile(difference[1:], [2.5, 97.5])
    return Interval(float(difference[0]), float(low), float(high))


def metric_interval(
    heldout: pd.DataFrame, system: str, seed: int = 0
) -> tuple[float, float, float]:
    """The primary metric of one system with low and high of its 95 % percentile interval."""
    values = _metric(heldout, system, _draws(heldout, seed))
    low, high = np.nanpercentile(values[1:], [2.5, 97.5])
    return float(values[0]), float(low), float(high)


def against_all(heldout: pd.DataFrame, system: str, others: Sequence[str]) -> dict[str, Interval]:
    """The interval of `system` against every one of `others`."""
    return {other: paired_interval(heldout, system, other) for other in others if other != system}


def merge_runs(
    first: pd.DataFrame, second: pd.DataFrame, suffixes: tuple[str, str]
) -> pd.DataFrame:
    """One held-out frame from those of two runs, their systems told apart by `suffixes`.

    Raises InputError if the runs were measured on different examples or truths.
    """
    if test_fingerprint(first) != test_fingerprint(second):
        raise InputError("evaluation.different_data")
    left, right = (
        frame.rename(columns={name: _with_suffix(name, suffix) for name in map(str, frame)})
        for frame, suffix in zip((first, second), suffixes, strict=True)
    )
    return left.merge(right.drop(columns="input"), on=["example_id", "head", "truth"])


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


def _draws(heldout: pd.DataFrame, seed: int) -> NDArray[np.float64]:
    """How often each held-out row counts: once each in the first row, then by each draw."""
    codes, examples = pd.factorize(heldout["example_id"])
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(examples), [1 / len(examples)] * len(examples), size=SAMPLES)
    counts: NDArray[np.float64] = np.vstack([np.ones(len(examples)), drawn])[:, codes]
    return counts


def _metric(heldout: pd.DataFrame, system: str, counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The primary metric under each row of `counts` (draws × held-out rows)."""
    if heldout["head"].isin(MEAN_HEADS).all():
        scores = heldout[f"{system}.score"].to_numpy(dtype=float)
        scored = ~np.isnan(scores)
        means: NDArray[np.float64] = counts[:, scored] @ scores[scored]
        with np.errstate(invalid="ignore"):  # a draw may hold no scored row
            return means / counts[:, scored].sum(axis=1)
    heads = [
        _macro_f1(heldout.loc[rows, "truth"], heldout.loc[rows, system], counts[:, rows])
        for rows in ((heldout["head"] == head).to_numpy() for head in heldout["head"].unique())
    ]
    return np.mean(heads, axis=0)


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
    return np.nanmean(f1, axis=1)
