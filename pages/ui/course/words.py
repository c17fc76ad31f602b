"""The glossary, with a box to find a term."""

import streamlit as st

from engine.course.glossary import read_terms
from pages.ui.frame.i18n import language, t


def show_glossary() -> None:
    """Every term with its explanation, or those that hold what was typed."""
    terms = read_terms(language())
    wanted = st.text_input(
        t("course.glossary.find"), max_chars=60, icon=":material/search:", key="find_term"
    )
    words = (wanted or "").casefold().split()
    matching = [
        term
        for term in terms.values()
        if all(word in f"{term.name} {term.text}".casefold() for word in words)
    ]
    if not matching:
        st.caption(t("course.glossary.none"))
    for term in matching:
        st.markdown(f"**{term.name}**: {term.text}")
        names = [terms[key].name for key in term.see if key in terms]
        if names:
            st.caption(t("course.glossary.see", terms=t("course.glossary.and").join(names)))
