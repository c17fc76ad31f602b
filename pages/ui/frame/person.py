"""Who sits at this tab: an id that only their browser holds.

It is in the address, so a reload keeps it, and in a cookie once `keep` was called, so that whoever
loses the tab comes back as the same person. The cookie wins: an address may be passed on.
"""

import re
import secrets

import streamlit as st

from pages.ui.frame import cookie, link

KEY = "p"
COOKIE = "shoplab_person"
_ID = re.compile(r"[A-Za-z0-9_-]{16}")


def current() -> str:
    """The id of the person at this tab; whoever has none yet gets a new one."""
    link.remember(KEY)
    kept = cookie.read(COOKIE)
    chosen = kept if _ID.fullmatch(kept) else str(st.session_state.get(KEY, ""))
    person = chosen if _ID.fullmatch(chosen) else secrets.token_urlsafe(12)
    st.session_state[KEY] = person
    link.show(KEY, person)
    return person


def keep() -> None:
    """Keep the id of the person at this tab in a cookie of their browser."""
    cookie.keep(COOKIE, current())
