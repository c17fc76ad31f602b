"""Texts that the describe page shows: each with its claims marked and what it rests on."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from engine.claims import Fact
from engine.tasks.describe.answers import CheckedText
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import claim_marks, names, tables


def show_system(system: str, text: CheckedText, key: str, *, listed: bool = False) -> None:
    """One system's text under its name."""
    st.subheader(escape(names.system(system)), anchor=False)
    show_text(text, key, listed=listed)


def show_text(text: CheckedText, key: str, *, listed: bool = False) -> None:
    """A text with its claims marked, and how many facts it tells beyond the title."""
    if not text.text:
        st.caption(t("describe.nothing_left"))
        return
    claim_marks.show(text.text, text.claims, key=key, listed=listed)
    st.caption(t("describe.facts_used", n=text.facts_used))


def show_facts(facts: Sequence[Fact]) -> None:
    """What the writer was told."""
    with st.expander(t("describe.told", n=len(facts)), icon=":material/fact_check:"):
        st.caption(t("describe.told_note"))
        columns = ("name", "value")
        frame = pd.DataFrame([(fact.name, fact.value) for fact in facts], columns=list(columns))
        labels = {name: t(f"describe.columns.{name}") for name in columns}
        tables.show(frame, labels=labels, alt=t("describe.told", n=len(facts)), key="facts_told")
