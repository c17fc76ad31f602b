"""The example that a page answers before anybody has asked it something.

It stands in the box that it is an example for, until somebody types, clicks or follows a link. The
course does not take it for a question of the team.
"""

import streamlit as st

_OFFERED = "offered_examples"


def offer(key: str, value: object) -> None:
    """Let `value` stand in the widget `key` unless something stood there before."""
    if key not in st.session_state:
        st.session_state[key] = value
        st.session_state.setdefault(_OFFERED, {})[key] = value


def take(key: str) -> None:
    """What stands in `key` is somebody's own choice from now on, be it the example."""
    st.session_state.get(_OFFERED, {}).pop(key, None)


def stands_in(key: str) -> bool:
    """Whether what stands in the widget `key` is still the page's own example."""
    offered: dict[str, object] = st.session_state.get(_OFFERED, {})
    return key in offered and offered[key] == st.session_state.get(key)
