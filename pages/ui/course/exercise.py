"""One exercise: its question, its idea, what to do, and what the checks say."""

import streamlit as st

from engine.course.exercise import Exercise, Step
from engine.course.progress import Progress
from engine.course.reflections import LONGEST, Reflections
from engine.storage.workspace import Workspace
from pages.ui.course.checks import show_checks
from pages.ui.course.opened import close
from pages.ui.course.shot import show_shot
from pages.ui.frame import person, shell
from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import t
from pages.ui.parts.deep_link import open_button

# Pixels; longer lines are hard to follow.
_READABLE = 760


def show_exercise(current: Workspace | None, exercise: Exercise) -> None:
    """Everything of one exercise; what needs a shop says so where there is none."""
    st.button(
        t("course.back"), icon=":material/arrow_back:", type="tertiary", key="back", on_click=close
    )
    st.title(f"{exercise.number}. {exercise.title}", anchor=False)
    st.badge(t("course.minutes", n=exercise.minutes), icon=":material/schedule:", color="gray")
    st.info(exercise.question, icon=":material/help:")
    _show_idea(exercise)
    if current is None:
        st.warning(t("course.no_shop"))
        st.page_link(shell.page_file("home"), label=t("app.empty.home"), icon=shell.ICONS["home"])
        return
    if exercise.shot is not None:
        show_shot(current, exercise.shot)
    st.header(t("course.steps"), anchor=False)
    for number, step in enumerate(exercise.steps, start=1):
        _show_step(number, step)
    progress = Progress(current).of(exercise)
    show_checks(exercise, progress)
    _show_reflection(current, exercise)
    _show_debrief(exercise, progress.done)


def _show_idea(exercise: Exercise) -> None:
    st.header(t("course.idea"), anchor=False)
    with st.container(width=_READABLE):
        st.markdown(exercise.idea)
        st.graphviz_chart(exercise.picture, width="stretch", alt=exercise.caption)
        st.caption(exercise.caption)
    with st.container(border=True, key="formula"):
        st.latex(exercise.formula)
        st.markdown(exercise.symbols)


def _show_step(number: int, step: Step) -> None:
    with st.container(border=True, key=f"step_{number}"):
        st.markdown(f"**{number}.** {step.text}")
        if step.page == "course":
            return
        if shell.available(step.page):
            open_button(step.page, step.parameters, key=f"step_link_{number}")
        else:
            st.caption(t("course.no_page"))


def _show_reflection(current: Workspace, exercise: Exercise) -> None:
    st.header(t("course.reflection"), anchor=False)
    st.markdown(exercise.reflection)
    key = f"reflection_{exercise.slug}"
    if key not in st.session_state:
        st.session_state[key] = Reflections(current).read(exercise.slug, person.current())
    st.text_area(
        t("course.reflection_label"),
        max_chars=LONGEST,
        placeholder=t("course.reflection_placeholder"),
        key=key,
        on_change=_keep_reflection,
        args=(current, exercise.slug, key),
    )
    st.caption(t("course.reflection_note"))


@callback
def _keep_reflection(current: Workspace, slug: str, key: str) -> None:
    Reflections(current).write(slug, person.current(), str(st.session_state[key] or ""))
    st.toast(t("course.kept"), icon=":material/check:")


def _show_debrief(exercise: Exercise, done: bool) -> None:
    st.header(t("course.debrief"), anchor=False)
    if not done and not st.toggle(
        t("course.debrief_early"), key=f"debrief_{exercise.slug}", help=t("course.debrief_help")
    ):
        return
    st.markdown(exercise.debrief)
    st.subheader(t("course.reading"), anchor=False)
    st.markdown(exercise.reading)
