"""Makes citations of what was measured, and says of each whether it still holds."""

import time
from collections.abc import Mapping, Sequence

import numpy as np

from engine.errors import InputError
from engine.evaluation.compare import Interval, merge_runs, paired_interval
from engine.evidence.citation import LONGEST_OPINION, Citation, CitationState, Kind, Unit
from engine.evidence.data_history import current_fingerprint, labels_since
from engine.evidence.log_figures import LogFigure
from engine.storage.labels import tidy_label
from engine.storage.runs import UNTUNED, Run, load_heldout, load_run
from engine.storage.workspace import Workspace
from engine.tasks import ENTRIES
from engine.training.outcome import outcome, tuning

SAMPLES = 2000
# Kinds whose figures depend on the labels of their task; a search's answers, for one, do not.
_RESTS_ON_LABELS: frozenset[Kind] = frozenset({"run", "comparison", "judgments"})
# Kinds that no table stands behind.
_WITHOUT_DATA: frozenset[Kind] = frozenset({"experiment", "opinion"})


def cite_run(workspace: Workspace, run: Run, against: str | None = None) -> Citation:
    """The recommended system of `run` against one other, by default its hardest baseline.

    Raises InputError for a system that the run was not measured against.
    """
    if against is None:
        result = outcome(run)
        return _of_run(run, result.baseline, result.interval)
    if against not in run.paired.get("against", {}):
        raise InputError("evidence.not_measured", run=run.run_id, system=against)
    return _of_run(run, against, Interval(**run.paired["against"][against]))


def cite_tuning(workspace: Workspace, run: Run) -> Citation | None:
    """What tuning alone was worth in `run`; None where that was not measured."""
    result = tuning(run)
    return _of_run(run, result.twin, result.interval) if result else None


def _of_run(run: Run, against: str, interval: Interval) -> Citation:
    metric = run.primary_metric
    others = run.baselines | run.systems | {"untuned": run.before}
    return Citation(
        kind="run",
        source_id=run.run_id,
        task=run.task,
        system=run.recommended,
        against=against,
        metric=metric,
        value=interval.delta,
        low=interval.low,
        high=interval.high,
        unit="difference",
        data_fingerprint=run.data_fingerprint,
        created=run.created,
        page="compare",
        parameters={"task": run.task, "run": run.run_id},
        base=others.get(against, {}).get(metric),
        n=run.n_test,
        runs=(run.run_id,),
    )


def cite_comparison(workspace: Workspace, first: Run, second: Run) -> Citation:
    """The recommended system of `first` minus that of `second`, on the same held-out examples.

    Raises InputError if the runs were measured on different examples or truths.
    """
    heldout = merge_runs(
        load_heldout(workspace, first.run_id), load_heldout(workspace, second.run_id), ("@1", "@2")
    )
    interval = paired_interval(heldout, f"{first.recommended}@1", f"{second.recommended}@2")
    return Citation(
        kind="comparison",
        source_id=f"{first.run_id}+{second.run_id}",
        task=first.task,
        system=first.recommended,
        against=second.recommended,
        metric=first.primary_metric,
        value=interval.delta,
        low=interval.low,
        high=interval.high,
        unit="difference",
        data_fingerprint=first.data_fingerprint,
        created=time.time(),
        page="compare",
        parameters={"task": first.task, "run": first.run_id, "second": second.run_id},
        base=second.after.get(first.primary_metric),
        n=first.n_test,
        runs=(first.run_id, second.run_id),
    )


