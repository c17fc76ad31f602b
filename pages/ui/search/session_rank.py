"""What this session looked at changes the next ranking at once, and the page says how."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from engine.retrieval.session_rank import Reason, RerankedProduct, Traits, rerank
from engine.storage.feedback import Feedback, Shown
from engine.storage.workspace import Workspace
from engine.tables.events import FEEDBACK_WEIGHTS
from pages.ui.frame import session, visit
from pages.ui.frame.i18n import t
from pages.ui.parts import charts
from pages.ui.search.systems import Column

# Products below these places are no answer to the query, whatever the session likes.
DEPTH = 30
_DEFAULT = 30
_LONGEST = 40


def follow(current: Workspace, columns: Sequence[Column], k: int) -> list[Column]:
    """The columns in the order that this session's acts give them, with the controls above."""
    acts = _acts(current)
    if not acts:
        st.caption(t("search.session.hint"))
        return list(columns)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="session"):
        place = st.empty()
        strength = st.slider(
            t("search.session.strength"),
            0,
            100,
            _DEFAULT,
            step=10,
            format="%d %%",
            help=t("search.session.strength_help"),
            key="session_strength",
            persist_state="session",
            width=260,
        )
        st.button(
            t("search.session.reset"),
            icon=":material/restart_alt:",
            key="session_reset",
            help=t("search.session.reset_help"),
            on_click=visit.leave,
        )
    traits = _traits(current)
    followed = [_follow(column, acts, traits, strength / 100) for column in columns]
    moved = {
        name
        for column in followed
        for name in column.ids(k)
        if name in column.placed and column.placed[name].steps > 0
    }
    code = "moved" if moved else "same"
    said = t(f"search.session.{code}", looked=len(acts), n=len(moved))
    place.caption(said, width="stretch")
    return followed


def look(current: Workspace, query: str, column: Column, product_id: str) -> None:
    """Note that the shopper of this tab looked at a product in `column`."""
    shown = Shown(
        list_id=secrets.token_hex(8),
        visit=visit.begin(),
        shopper="",
        query=query,
        policy="",
        arm=column.system,
        probabilities={column.system: 1.0},
        context={},
        products=column.ids(DEPTH),
    )
    with Feedback(current) as feedback:
        feedback.show(shown)
        feedback.record(shown.list_id, product_id, "click")


def why_up(placed: RerankedProduct) -> str:
    """Why a product moved up, as plain text; empty where it did not."""
    if placed.steps <= 0 or not placed.reasons:
        return ""
    reasons = " · ".join(dict.fromkeys(_say(reason) for reason in placed.reasons))
    return t("search.session.up", n=placed.steps, reasons=reasons)


def _say(reason: Reason) -> str:
    count = "one" if reason.products == 1 else "many"
    return t(
        f"search.session.reasons.{reason.trait.kind}_{count}",
        n=reason.products,
        field=charts.cut(reason.trait.field, _LONGEST),
        value=charts.cut(reason.trait.value, _LONGEST),
    )


def _follow(
    column: Column, acts: Sequence[tuple[str, float]], traits: Traits, strength: float
) -> Column:
    scores = dict(column.results)
    placed = rerank(column.ids(DEPTH), acts, traits, strength)
    results = [(one.product_id, scores[one.product_id]) for one in placed]
    return replace(
        column,
        results=[*results, *column.results[DEPTH:]],
        placed={one.product_id: one for one in placed},
    )


def _acts(current: Workspace) -> list[tuple[str, float]]:
    """Each product that this visit acted on, with its strongest act."""
    name = visit.current()
    if not name:
        return []
    with Feedback(current) as feedback:
        acts = feedback.acts(name)
    strongest: dict[str, float] = {}
    for product_id, event in acts:
        strongest[product_id] = max(FEEDBACK_WEIGHTS[event], strongest.get(product_id, 0.0))
    return list(strongest.items())


@session.per_shop(8)
def _traits(current: Workspace) -> Traits:
    return Traits(session.tables(current))
