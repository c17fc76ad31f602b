"""What a training brought: its verdict, every system with its interval, and the differences."""

from engine.evaluation.compare import metric_interval
from engine.evaluation.heldout import systems_of
from engine.evidence.ledger import cite_comparison, cite_run, cite_tuning
from engine.report.content import Block, Chart, Page, Series, Table, Text
from engine.report.words import (
    claim,
    day,
    interval_text,
    metric_name,
    system_name,
    task_name,
    text,
)
from engine.storage.runs import Run, load_heldout
from engine.storage.workspace import Workspace
from engine.tasks import ENTRIES
from engine.training.outcome import outcome, tuning

# More bars are hard to tell apart on a slide.
MOST_SYSTEMS = 12


def run_key(run: Run) -> str:
    """What the page of a run is called among those to choose from."""
    return f"run:{run.run_id}"


def run_page(workspace: Workspace, run: Run, language: str) -> Page:
    """The page of `run`. Raises KeyError for a run without comparison."""
    result = outcome(run)
    metric = run.primary_metric
    values = {
        "system": system_name(run.recommended, language),
        "baseline": system_name(result.baseline, language),
        "metric": metric_name(metric, language),
        "value": f"{run.after[metric]:.3f}",
        "difference": interval_text(result.interval),
    }
    sentence = text(f"verdict.{result.verdict}", language, **values)
    blocks: list[Block] = [claim(workspace, sentence, cite_run(workspace, run), language)]
    if (tuned := tuning(run)) is not None and (cited := cite_tuning(workspace, run)) is not None:
        sentence = text(
            f"tuning.{tuned.interval.verdict}",
            language,
            twin=system_name(tuned.twin, language),
            difference=interval_text(tuned.interval),
        )
        blocks.append(claim(workspace, sentence, cited, language))
    counts = {name: f"{getattr(run, name):,}" for name in ("n_train", "n_validation", "n_test")}
    blocks.append(Text(text("run.examples", language, **counts)))
    blocks += [_chart(workspace, run, language), _differences(run, language)]
    title = text(
        "run.choice",
        language,
        task=task_name(run.task, language),
        day=day(run.created),
        id=run.run_id[-4:],
    )
    return Page(run_key(run), title, tuple(blocks))


def _chart(workspace: Workspace, run: Run, language: str) -> Chart:
    heldout = load_heldout(workspace, run.run_id)
    measured = {name: metric_interval(heldout, name) for name in systems_of(heldout)}
    order = sorted(measured, key=lambda name: measured[name][0], reverse=True)[:MOST_SYSTEMS]
    rows = [measured[name] for name in order]
    metric = metric_name(run.primary_metric, language)
    unfair = [name for name in order if name in ENTRIES[run.task].unfair_baselines]
    best = next((name for name in order if name not in unfair), order[0])
    lead = system_name(best, language)
    notes = [text("run.chart_note", language, metric=metric)]
    if unfair:
        names = ", ".join(system_name(name, language) for name in unfair)
        notes.append(text("run.unfair", language, systems=names))
    return Chart(
        kind="bars",
        title=text(
            "run.chart", language, system=lead, metric=metric, value=f"{measured[best][0]:.3f}"
        ),
        categories=tuple(system_name(name, language) for name in order),
        series=(
            Series(
                metric,
                tuple(row[0] for row in rows),
                tuple(row[1] for row in rows),
                tuple(row[2] for row in rows),
            ),
        ),
        value_name=metric,
        note=" ".join(notes),
    )


def _differences(run: Run, language: str) -> Table:
    system = system_name(run.recommended, language)
    metric = run.primary_metric
    known = {"untuned": run.before} | run.baselines | run.systems
    rows = [
        (
            system_name(name, language),
            f"{known[name][metric]:.3f}" if name in known else "",
            f"{one['delta']:+.3f}",
            f"{one['low']:+.3f}",
            f"{one['high']:+.3f}",
        )
        for name, one in run.paired["against"].items()
    ]
    head = ("other", "value", "delta", "low", "high")
    return Table(
        text("run.table", language, system=system, metric=metric_name(metric, language)),
        tuple(text(f"columns.{name}", language) for name in head),
        tuple(rows),
    )


def comparison_page(workspace: Workspace, first: Run, second: Run, language: str) -> Page:
    """The recommended systems of two runs on the same examples.

    Raises InputError if they were measured on different ones.
    """
    citation = cite_comparison(workspace, first, second)
    # It has all of them: both ends come from the same bootstrap.
    low, high, delta = citation.low or 0.0, citation.high or 0.0, citation.value or 0.0
    verdict = "better" if low > 0 else "worse" if high < 0 else "unclear"
    sentence = text(
        f"two.{verdict}",
        language,
        first=day(first.created),
        second=day(second.created),
        difference=f"{delta:+.3f} [{low:+.3f}, {high:+.3f}]",
        metric=metric_name(first.primary_metric, language),
    )
    table = Table(
        text("two.table", language),
        tuple(text(f"columns.{name}", language) for name in ("run", "day", "system", "value")),
        tuple(
            (
                run.run_id,
                day(run.created),
                system_name(run.recommended, language),
                f"{run.after[run.primary_metric]:.3f}",
            )
            for run in (first, second)
        ),
    )
    title = text("two.title", language, task=task_name(first.task, language))
    key = f"two:{first.run_id}+{second.run_id}"
    return Page(key, title, (claim(workspace, sentence, citation, language), table))
