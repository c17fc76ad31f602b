"""The checks of an exercise: what to do, whether it was done, a hint, and the solution."""

import streamlit as st

from engine.course.exercise import CheckSpec, Exercise
from engine.course.progress import CheckResult, ExerciseProgress
from pages.ui.frame.i18n import escape, language, t

PASSED, MISSING = ":material/check_circle:", ":material/radio_button_unchecked:"


def show_checks(exercise: Exercise, progress: ExerciseProgress) -> None:
    """Every check with its state; the button looks again at what the team did."""
    st.header(t("course.checks.title"), anchor=False)
    st.caption(t("course.checks.note"))
    for number, (spec, result) in enumerate(
        zip(exercise.checks, progress.results, strict=True), start=1
    ):
        with st.container(border=True, key=f"check_{number}"):
            _show_check(f"{exercise.slug}_{number}", spec, result)
    if progress.done:
        st.success(t("course.checks.all"), icon=PASSED)


def _show_check(key: str, spec: CheckSpec, result: CheckResult) -> None:
    icon = PASSED if result.passed else MISSING
    st.markdown(f"{icon} {spec.task}")
    shown = f"shown_{key}"
    with st.container(horizontal=True, key=f"buttons_{key}"):
        if st.button(t("course.checks.check"), key=f"check_now_{key}", icon=":material/rule:"):
            st.session_state[shown] = True
        with st.popover(t("course.checks.hint"), icon=":material/lightbulb:", key=f"hint_{key}"):
            st.markdown(spec.hint)
        with st.popover(t("course.checks.solution"), icon=":material/key:", key=f"solution_{key}"):
            st.markdown(spec.solution)
    if not st.session_state.get(shown):
        return
    text = escape(result.message.say(language()))
    if result.passed:
        st.success(text, icon=PASSED)
        return
    st.warning(text, icon=":material/hourglass_empty:")
    if result.misconception:
        said = t("course.checks.misconception")
        st.info(f"**{said}** {result.misconception}", icon=":material/psychology_alt:")
