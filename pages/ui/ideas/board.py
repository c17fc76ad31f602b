"""The cards in columns, from a spark to what was tested; on a phone one column below the other."""

from dataclasses import replace

import streamlit as st

from engine.ideas.board import IdeaBoard
from engine.ideas.card import COLUMNS, Card, Column
from engine.ideas.example import example_card
from engine.storage.workspace import Workspace
from engine.text.words import normalise
from pages.ui.frame import i18n
from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import escape, t
from pages.ui.ideas import opened
from pages.ui.ideas.standing import Standing, badge, column_name, stand
from pages.ui.parts import charts

_LONGEST_FILTER = 60
_LONGEST_IDEA = 140
ORDERS = ("made", "score", "votes")


def show_board(current: Workspace, voter: str) -> None:
    """The filter, the button for a new card, and every card in its column."""
    board = IdeaBoard(current)
    cards, votes, voted = board.cards(), board.votes(), board.voted(voter)
    text, order = _choose()
    if not cards:
        st.info(t("ideas.empty"), icon=":material/lightbulb:")
        cards = (example_card(i18n.language()),)
    standings = [stand(current, card) for card in cards if _matches(card, text)]
    if order == "score":
        standings.sort(key=lambda one: -one.score.value)
    elif order == "votes":
        standings.sort(key=lambda one: -votes.get(one.card.id, 0))
    if not standings:
        st.caption(t("ideas.none_match"))
    for column, place in zip(COLUMNS, st.columns(len(COLUMNS)), strict=True):
        here = [one for one in standings if one.card.column == column]
        with place, st.container(key=f"ideas_column_{column}"):
            st.subheader(column_name(column), anchor=False)
            st.caption(t(f"ideas.columns.{column}", n=len(here)))
            for one in here:
                with st.container(border=True, gap="xsmall"):
                    _show_card(current, one, votes.get(one.card.id, 0), one.card.id in voted, voter)


def _choose() -> tuple[str, str]:
    with st.container(horizontal=True, vertical_alignment="bottom", key="ideas_controls"):
        st.button(
            t("ideas.new"),
            icon=":material/add:",
            type="primary",
            key="ideas_new",
            on_click=opened.begin,
            args=(Card(),),
        )
        orders = {name: t(f"ideas.orders.{name}") for name in ORDERS}
        text = st.text_input(
            t("ideas.filter"),
            icon=":material/filter_alt:",
            max_chars=_LONGEST_FILTER,
            key="ideas_filter",
            width=260,
        )
        order = st.segmented_control(
            t("ideas.order"),
            ORDERS,
            default=ORDERS[0],
            required=True,
            format_func=orders.__getitem__,
            key="ideas_order",
        )
    return (text or "")[:_LONGEST_FILTER], order or ORDERS[0]


def _matches(card: Card, text: str) -> bool:
    everything = normalise(" ".join((card.title, card.customer, card.pain, card.idea)))
    return all(word in everything for word in normalise(text).split())


def _show_card(current: Workspace, one: Standing, votes: int, voted: bool, voter: str) -> None:
    card = one.card
    marks = [badge(one.score)]
    if card.example:
        marks.insert(0, f":violet-badge[{t('ideas.example')}]")
    if card.drafts:
        marks.append(f":orange-badge[{t('ideas.has_drafts')}]")
    if grey := sum(not state.valid for state in one.states):
        marks.append(f":gray-badge[{t('ideas.grey', n=grey)}]")
    st.markdown(f"**{escape(card.title)}**  \n{' '.join(marks)}")
    if card.idea:
        st.caption(escape(charts.cut(card.idea, _LONGEST_IDEA)))
    if card.example:
        _show_example_buttons(current, card)
        return
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            t("ideas.open"),
            icon=":material/edit:",
            key=f"open_{card.id}",
            on_click=opened.begin,
            args=(card,),
        )
        st.button(
            t("ideas.vote", n=votes),
            icon=":material/thumb_up:",
            type="primary" if voted else "secondary",
            help=t("ideas.vote_help"),
            key=f"vote_{card.id}",
            on_click=callback(IdeaBoard(current).vote),
            args=(card.id, voter, not voted),
        )
    with st.container(horizontal=True, gap="xsmall"):
        place = COLUMNS.index(card.column)
        if place:
            _show_move(current, card, COLUMNS[place - 1], "back")
        if place + 1 < len(COLUMNS):
            _show_move(current, card, COLUMNS[place + 1], "forward")


def _show_example_buttons(current: Workspace, card: Card) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            t("ideas.open"),
            icon=":material/visibility:",
            key="open_example",
            on_click=opened.begin,
            args=(card, opened.EXAMPLE),
        )
        st.button(
            t("ideas.take_over"),
            icon=":material/content_copy:",
            key="take_over",
            on_click=callback(IdeaBoard(current).save),
            args=(replace(card, example=False, evidence=()),),
        )


def _show_move(current: Workspace, card: Card, column: Column, way: str) -> None:
    name = column_name(column)
    st.button(
        name,
        icon=f":material/arrow_{way}:",
        type="tertiary",
        help=t("ideas.move", column=name),
        key=f"{way}_{card.id}",
        on_click=callback(IdeaBoard(current).move),
        args=(card.id, column),
    )
