"""The query that a page is about: typed, taken from the shop's log, or brought by a link."""

import streamlit as st

from engine.storage.workspace import Workspace
from pages.ui.frame import link
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import query_log, query_suggestions

KEY = "q"
LONGEST = 200
_EXAMPLE = "example"


def ask_for_query(current: Workspace, placeholder: str) -> str:
    """The query box with suggestions while typing and examples from the shop's own log.

    The query travels in the address. The pages that have the box share it. Call
    `link.remember(KEY)` before the guard.
    """
    with st.container(gap=None, key="query_box"):
        text = st.text_input(
            t("queries.label"),
            max_chars=LONGEST,
            placeholder=placeholder,
            icon=":material/search:",
            key=KEY,
            persist_state="session",
        )
        query_suggestions.suggest(current, KEY, LONGEST)
    examples = query_log.examples(current)
    if examples:
        st.pills(
            t("queries.examples"),
            examples,
            format_func=escape,
            key=_EXAMPLE,
            on_change=_take_example,
            wrap=True,
        )
    # Streamlit limits what is typed, but not what a link brings.
    query = " ".join((text or "")[:LONGEST].split())
    link.show(KEY, query)
    return query


def _take_example() -> None:
    if st.session_state[_EXAMPLE]:
        st.session_state[KEY] = st.session_state[_EXAMPLE]
        st.session_state[_EXAMPLE] = None
