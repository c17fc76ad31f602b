"""What can go into a report of a workspace, and the report of what was chosen."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from engine.case.store import CaseStore
from engine.errors import InputError
from engine.experiment.store import PlanStore
from engine.ideas.board import IdeaBoard
from engine.report.case_page import case_page
from engine.report.content import Page, Report
from engine.report.idea_pages import board_page, card_key, card_page
from engine.report.limits_page import limits_page
from engine.report.plan_page import plan_page
from engine.report.run_page import comparison_page, run_key, run_page
from engine.report.shop_page import next_page, shop_page
from engine.report.words import day, task_name, text
from engine.storage.files import changed_at
from engine.storage.runs import Run, list_runs
from engine.storage.summaries import served
from engine.storage.workspace import Workspace

# The newest trainings; all of a long workshop would be read by nobody.
MOST_RUNS = 12
MOST_CARDS = 30
# What a report reads beside the tables and the runs.
_READ = (
    "corrections.jsonl",
    "ideas/board.sqlite",
    "ideas/board.sqlite-wal",
    "case/case.json",
    "experiment/plan.json",
    "experiment/result.json",
)


@dataclass(frozen=True)
class Choice:
    """A page that can go into a report: its key, and what it is called before it is made."""

    key: str
    name: str
    make: Callable[[], Page]


def choices(workspace: Workspace, language: str) -> list[Choice]:
    """What a report of `workspace` can hold, in its order; the last page always comes too."""
    tables = served(workspace, workspace.tables())
    runs = list_runs(workspace)[:MOST_RUNS]
    found = [
        Choice(
            "shop", text("shop.title", language), partial(shop_page, workspace, tables, language)
        )
    ]
    for run in runs:
        if run.paired.get("against"):
            make = partial(run_page, workspace, run, language)
            found.append(Choice(run_key(run), _run_name(run, language), make))
    found += _comparisons(workspace, runs, language)
    found += _ideas(workspace, language)
    found += _decision(workspace, language)
    make = partial(next_page, workspace, tables, language)
    found.append(Choice("next", text("next.title", language), make))
    return found


def build(workspace: Workspace, language: str, chosen: Collection[str] | None = None) -> Report:
    """The report of the pages whose keys are `chosen`, all of them for None.

    The last page, with fingerprints, settings and limits, cannot be left out.
    """
    pages = [
        one.make() for one in choices(workspace, language) if chosen is None or one.key in chosen
    ]
    return assemble(workspace, language, pages)


def assemble(workspace: Workspace, language: str, pages: Sequence[Page]) -> Report:
    """The report of `pages`, with its cover and its last page."""
    keys = {page.key for page in pages}
    runs = [run for run in list_runs(workspace) if run_key(run) in keys]
    whole = (*pages, limits_page(workspace, runs, language))
    title = workspace.title or text("untitled", language)
    return Report(
        title=text("title", language, shop=title),
        subtitle=text("subtitle", language, day=day(time.time()), pages=len(whole)),
        language=language,
        pages=whole,
    )


def _run_name(run: Run, language: str) -> str:
    task = task_name(run.task, language)
    return text("run.choice", language, task=task, day=day(run.created), id=run.run_id[-4:])


def _comparisons(workspace: Workspace, runs: list[Run], language: str) -> Iterator[Choice]:
    """The newest training of each task against the one before, where both met the same examples."""
    by_task: dict[str, list[Run]] = {}
    for run in runs:
        by_task.setdefault(run.task, []).append(run)
    for of_task in by_task.values():
        for first, second in pairwise(of_task[:2]):
            if first.test_fingerprint == second.test_fingerprint:
                make = partial(comparison_page, workspace, first, second, language)
                name = text("two.title", language, task=task_name(first.task, language))
                yield Choice(f"two:{first.run_id}+{second.run_id}", name, make)


def _ideas(workspace: Workspace, language: str) -> Iterator[Choice]:
    """The board, and a page for each card that people made themselves."""
    cards = [card for card in IdeaBoard(workspace).cards() if not card.example][:MOST_CARDS]
    if cards:
        make = partial(board_page, workspace, cards, language)
        yield Choice("ideas", text("ideas.title", language), make)
    for card in cards:
        make = partial(card_page, workspace, card, language)
        yield Choice(card_key(card), text("ideas.choice", language, title=card.title), make)


def _decision(workspace: Workspace, language: str) -> Iterator[Choice]:
    """The business case and the planned experiment, where there are such."""
    case, plan = CaseStore(workspace).read(), PlanStore(workspace).read()
    if case is not None:
        make = partial(case_page, workspace, case, language)
        yield Choice("case", text("case.title", language), make)
    if plan is not None:
        make = partial(plan_page, workspace, plan, language)
        yield Choice("plan", text("plan.title", language), make)


def report_stamp(workspace: Workspace) -> str:
    """A mark that changes whenever a page of the report may read differently."""
    files = [workspace.folder / name for name in _READ]
    runs = ",".join(run.run_id for run in list_runs(workspace))
    return f"{runs} {[changed_at(file) for file in files]} {workspace.title}"


def check_choice(workspace: Workspace, chosen: Collection[str], language: str) -> None:
    """Raise InputError for a key that no page has."""
    known = {one.key for one in choices(workspace, language)}
    if unknown := sorted(set(chosen) - known):
        raise InputError("report.unknown_page", page=unknown[0], known=", ".join(sorted(known)))
