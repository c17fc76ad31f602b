"""Whether each task can learn from the shop, as cards with counts and advice."""

import streamlit as st

from engine.messages import say
from engine.storage.workspace import Workspace
from engine.tasks.base import Level, Readiness
from engine.training.readiness import rate_tasks
from pages.ui.frame import i18n, session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import names
from pages.ui.parts.errors import shown_errors

_COLORS = {"ready": "green", "thin": "orange", "missing": "red"}
_ICONS = {
    "ready": ":material/check_circle:",
    "thin": ":material/pending:",
    "missing": ":material/block:",
}


def readiness(current: Workspace) -> dict[str, Readiness]:
    """The readiness of every task."""
    with st.spinner(t("app.rating")):
        return _readiness(current)


@session.per_shop(64, corrections=True)
def _readiness(current: Workspace) -> dict[str, Readiness]:
    return rate_tasks(session.tables(current))


def show_badge(level: Level) -> None:
    """The level as a coloured badge with an icon and a word."""
    st.badge(t(f"app.levels.{level}"), icon=_ICONS[level], color=_COLORS[level])  # type: ignore[arg-type]


def show_cards(current: Workspace) -> None:
    """One card per task: level, what there is, and what would help; or why nothing is known."""
    with shown_errors(), st.grid(2, min_column_width=320, key="readiness"):
        for name, state in readiness(current).items():
            with st.container(border=True, height="stretch"):
                show_card(name, state)


def show_card(name: str, state: Readiness) -> None:
    """What the data says about the task `name`."""
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.markdown(f"**{names.task(name)}**", width="content")
        show_badge(state.level)
    st.caption(" · ".join(_count(key, n) for key, n in state.counts.items()))
    for code, params in state.advice:
        st.markdown(f"- {escape(say(code, i18n.language(), **params))}")


def _count(key: str, number: int) -> str:
    return escape(f"{names.count(key)}: {number:,}")
