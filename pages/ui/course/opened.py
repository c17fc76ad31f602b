"""Which exercise is open in this tab; it travels in the address."""

from collections.abc import Sequence

import streamlit as st

from engine.course.exercise import Exercise
from engine.course.progress import Progress
from pages.ui.frame import link, person, session, shell
from pages.ui.frame.room import tab

KEY = shell.EXERCISE
_NOTED = "course_noted"


def exercise(exercises: Sequence[Exercise]) -> Exercise | None:
    """The exercise that is open, or None. Call `link.remember(KEY)` first."""
    slug = str(st.session_state.get(KEY) or "")
    chosen = next((one for one in exercises if one.slug == slug), None)
    link.show(KEY, chosen.slug if chosen else "")
    _note(chosen.slug if chosen else "")
    _shorten(tuple(dict.fromkeys(("course", *chosen.pages))) if chosen else ())
    return chosen


def _shorten(pages: tuple[str, ...]) -> None:
    """Let the navigation hold these pages, or all for none; it stands before the page is run."""
    if st.session_state.get(shell.EXERCISE_PAGES, ()) != pages:
        st.session_state[shell.EXERCISE_PAGES] = pages
        st.rerun()


def _note(slug: str) -> None:
    """Note for the board that the team is at an exercise, however it was opened.

    A facilitator who looks in is not the team.
    """
    current = session.workspace()
    if tab.facilitated() is not None:
        return
    if current is None or st.session_state.get(_NOTED) == slug:
        return
    st.session_state[_NOTED] = slug
    if slug:
        Progress(current).open(slug, person.current())


def open_exercise(slug: str) -> None:
    """Open an exercise."""
    st.session_state[KEY] = slug


def close() -> None:
    """Go back to the list."""
    st.session_state[KEY] = ""
