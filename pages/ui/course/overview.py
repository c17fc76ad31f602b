"""The exercises of the course, each with its state and its time."""

import os
from collections.abc import Mapping, Sequence
from typing import Literal

import streamlit as st

from engine.course.exercise import Exercise
from engine.course.progress import ExerciseProgress, Progress
from engine.course.reader import find_mistakes, own_folder
from engine.errors import InputError
from engine.storage.workspace import Workspace
from pages.ui.course.opened import open_exercise
from pages.ui.frame import session, shell
from pages.ui.frame.i18n import escape, language, t

_ICONS = {
    "done": ":material/check_circle:",
    "begun": ":material/pending:",
    "new": ":material/radio_button_unchecked:",
}
_COLOURS: Mapping[str, Literal["green", "blue", "gray"]] = {
    "done": "green",
    "begun": "blue",
    "new": "gray",
}


def show_overview(current: Workspace | None, exercises: Sequence[Exercise]) -> None:
    """Every exercise with a button that opens it."""
    if current is None:
        with st.container(border=True, key="no_shop"):
            st.markdown(t("course.no_shop"))
            st.page_link(
                shell.page_file("home"), label=t("app.empty.home"), icon=shell.ICONS["home"]
            )
    states: dict[str, ExerciseProgress] = {}
    if current is not None:
        progress = Progress(current)
        states = {one.slug: progress.of(one) for one in exercises}
        done = sum(state.done for state in states.values())
        st.progress(done / len(states), text=t("course.done", n=done, all=len(states)))
    _show_own_mistakes()
    with st.grid(3, min_column_width=280, key="exercises"):
        for exercise in exercises:
            with st.container(border=True, height="stretch", key=f"card_{exercise.slug}"):
                _show_card(exercise, states.get(exercise.slug))


def _show_card(exercise: Exercise, progress: ExerciseProgress | None) -> None:
    st.markdown(f"**{exercise.number}. {exercise.title}**")
    st.caption(exercise.question)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", key=f"state_{exercise.slug}"
    ):
        name = state_name(progress)
        text = t(f"course.states.{name}")
        if progress is not None and name == "begun":
            passed = sum(result.passed for result in progress.results)
            text = t("course.states.passed", n=passed, all=len(progress.results))
        st.badge(text, icon=_ICONS[name], color=_COLOURS[name])
        st.badge(t("course.minutes", n=exercise.minutes), icon=":material/schedule:", color="gray")
    st.button(
        t("course.open"),
        key=f"open_{exercise.slug}",
        on_click=open_exercise,
        args=(exercise.slug,),
        width="stretch",
    )


def state_name(progress: ExerciseProgress | None) -> str:
    """`done`, `begun` or `new`."""
    if progress is None:
        return "new"
    if progress.done:
        return "done"
    begun = progress.opened is not None or any(result.passed for result in progress.results)
    return "begun" if begun else "new"


def _show_own_mistakes() -> None:
    """What is wrong with a facilitator's own exercises, for whoever runs the server here."""
    if not session.is_local() or not (os.environ.get("SHOPLAB_COURSE") or own_folder().is_dir()):
        return
    try:
        mistakes = find_mistakes(own_folder())
    except InputError as error:
        st.warning(escape(error.message(language())), icon=":material/edit_off:")
        return
    if mistakes:
        lines = [f"- {escape(one.message(language()))}" for one in mistakes]
        st.warning("\n".join([t("course.own_mistakes"), "", *lines]), icon=":material/edit_off:")
