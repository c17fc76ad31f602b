"""What all views of this page share: the gain, the assumptions, and the case that follows."""

import time
from dataclasses import dataclass
from functools import cached_property

import streamlit as st

from engine.case.assumptions import MOST_MONTHS, Assumptions
from engine.case.from_log import current_assumptions
from engine.case.simulation import CaseOutcome, simulate
from engine.case.store import Case, CaseStore
from engine.storage.workspace import Workspace
from pages.ui.case.assumptions_form import edit_assumptions
from pages.ui.case.gains import ChosenGain, choose_gain
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts.errors import shown_errors


@dataclass(frozen=True)
class Setup:
    """The shop, the gain that its case starts from, and what the case assumes."""

    current: Workspace
    chosen: ChosenGain
    assumptions: Assumptions

    @cached_property
    def outcome(self) -> CaseOutcome:
        """The case, draw by draw."""
        return simulate(self.assumptions, self.chosen.gain)


def choose_setup(current: Workspace) -> Setup:
    """The controls above all views. They open with the newest gain and the shop's own log."""
    store = CaseStore(current)
    saved = store.read()
    start = current_assumptions(session.tables(current), saved.assumptions if saved else None)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        chosen = choose_gain(current, saved.gain if saved else None)
    with right:
        months = st.slider(
            t("case.months"), 1, MOST_MONTHS, start.months, key="case_months", width="stretch"
        )
    with st.expander(t("case.assumptions.title"), icon=":material/tune:", key="case_assumptions"):
        # An example is never taken for something that was measured.
        kept_gain = None if chosen.is_example else chosen.measured
        assumptions = edit_assumptions(start, months, version=saved.saved if saved else 0.0)
        with st.container(horizontal=True, key="case_buttons"):
            st.button(
                t("case.keep"),
                icon=":material/save:",
                key="keep_case",
                on_click=_keep,
                args=(store, Case(assumptions, kept_gain, time.time())),
            )
            st.button(
                t("case.reset"),
                icon=":material/undo:",
                key="reset_case",
                on_click=_keep,
                args=(store, Case(Assumptions(), None, time.time())),
            )
    return Setup(current, chosen, assumptions)


def _keep(store: CaseStore, case: Case) -> None:
    with shown_errors():
        store.save(case)
        st.toast(t("case.kept"), icon=":material/check:")
