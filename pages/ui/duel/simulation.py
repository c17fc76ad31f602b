"""Simulated shoppers vote too: at once, and counted apart from people."""

import secrets
from functools import partial

import streamlit as st

from engine.duel.cite import cite_duel
from engine.duel.duel import Duel, stand
from engine.duel.simulated import simulate
from engine.duel.store import DuelStore
from engine.storage.workspace import Workspace
from pages.ui.duel import opened
from pages.ui.duel.standing import show_standing
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts import evidence
from pages.ui.parts.errors import shown_errors

LISTS = (100, 300, 1000)


def show_simulation(current: Workspace, duel: Duel) -> None:
    """The button that lets them search, and what they clicked."""
    with st.expander(t("duel.simulated.title"), icon=":material/groups:", key="duel_simulated"):
        st.caption(t("duel.simulated.about"))
        lists = st.segmented_control(
            t("duel.simulated.lists"),
            LISTS,
            default=LISTS[0],
            required=True,
            key="duel_simulated_lists",
        )
        store = DuelStore(current)
        if st.button(t("duel.simulated.start"), icon=":material/groups:", key="duel_simulate"):
            with shown_errors():
                votes = simulate(
                    duel, session.tables(current), lists or LISTS[0], secrets.randbelow(2**31)
                )
                store.add_simulated(duel, votes)
        winners = store.winners(duel, "simulated")
        if not winners:
            return
        show_standing(current, duel, winners, "simulated")
        standing = stand(winners)
        if opened.is_unmasked(duel.duel_id) and standing.decided:
            cite = partial(cite_duel, duel, standing, "simulated")
            evidence.offer(current, cite, "duel_simulated")
