"""The aspects that are looked for: a table to edit, and words of the shop's own to add."""

import re

import pandas as pd
import streamlit as st

from engine.reviews.aspects import Aspects, keep_aspects, read_aspects, seed_terms
from engine.reviews.keyphrases import new_terms
from engine.storage.workspace import Workspace
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, t
from pages.ui.sentiment.answers import newest

_TEXTS = 2_000


def edit_aspects(current: Workspace) -> None:
    """What the aspects are and which words name them; a change is kept in the workspace."""
    with st.expander(t("sentiment.aspects.title"), icon=":material/edit:", key="edit_aspects"):
        st.markdown(t("sentiment.aspects.intro"))
        terms = read_aspects(current)
        table = pd.DataFrame(
            {"aspect": list(terms), "terms": [", ".join(words) for words in terms.values()]}
        )
        edited = st.data_editor(
            table,
            num_rows="dynamic",
            hide_index=True,
            column_config={
                str(name): st.column_config.TextColumn(
                    t(f"sentiment.aspects.{name}"), max_chars=4_000
                )
                for name in table
            },
            key=f"aspects_{hash(repr(terms))}",
        )
        found = _suggested(current, repr(terms))
        if found:
            listed = escape(", ".join(found))
            st.caption(t("sentiment.aspects.suggested", terms=listed))
        with st.container(horizontal=True):
            if st.button(t("sentiment.aspects.save"), icon=":material/save:", key="save_aspects"):
                keep_aspects(current, _terms(edited))
                st.rerun()
            if st.button(t("sentiment.aspects.reset"), key="reset_aspects"):
                keep_aspects(current, seed_terms())
                st.rerun()


def _terms(edited: pd.DataFrame) -> dict[str, list[str]]:
    rows = edited.dropna()
    return {
        str(name): re.split(r"[,，、;；]", str(words))
        for name, words in zip(rows["aspect"], rows["terms"], strict=True)
    }


@session.per_shop(32)
def _suggested(current: Workspace, terms: str) -> list[str]:
    """Frequent words of the reviews that no aspect names yet."""
    texts = newest(current)["text"].head(_TEXTS)
    return new_terms(texts.tolist(), Aspects(read_aspects(current)))["phrase"].tolist()
