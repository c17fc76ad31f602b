"""A press of a button that is done again once the model that it needs has been downloaded."""

from typing import Literal

import streamlit as st

_AGAIN = "press_again"


def button(
    label: str,
    key: str,
    *,
    icon: str | None = None,
    type: Literal["primary", "secondary"] = "secondary",
    disabled: bool = False,
) -> bool:
    """A button; whether it was pressed, now or in the run that found its model missing."""
    pressed = st.button(label, type=type, icon=icon, key=key, disabled=disabled)
    if st.session_state.get(_AGAIN) != key:
        return pressed
    del st.session_state[_AGAIN]
    return not disabled


def repeat(key: str) -> None:
    """Take the button as pressed in the next run of the page."""
    st.session_state[_AGAIN] = key
