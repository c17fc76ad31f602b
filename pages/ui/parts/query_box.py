"""The query that a page is about: typed, taken from the shop's log, or brought by a link."""

import streamlit as st

from engine.retrieval.example_queries import ExampleQuery, example_queries
from engine.storage.summaries import SummaryRefused
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n, link, session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import example, query_suggestions

KEY = "q"
LONGEST = 200
_EXAMPLE = "example"


def ask_for_query(current: Workspace, placeholder: str, *, greet: bool = True) -> str:
    """The query box with suggestions while typing and examples from the shop's own log.

    With `greet`, whoever has typed nothing yet sees the first example answered. The query travels
    in the address. The pages that have the box share it. Call `link.remember(KEY)` before the
    guard.
    """
    try:
        examples = example_queries(session.tables(current))
    except SummaryRefused as error:
        st.caption(escape(error.message(i18n.language())))
        examples = ()
    if examples and greet:
        example.offer(KEY, examples[0].text)
    with st.container(gap=None, key="query_box"):
        text = st.text_input(
            t("queries.label"),
            max_chars=LONGEST,
            placeholder=placeholder,
            icon=":material/search:",
            key=KEY,
            persist_state="session",
            on_change=example.take,
            args=(KEY,),
        )
        query_suggestions.suggest(current, KEY, LONGEST)
    if examples:
        marked = {one.text: _mark(one) for one in examples}
        st.pills(
            t("queries.examples"),
            list(marked),
            format_func=marked.__getitem__,
            key=_EXAMPLE,
            on_change=_take_example,
            wrap=True,
        )
    # Streamlit limits what is typed, but not what a link brings.
    query = " ".join((text or "")[:LONGEST].split())
    # An example in the address would be a question of whoever follows it.
    link.show(KEY, "" if is_example() else query)
    return query


def is_example() -> bool:
    """Whether the query is the one that the page began with, and nobody's own."""
    return example.stands_in(KEY)


def _mark(query: ExampleQuery) -> str:
    """The example as safe Markdown; a misspelt one says so."""
    text = escape(query.text)
    return text if query.meant is None else t("queries.misspelt", text=text)


def _take_example() -> None:
    if st.session_state[_EXAMPLE]:
        st.session_state[KEY] = st.session_state[_EXAMPLE]
        st.session_state[_EXAMPLE] = None
        example.take(KEY)
