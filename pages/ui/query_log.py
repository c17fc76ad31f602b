"""What shoppers typed: the queries of the shop's log, most frequent first."""

import pandas as pd
import streamlit as st

from engine.data.labels import collect_queries
from engine.storage.workspace import Workspace
from engine.text.words import words
from pages.ui import session

_EXAMPLE_POOL = 200
_LONGEST_EXAMPLE = 36


def queries(current: Workspace) -> pd.DataFrame:
    """Columns `query` (normalised), `input` (as typed), `count`, `first_seen`. Never change it."""
    return _queries(session.data_stamp(current), current)


@st.cache_resource(max_entries=16, show_spinner=False)
def _queries(stamp: str, _current: Workspace) -> pd.DataFrame:
    found = collect_queries(session.tables(_current))
    return found.sort_values(["count", "query"], ascending=[False, True], ignore_index=True)


def frequent(current: Workspace, most: int) -> list[str]:
    """The `most` queries asked most often, as typed."""
    return queries(current)["input"].head(most).tolist()


def examples(current: Workspace, most: int = 8) -> list[str]:
    """Frequent short queries that share no word, as typed: one example of each kind."""
    return _examples(session.data_stamp(current), most, current)


@st.cache_data(max_entries=64, show_spinner=False)
def _examples(stamp: str, most: int, _current: Workspace) -> list[str]:
    chosen: list[str] = []
    used: set[str] = set()
    for text in frequent(_current, _EXAMPLE_POOL):
        terms = set(words(text))
        if len(text) <= _LONGEST_EXAMPLE and terms and not terms & used:
            chosen.append(text)
            used |= terms
        if len(chosen) == most:
            break
    return chosen
