"""The views of a page: tabs, of which only the open one runs."""

from collections.abc import Callable, Mapping

import streamlit as st

from pages.ui.frame.i18n import t

View = Callable[[], None]


def show_views(page: str, views: Mapping[str, View]) -> None:
    """A tab for each of `views`, titled by the text `<page>.views.<name>`; the open one runs."""
    titles = [t(f"{page}.views.{name}") for name in views]
    tabs = st.tabs(titles, key=f"{page}_view", on_change="rerun")
    for tab, show in zip(tabs, views.values(), strict=True):
        if tab.open:
            with tab:
                show()
