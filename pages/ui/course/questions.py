"""Questions that people ask in a workshop."""

import streamlit as st

from engine.course.faq import read_faq
from pages.ui.frame.i18n import language


def show_questions() -> None:
    """Every question, its answer behind it."""
    for number, question in enumerate(read_faq(language()), start=1):
        with st.expander(question.question, key=f"question_{number}"):
            st.markdown(question.answer)