def cite_queries(
    workspace: Workspace,
    metric: str,
    values: Sequence[float],
    *,
    kind: Kind = "query_report",
    run_id: str = UNTUNED,
    system: str = "",
    against: str = "",
) -> Citation:
    """The mean of a figure over queries, one value each, with a bootstrap interval over queries.

    `metric` is `changed@10` or `few_by_words` of a query report, or `ndcg@10` of a round of
    judgments, where each value is `system` minus `against`. Values that are NaN are left out.
    Raises InputError without any other. Source of the interval: Efron and Tibshirani (1993).
    """
    numbers = np.array([value for value in values if not np.isnan(value)])
    if not len(numbers):
        raise InputError("evidence.nothing_measured")
    draws = np.random.default_rng(0).integers(len(numbers), size=(SAMPLES, len(numbers)))
    low, high = np.percentile(numbers[draws].mean(axis=1), [2.5, 97.5])
    runs = () if run_id == UNTUNED else (run_id,)
    return Citation(
        kind=kind,
        source_id=f"queries:{len(numbers)}:{run_id}",
        task="search",
        system=system,
        against=against,
        metric=metric,
        value=float(numbers.mean()),
        low=float(low),
        high=float(high),
        unit=_UNITS[metric],
        data_fingerprint=current_fingerprint(workspace),
        created=time.time(),
        page="search",
        n=len(numbers),
        runs=runs,
    )


_UNITS: Mapping[str, Unit] = {
    "changed@10": "count",
    "few_by_words": "share",
    "ndcg@10": "difference",
}


def cite_simulation(
    workspace: Workspace, run_id: str, policy: str, gain: Interval, lists: int
) -> Citation:
    """How many more successes a policy has than an even split, in `lists` simulated lists."""
    return Citation(
        kind="simulation",
        source_id=f"simulation:{policy}:{lists}:{run_id}",
        task="search",
        system=policy,
        against="fixed_split",
        metric="successes",
        value=gain.delta,
        low=gain.low,
        high=gain.high,
        unit="difference",
        data_fingerprint=current_fingerprint(workspace),
        created=time.time(),
        page="strategy",
        n=lists,
        runs=() if run_id == UNTUNED else (run_id,),
    )


def cite_log(workspace: Workspace, figure: LogFigure) -> Citation:
    """A share that the shop's own log says, with Wilson's interval."""
    return Citation(
        kind="log",
        source_id=f"log:{figure.name}",
        metric=figure.name,
        value=figure.share.value,
        low=figure.share.low,
        high=figure.share.high,
        unit="share",
        data_fingerprint=current_fingerprint(workspace),
        created=time.time(),
        page="home",
        n=figure.n,
    )


def cite_experiment(
    source_id: str, metric: str, gain: Interval, n: int, *, created: float | None = None
) -> Citation:
    """What a finished experiment with `n` visitors found: treatment minus control."""
    return Citation(
        kind="experiment",
        source_id=source_id,
        metric=metric,
        value=gain.delta,
        low=gain.low,
        high=gain.high,
        unit="difference",
        created=time.time() if created is None else created,
        page="experiment",
        n=n,
    )


def cite_opinion(text: str) -> Citation:
    """What somebody believes. Raises InputError for a text without words."""
    note = tidy_label(text, LONGEST_OPINION)
    if not note:
        raise InputError("evidence.no_opinion")
    return Citation(kind="opinion", source_id="opinion", created=time.time(), note=note)


def state(workspace: Workspace, citation: Citation) -> CitationState:
    """Whether a citation still holds in this workspace, or why not."""
    for run_id in citation.runs:
        try:
            run = load_run(workspace, run_id)
        except InputError:
            return CitationState("run_gone")
        if run.task not in ENTRIES:
            return CitationState("unknown_run")
        if citation.kind == "run" and run.data_fingerprint != citation.data_fingerprint:
            return CitationState("run_changed")
    if citation.kind in _WITHOUT_DATA:
        return CitationState()
    changed = labels_since(workspace, citation.data_fingerprint)
    if changed is None:
        return CitationState("data_changed")
    # What people clicked in a duel is no label.
    labelled = citation.kind in _RESTS_ON_LABELS and citation.page != "duel"
    if labelled and citation.task in changed:
        return CitationState("judgments_changed")
    return CitationState()
