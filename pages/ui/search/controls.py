"""What the views of the search page share: which systems answer, and how many results they show."""

import streamlit as st

from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import t
from pages.ui.parts.runs import choose_run
from pages.ui.search.systems import MODES, Mode

SIZES = (5, 10, 20)


def choose_systems(current: Workspace) -> tuple[Mode, int, str | None]:
    """Which kind of system, how many results, and which run."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="controls"):
        mode = st.segmented_control(
            t("search.mode"),
            MODES,
            default="recommended",
            required=True,
            format_func=lambda name: t(f"search.modes.{name}"),
            help=t("search.mode_help"),
            key="search_mode",
            wrap=True,
            persist_state="session",
        )
        size = st.segmented_control(
            t("search.size"),
            SIZES,
            default=SIZES[1],
            required=True,
            key="search_size",
            persist_state="session",
        )
        run = choose_run(current, "search")
    return mode or "recommended", size or SIZES[1], run.run_id if run else None
