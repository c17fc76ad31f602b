"""Values that travel in the address of a page, so that a link shows what its sender saw."""

import streamlit as st

# The most characters of a value; a full basket is among the longest.
LONGEST = 5_000
_IGNORED = "link_ignored"


def remember(*names: str) -> None:
    """Take these parameters of the link into the session; call it before the guard of a page.

    The guard's rerun drops a link's values, as a page switch does. The keys are those of widgets
    that keep their value with `persist_state="session"`. A value longer than `LONGEST` is left out:
    Streamlit limits what is typed into a box, but not what a link brings. `was_cut` tells of it.
    """
    for name in names:
        if name in st.query_params and name not in st.session_state:
            if len(st.query_params[name]) > LONGEST:
                st.session_state[_IGNORED] = True
                del st.query_params[name]
            else:
                st.session_state[name] = st.query_params[name]


def was_cut() -> bool:
    """Whether a value of the link was left out since this was last asked."""
    return bool(st.session_state.pop(_IGNORED, False))


def show(name: str, value: str) -> None:
    """Put `value` in the address; an empty one leaves it."""
    if value and st.query_params.get(name) != value:
        st.query_params[name] = value
    elif not value:
        st.query_params.pop(name, None)
