"""The choice of the user's own model server; its key stays in this session's memory."""

import streamlit as st

from engine.models.endpoint import Endpoint
from engine.settings import private_endpoints
from pages.ui.frame import session
from pages.ui.frame.i18n import t

# Kept apart from the widgets' values, which a page switch drops.
_FIELDS = {"url": "describe_endpoint_url", "model": "describe_endpoint_model"}
_KEY = "describe_endpoint_key"


def choose_endpoint() -> Endpoint:
    """Let the user say which server writes; its key stays in the session."""
    with st.container(border=True, key="endpoint"):
        values = {}
        for name, place in _FIELDS.items():
            typed = st.text_input(
                t(f"describe.endpoint.{name}"),
                value=st.session_state.get(place, ""),
                placeholder=t(f"describe.endpoint.{name}_placeholder"),
                max_chars=300,
                key=f"{place}_field",
            )
            st.session_state[place] = values[name] = (typed or "").strip()
        key = st.text_input(
            t("describe.endpoint.key"),
            value=st.session_state.get(_KEY, ""),
            type="password",
            max_chars=500,
            autocomplete="off",
            help=t("describe.endpoint.key_help"),
            key=f"{_KEY}_field",
        )
        st.session_state[_KEY] = (key or "").strip()
        st.caption(t("describe.endpoint.where"))
    private = private_endpoints(session.is_local())
    return Endpoint(values["url"], values["model"], st.session_state[_KEY], private=private)
