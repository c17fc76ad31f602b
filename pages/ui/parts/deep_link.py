"""A button that opens a page with the settings that an exercise or a citation names."""

from collections.abc import Mapping

import streamlit as st

from engine.config import PRESETS
from engine.messages import LANGUAGES
from engine.tables.tables import Tables
from engine.tasks import get_task
from pages.ui.frame import i18n, session, shell
from pages.ui.frame.i18n import catalog, t
from pages.ui.parts import example


def open_button(page: str, parameters: Mapping[str, str], key: str) -> None:
    """The button, called by the page's name."""
    if st.button(t(f"app.nav.{page}"), icon=shell.ICONS[page], key=key):
        arrive(page, parameters)
        st.switch_page(shell.page_file(page), query_params={i18n.KEY: i18n.language()})


def arrive(page: str, parameters: Mapping[str, str]) -> None:
    """Set what `page` will show: its tab (`view`), its task and settings, its texts.

    The keys are those of the page's own widgets. Parameters that it does not know change nothing.
    """
    for name, value in parameters.items():
        if name == "view":
            if f"{page}.views.{value}" in catalog().texts[LANGUAGES[0]]:
                st.session_state[f"{page}_view"] = t(f"{page}.views.{value}")
        elif page != "tune" or name == "task":
            st.session_state[name] = value
            example.take(name)
    if page == "tune" and "task" in parameters:
        _set_training(parameters)


def _set_training(parameters: Mapping[str, str]) -> None:
    """The preset, the model and the settings of the form on the page Tune."""
    settings = dict(parameters)
    task = settings.pop("task")
    preset = settings.pop("preset", PRESETS[0])
    current = session.workspace()
    tables = session.tables(current) if current else Tables()
    start = get_task(task).config(preset, tables)
    st.session_state[f"preset_{task}"] = preset
    if "model" in settings:
        st.session_state[f"model_{task}_{start.model}"] = settings.pop("model")
    # Read as the settings' own types.
    changed = type(start).model_validate(start.model_dump() | settings)
    for name in settings:
        st.session_state[f"set_{task}_{preset}_{name}"] = getattr(changed, name)
