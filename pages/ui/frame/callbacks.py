"""Callbacks of widgets whose errors become ours: Streamlit would show its own box for them."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from engine.errors import ShoplabError
from engine.storage.trouble import explained
from pages.ui.frame import i18n
from pages.ui.frame.i18n import escape

_FAILED = "failed_callback"

P = ParamSpec("P")


def callback(act: Callable[P, object]) -> Callable[P, None]:
    """`act` as a callback; the page runs as a whole to show what it raises."""

    @wraps(act)
    def run(*arguments: P.args, **options: P.kwargs) -> None:
        try:
            with explained():
                act(*arguments, **options)
        except ShoplabError as error:
            st.session_state[_FAILED] = error
            # In a fragment only that would run again, and it shows no errors.
            st.rerun()

    return run


def show_failed() -> None:
    """Show why the last callback did nothing, if it failed."""
    error: ShoplabError | None = st.session_state.pop(_FAILED, None)
    if error is not None:
        st.error(escape(error.message(i18n.language())), icon=":material/error:")
