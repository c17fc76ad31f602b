"""The shopper's session that this tab plays: its name is in the address, so a reload keeps it."""

import secrets

import streamlit as st

from pages.ui.frame import link

KEY = "visit"


def current() -> str:
    """The visit of this tab; empty before it did anything. Call `link.remember(KEY)` before."""
    visit = str(st.session_state.get(KEY) or "")
    link.show(KEY, visit)
    return visit


def begin() -> str:
    """The visit of this tab, a new one if there is none yet."""
    if not st.session_state.get(KEY):
        st.session_state[KEY] = secrets.token_hex(6)
    return str(st.session_state[KEY])


def leave() -> None:
    """Be somebody else from now on; what the old visit did stays on record."""
    st.session_state.pop(KEY, None)
    link.show(KEY, "")
