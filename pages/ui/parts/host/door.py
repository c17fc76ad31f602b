"""The door of what only the host may do: a password, of which only a few may be tried."""

import time

import streamlit as st

from engine.errors import InputError
from engine.host.password import Attempts, is_set
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts.errors import show_error

_OPEN = "host_open"
_LONGEST = 200


@st.cache_resource(show_spinner=False)
def _attempts() -> Attempts:
    return Attempts()


def open_door() -> bool:
    """Whether this tab has shown the password; asks for it otherwise."""
    if not is_set():
        st.info(t("host.door.closed"))
        return False
    if st.session_state.get(_OPEN):
        return True
    with st.form("host_door"):
        password = st.text_input(
            t("host.door.password"), type="password", max_chars=_LONGEST, key="host_password"
        )
        pressed = st.form_submit_button(t("host.door.open"), type="primary")
    if pressed:
        try:
            right = _attempts().check(password, session.owner(), time.time())
        except InputError as error:
            show_error(error)
            return False
        if right:
            st.session_state[_OPEN] = True
            st.rerun()
        st.error(t("host.door.wrong"), icon=":material/lock:")
    return False
