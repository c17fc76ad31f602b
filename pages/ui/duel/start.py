"""Begin a duel, or go to one that has begun."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from engine.duel.duel import DEPTH, MOST_QUERIES, Match, Side
from engine.duel.store import DuelStore
from engine.room.opponents import Opponent, opponents, rank
from engine.storage.labels import tidy_label
from engine.storage.workspace import Workspace
from engine.tasks.search.answers import PREDICT, SearchInput
from pages.ui.duel import opened
from pages.ui.duel.challenges import show_challenges
from pages.ui.duel.sides import MODEL, WORDS, side_name, sides, sides_of
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, names, query_log
from pages.ui.parts.errors import shown_errors

SIZES = (10, 20, 40)
_LONGEST_QUERY = 200
_EARLIER = 8


def show_start(current: Workspace) -> None:
    """The two sides, the queries, and the button."""
    others = opponents(current)
    choices = {**sides(current), **sides_of(others)}
    options = list(choices)
    left, right = st.columns(2, gap="medium")
    first = left.selectbox(
        t("duel.first"), options, format_func=choices.__getitem__, key="duel_first"
    )
    second = right.selectbox(
        t("duel.second"),
        options,
        index=options.index(MODEL if options[0] != MODEL else WORDS),
        format_func=choices.__getitem__,
        key="duel_second",
    )
    _show_reasons(others)
    queries = _choose_queries(current)
    if first == second:
        st.caption(t("duel.choose_two"))
    pressed = st.button(
        t("duel.begin"),
        type="primary",
        icon=":material/swords:",
        key="duel_begin",
        disabled=first == second or not queries,
    )
    if pressed:
        _begin(current, first, second, queries)
    _show_earlier(current)
    show_challenges(current)


def _show_reasons(others: Sequence[Opponent]) -> None:
    """Why other teams of the room cannot be met."""
    reasons = [
        t(f"duel.opponents.{one.reason}", team=escape(one.team)) for one in others if one.reason
    ]
    if others:
        st.caption("  \n".join([t("duel.opponents.about"), *reasons]))


def _choose_queries(current: Workspace) -> list[str]:
    frequent = query_log.queries(current)["input"].tolist()
    size = st.segmented_control(
        t("duel.size"),
        SIZES,
        default=SIZES[0],
        required=True,
        key="duel_size",
        disabled=not frequent,
    )
    typed = st.text_area(
        t("duel.own"),
        placeholder=t("duel.own_placeholder"),
        max_chars=4_000,
        height=88,
        key="duel_queries",
    )
    lines = (tidy_label(line, _LONGEST_QUERY) for line in (typed or "").splitlines())
    own = list(dict.fromkeys(line for line in lines if line))
    return (own or frequent[: size or SIZES[0]])[:MOST_QUERIES]


def _begin(current: Workspace, first: Side, second: Side, queries: Sequence[str]) -> None:
    with shown_errors():
        ranked = [_rank(current, side, queries) for side in (first, second)]
        (one, firsts), (other, seconds) = ranked
        if one is None or other is None:
            return
        matches = [Match(*row) for row in zip(queries, firsts, seconds, strict=True)]
        duel = DuelStore(current).begin(one, other, matches)
        opened.enter(duel.duel_id)
        st.rerun()


def _rank(
    current: Workspace, side: Side, queries: Sequence[str]
) -> tuple[Side | None, list[tuple[str, ...]]]:
    """The side with the system that answers, and its products; no side after an error was shown."""
    if side.team:
        with st.spinner(t("duel.opponents.asking", team=escape(side.team))):
            system, rankings = rank(current, side.team, side.run, queries)
        return replace(side, system=system), rankings
    items = [SearchInput(query, DEPTH) for query in queries]
    predictions = answers.ask_all(current, PREDICT, items, side.run, by_page=True)
    if predictions is None:
        return None, []
    system = side.system or predictions[0].system
    return replace(side, system=system), [
        tuple(name for name, _ in answer.systems[system]) for answer in predictions
    ]


def _show_earlier(current: Workspace) -> None:
    earlier = DuelStore(current).duels()[:_EARLIER]
    if not earlier:
        return
    st.subheader(t("duel.earlier"), anchor=False)
    for duel in earlier:
        known = opened.is_unmasked(duel.duel_id)
        pair = " – ".join(side_name(current, side) for side in (duel.first, duel.second))
        about = t("duel.about", date=names.moment(duel.created), n=len(duel.matches))
        st.button(
            escape(f"{about} · {pair}" if known else about),
            icon=":material/swords:",
            type="tertiary",
            key=f"enter_{duel.duel_id}",
            on_click=opened.enter,
            args=(duel.duel_id,),
        )
