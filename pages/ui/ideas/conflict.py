"""Two people changed one card: both texts side by side, and which one stays."""

from dataclasses import replace

import streamlit as st

from engine.ideas.board import Conflict, IdeaBoard
from engine.ideas.card import LONGEST_TEXT, TEXT_FIELDS, Card
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n
from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import escape, t
from pages.ui.ideas import opened
from pages.ui.ideas.standing import field_name

_CONFLICT = "ideas_conflict"


def note_conflict(conflict: Conflict) -> None:
    """Show the conflict when the page runs next."""
    st.session_state[_CONFLICT] = conflict


def show_conflict(current: Workspace) -> bool:
    """Both texts with the ways out; whether there is a conflict."""
    conflict: Conflict | None = st.session_state.get(_CONFLICT)
    if conflict is None:
        return False
    mine, theirs = conflict.mine, conflict.theirs
    st.warning(escape(conflict.message(i18n.language())), icon=":material/call_split:")
    names = [name for name in TEXT_FIELDS if mine.text(name) != theirs.text(name)]
    left, right = st.columns(2, gap="large")
    for place, title, card in ((left, "mine", mine), (right, "theirs", theirs)):
        with place, st.container(border=True, key=f"conflict_{title}"):
            st.markdown(f"**{t(f'ideas.conflict.{title}')}**")
            st.markdown(escape(card.title))
            for name in names:
                st.caption(field_name(name))
                st.markdown(escape(card.text(name)) or "–")
    with st.container(horizontal=True):
        for way, card in (
            ("keep_mine", replace(mine, version=theirs.version)),
            ("keep_theirs", theirs),
            ("keep_both", both(mine, theirs)),
        ):
            st.button(
                t(f"ideas.conflict.{way}"),
                key=way,
                on_click=callback(_settle),
                args=(current, card, way),
            )
    return True


def both(mine: Card, theirs: Card) -> Card:
    """Their card with my text below theirs wherever the two differ."""
    texts = {}
    for name in TEXT_FIELDS:
        parts = dict.fromkeys(text for text in (theirs.text(name), mine.text(name)) if text)
        texts[name] = "\n".join(parts)[:LONGEST_TEXT]
    return theirs.with_texts(texts)


def _settle(current: Workspace, card: Card, way: str) -> None:
    st.session_state.pop(_CONFLICT, None)
    if way == "keep_theirs":
        opened.begin(card)
        return
    try:
        opened.begin(IdeaBoard(current).save(card))
    except Conflict as again:
        note_conflict(again)
