"""Texts that the describe page shows: each with its claims marked and what it rests on."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from engine.claims import Claim
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import claim_marks, names, tables

# As many texts of a session are kept; older ones are written anew when asked for.
_KEPT = 40
_TEXTS = "describe_texts"


def remember(key: str, answer: Any) -> None:
    """Keep an answer of this session under what was asked."""
    held = st.session_state.setdefault(_TEXTS, {})
    held[key] = answer
    while len(held) > _KEPT:
        del held[next(iter(held))]


def recall(key: str) -> Any:
    """The answer that was kept, or None."""
    return st.session_state.get(_TEXTS, {}).get(key)


def show_system(system: str, found: Mapping[str, Any], key: str, *, listed: bool = False) -> None:
    """One system's text under its name."""
    st.subheader(escape(names.system(system)), anchor=False)
    show_text(found, key, listed=listed)


def show_text(found: Mapping[str, Any], key: str, *, listed: bool = False) -> None:
    """A text with its claims marked, and how many facts it tells beyond the title."""
    if not found["text"]:
        st.caption(t("describe.nothing_left"))
        return
    claims = [Claim.read(claim) for claim in found["claims"]]
    claim_marks.show(found["text"], claims, key=key, listed=listed)
    st.caption(t("describe.facts_used", n=found["facts_used"]))


def show_facts(facts: list[Mapping[str, Any]]) -> None:
    """What the writer was told."""
    with st.expander(t("describe.told", n=len(facts)), icon=":material/fact_check:"):
        st.caption(t("describe.told_note"))
        frame = pd.DataFrame(facts)[["name", "value"]]
        labels = {str(name): t(f"describe.columns.{name}") for name in frame}
        tables.show(frame, labels=labels, alt=t("describe.told", n=len(facts)), key="facts_told")
