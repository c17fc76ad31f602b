"""A short tour for whoever is here for the first time; closed, it stays away in this browser."""

import streamlit as st

from pages.ui.frame import cookie, shell
from pages.ui.frame.i18n import t

# What each step is about, with the page that it opens.
STEPS = {"shop": "data", "ask": "search", "tune": "tune", "prove": "compare", "learn": "course"}
COOKIE, _SEEN = "shoplab_tour", "seen"
_STEP, _CLOSED = "tour_step", "tour_closed"


def show_tour() -> None:
    """The step that is on, with the way to the next; closed, a button that begins it again."""
    if st.session_state.get(_CLOSED, cookie.read(COOKIE) == _SEEN):
        st.button(
            t("home.tour.again"),
            icon=":material/tour:",
            type="tertiary",
            key="tour_again",
            on_click=_begin,
        )
        cookie.keep(COOKIE, _SEEN)
        return
    names = list(STEPS)
    place = min(int(st.session_state.get(_STEP, 0)), len(names) - 1)
    name, last = names[place], place == len(names) - 1
    with st.container(border=True, key="tour"):
        st.markdown(f"**{t(f'home.tour.{name}.title')}** ({place + 1} / {len(names)})")
        st.markdown(t(f"home.tour.{name}.text"))
        with st.container(horizontal=True, vertical_alignment="center", key="tour_buttons"):
            if place:
                st.button(t("home.tour.back"), key="tour_back", on_click=_go, args=(place - 1,))
            if not last:
                st.button(t("home.tour.next"), key="tour_next", on_click=_go, args=(place + 1,))
            page = STEPS[name]
            st.page_link(shell.page_file(page), label=t(f"app.nav.{page}"), icon=shell.ICONS[page])
            st.button(
                t("home.tour.done" if last else "home.tour.close"),
                type="secondary" if last else "tertiary",
                key="tour_close",
                on_click=_close,
            )


def _go(place: int) -> None:
    st.session_state[_STEP] = place


def _close() -> None:
    st.session_state[_CLOSED] = True


def _begin() -> None:
    st.session_state[_CLOSED] = False
    st.session_state[_STEP] = 0
