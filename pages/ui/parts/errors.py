"""What went wrong, shown to the user."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from engine.errors import ShoplabError
from engine.storage.trouble import explained
from pages.ui.frame import i18n
from pages.ui.frame.i18n import escape
from pages.ui.parts import tables


@contextmanager
def shown_errors() -> Iterator[None]:
    """Show an error of the block on the page, and go on."""
    try:
        with explained():
            yield
    except ShoplabError as error:
        show_error(error)


def show_error(error: ShoplabError) -> None:
    """What went wrong and what to do next, with every problem behind it by file and row."""
    st.error(escape(error.message(i18n.language())), icon=":material/error:")
    if error.details:
        tables.show_problems(error.details)
