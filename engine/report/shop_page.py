"""The shop in figures, and what can be done with it next: a report before anything was trained."""

import re

from engine.evidence.ledger import cite_log
from engine.evidence.log_figures import read_log_figures
from engine.evidence.words import say_metric
from engine.messages import say
from engine.report.content import Block, Chart, Claim, Page, Series, Table
from engine.report.words import claim, task_name, text
from engine.storage.runs import list_runs
from engine.storage.workspace import Workspace
from engine.tables.categories import leaf
from engine.tables.tables import Tables
from engine.training.readiness import rate_tasks

MOST_CATEGORIES = 10
_LONGEST_NAME = 40


def shop_page(workspace: Workspace, tables: Tables, language: str) -> Page:
    """How much of what the shop has, its largest categories, and what its log says."""
    counts = {name: about["rows"] for name, about in workspace.about_tables().items()}
    figures = text("list_comma", language).join(
        text(f"shop.counts.{name}", language, n=f"{n:,}") for name, n in counts.items() if n
    )
    source = text("shop.source", language, fingerprint=tables.fingerprint)
    blocks: list[Block] = [Claim(text("shop.figures", language, figures=figures), source)]
    for figure in read_log_figures(tables):
        citation = cite_log(workspace, figure)
        sentence = text(
            "shop.share",
            language,
            metric=say_metric(figure.name, language),
            share=f"{figure.share.value:.1%}",
        )
        blocks.append(claim(workspace, sentence, citation, language))
    if (chart := _categories(tables, language)) is not None:
        blocks.append(chart)
    return Page("shop", text("shop.title", language), tuple(blocks))


def _categories(tables: Tables, language: str) -> Chart | None:
    counts = tables.products["category"].map(leaf, na_action="ignore").value_counts()
    if counts.empty:
        return None
    top = counts.head(MOST_CATEGORIES)
    name = str(top.index[0])[:_LONGEST_NAME]
    share = f"{top.iloc[0] / counts.sum():.0%}"
    return Chart(
        kind="bars",
        title=text("shop.categories", language, name=name, share=share, n=f"{len(counts):,}"),
        categories=tuple(str(category)[:_LONGEST_NAME] for category in top.index),
        series=(Series(text("shop.products", language), tuple(map(float, top))),),
        value_name=text("shop.products", language),
        digits=0,
    )


def next_page(workspace: Workspace, tables: Tables, language: str) -> Page:
    """What each task needs before it can learn, and what a training would bring."""
    trained = {run.task for run in list_runs(workspace)}
    rows = []
    for task, readiness in rate_tasks(tables).items():
        code = "trained" if task in trained else readiness.level
        advice = " ".join(say(code, language, **values) for code, values in readiness.advice)
        if code == "trained":
            advice = text("next.again", language)
        # What an invitation says behind its first sentence belongs to the page of the task.
        advice = advice or _first_sentence(say(f"{task}.invite", language))
        rows.append((task_name(task, language), text(f"next.levels.{code}", language), advice))
    head = tuple(text(f"columns.{name}", language) for name in ("task", "state", "advice"))
    table = Table(text("next.table", language), head, tuple(rows))
    return Page("next", text("next.title", language), (table,))


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.。])\s*", text, maxsplit=1)[0]
