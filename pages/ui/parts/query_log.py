"""What shoppers typed: the queries of the shop's log, most frequent first."""

import pandas as pd
import streamlit as st

from engine.labelling.labels import EVENT_WEIGHTS, collect_queries
from engine.storage.workspace import Workspace
from engine.text.words import normalise, words
from pages.ui.frame import session

_EXAMPLE_POOL = 200
_LONGEST_EXAMPLE = 36


def queries(current: Workspace) -> pd.DataFrame:
    """Columns `query` (normalised), `input` (as typed), `count`, `first_seen`. Never change it."""
    return _queries(session.data_stamp(current), current)


@st.cache_resource(max_entries=16, show_spinner=False)
def _queries(stamp: str, _current: Workspace) -> pd.DataFrame:
    found = collect_queries(session.tables(_current))
    return found.sort_values(["count", "query"], ascending=[False, True], ignore_index=True)


def examples(current: Workspace, most: int = 8) -> list[str]:
    """Short queries that led to the most clicks and share no word, as typed."""
    return _examples(session.data_stamp(current), most, current)


def _most_clicked(current: Workspace) -> list[str]:
    log = session.tables(current).searches
    acts = log.loc[log["event"].isin(EVENT_WEIGHTS), ["query", "event"]]
    worth = acts["event"].map(EVENT_WEIGHTS).groupby(acts["query"].map(normalise)).sum()
    found = queries(current)
    order = found["query"].map(worth).fillna(0).sort_values(ascending=False, kind="stable").index
    return found.loc[order, "input"].head(_EXAMPLE_POOL).tolist()


@st.cache_data(max_entries=64, show_spinner=False)
def _examples(stamp: str, most: int, _current: Workspace) -> list[str]:
    chosen: list[str] = []
    used: set[str] = set()
    for text in _most_clicked(_current):
        terms = set(words(text))
        if len(text) <= _LONGEST_EXAMPLE and terms and not terms & used:
            chosen.append(text)
            used |= terms
        if len(chosen) == most:
            break
    return chosen
