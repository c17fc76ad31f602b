"""Values that travel in the address of a page, so that a link shows what its sender saw."""

import streamlit as st


def remember(*names: str) -> None:
    """Take these parameters of the link into the session; call it before the guard of a page.

    The guard's rerun drops a link's values, as a page switch does. The keys are those of widgets
    that keep their value with `persist_state="session"`.
    """
    for name in names:
        if name in st.query_params and name not in st.session_state:
            st.session_state[name] = st.query_params[name]


def show(name: str, value: str) -> None:
    """Put `value` in the address; an empty one leaves it."""
    if value and st.query_params.get(name) != value:
        st.query_params[name] = value
    elif not value:
        st.query_params.pop(name, None)
