"""Who sits at this tab; the id is in the address, so a reload keeps it."""

import secrets

import streamlit as st

from pages.ui.frame import link

KEY = "p"


def current() -> str:
    """The id of the person at this tab; whoever has none yet gets a new one."""
    link.remember(KEY)
    if not st.session_state.get(KEY):
        st.session_state[KEY] = secrets.token_urlsafe(12)
    person = str(st.session_state[KEY])
    link.show(KEY, person)
    return person
