"""The shopper's session that this tab plays; its id is in the address, so a reload keeps it."""

import secrets

import streamlit as st

from pages.ui.frame import link

KEY = "visit"


def current() -> str:
    """The visit of this tab, empty until it does something. Call `link.remember(KEY)` first."""
    visit = str(st.session_state.get(KEY) or "")
    link.show(KEY, visit)
    return visit


def begin() -> str:
    """The visit of this tab, a new one if there is none yet."""
    if not st.session_state.get(KEY):
        st.session_state[KEY] = secrets.token_hex(6)
    return str(st.session_state[KEY])


def leave() -> None:
    """Be another visitor from now on; what the old visit did stays on record."""
    st.session_state.pop(KEY, None)
    link.show(KEY, "")
