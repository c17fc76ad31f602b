"""A figure that somebody brings from the page where it was measured: to a new card or to one."""

import streamlit as st

from engine.evidence.citation import Citation
from engine.evidence.store import EvidenceStore
from engine.evidence.words import say_citation
from engine.ideas.board import IdeaBoard
from engine.ideas.card import Card, change
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n, link
from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import escape, t
from pages.ui.ideas import opened
from pages.ui.parts import charts
from pages.ui.parts.evidence import CITE


def show_brought(current: Workspace) -> None:
    """Where the figure of the link is to go; nothing without one."""
    citation_id = str(st.session_state.get(CITE) or "")
    link.show(CITE, citation_id)
    if not citation_id:
        return
    citations = {one.id: one for one in EvidenceStore(current).citations()}
    if citation_id not in citations:
        _forget()
        return
    citation = citations[citation_id]
    with st.container(border=True, key="ideas_brought"):
        st.markdown(f"**{t('ideas.brought.title')}**")
        st.markdown(escape(say_citation(citation, i18n.language())))
        cards = {card.id: card for card in IdeaBoard(current).cards()}
        chosen = ""
        if cards:
            titles = {name: charts.cut(card.title, 60) for name, card in cards.items()}
            titles[""] = t("ideas.brought.new")
            chosen = st.selectbox(
                t("ideas.brought.card"),
                ["", *cards],
                format_func=titles.__getitem__,
                key="brought_card",
            )
        with st.container(horizontal=True):
            st.button(
                t("ideas.brought.attach" if chosen else "ideas.brought.begin"),
                type="primary",
                icon=":material/attach_file:",
                key="brought_attach",
                on_click=callback(_take),
                args=(current, citation, chosen),
            )
            st.button(t("ideas.brought.later"), key="brought_later", on_click=_forget)


def _take(current: Workspace, citation: Citation, card_id: str) -> None:
    if card_id:
        board = IdeaBoard(current)
        card = board.card(card_id)
        opened.begin(board.save(change(card, evidence=(*card.evidence, citation))))
    else:
        opened.begin(Card(column="measured", evidence=(citation,)))
    _forget()


def _forget() -> None:
    st.session_state.pop(CITE, None)
    link.show(CITE, "")
