"""The duel that this tab looks at; its id is in the address, so the link takes a room there."""

import streamlit as st

from pages.ui.frame import link

KEY = "duel"
_UNMASKED = "duel_unmasked"


def duel_id() -> str:
    """The id of the open duel, or ""."""
    chosen = str(st.session_state.get(KEY) or "")
    link.show(KEY, chosen)
    return chosen


def enter(chosen: str) -> None:
    """Look at a duel from now on."""
    st.session_state[KEY] = chosen


def leave() -> None:
    """Back to the choice of duels."""
    st.session_state.pop(KEY, None)
    link.show(KEY, "")


def unmask(chosen: str) -> None:
    """Show this tab who is who."""
    st.session_state[_UNMASKED] = chosen


def is_unmasked(chosen: str) -> bool:
    """Whether this tab asked who is who."""
    return bool(st.session_state.get(_UNMASKED) == chosen)
