"""Which pages go into the report: all, until somebody leaves some out."""

import hashlib

import streamlit as st

from engine.report.build import assemble, choices, report_stamp
from engine.report.content import Page, Report
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n, session
from pages.ui.frame.i18n import escape, t

LONGEST_NAME = 60


def choose_pages(current: Workspace) -> Report:
    """Ask which pages go in, and make them; the last one, on data and limits, always does."""
    language, stamp = i18n.language(), report_stamp(current)
    with st.spinner(t("report.making")):
        pages = _pages(current, language, stamp)
    names = {page.key: page.title for page in pages}
    # Another set of pages makes another widget, in which all are chosen again.
    content = hashlib.sha256(repr(sorted(names)).encode()).hexdigest()[:8]
    chosen = st.pills(
        t("report.choose"),
        list(names),
        selection_mode="multi",
        default=list(names),
        format_func=lambda key: escape(_cut(names[key])),
        help=t("report.choose_help"),
        key=f"report_pages_{content}",
        persist_state="session",
    )
    return assemble(current, language, [page for page in pages if page.key in chosen])


@session.per_shop(8, corrections=True)
def _pages(current: Workspace, language: str, stamp: str) -> tuple[Page, ...]:
    """All pages that there are; `stamp` changes with what they show."""
    return tuple(choice.make() for choice in choices(current, language))


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
