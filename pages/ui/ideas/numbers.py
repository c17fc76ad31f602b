"""The numbers in a card's text, each with the evidence in which it stands or marked as in none."""

import streamlit as st

from engine.ideas.card import TEXT_FIELDS, Card
from engine.ideas.claims import check_numbers
from pages.ui.frame import i18n
from pages.ui.frame.i18n import t
from pages.ui.ideas.standing import field_name
from pages.ui.parts import claim_marks


def show_numbers(card: Card) -> None:
    """Every field that states a number, its numbers marked; nothing where none does."""
    checked = {
        name: check_numbers(card.text(name), card.evidence, i18n.language()) for name in TEXT_FIELDS
    }
    stated = {name: claims for name, claims in checked.items() if claims}
    if not stated:
        return
    missing = sum(claim.fact is None for claims in stated.values() for claim in claims)
    total = sum(map(len, stated.values()))
    st.markdown(f"**{t('ideas.numbers.title')}**")
    code = "some" if missing else "all"
    st.caption(t(f"ideas.numbers.{code}", n=missing, total=total))
    for name, claims in stated.items():
        st.caption(field_name(name))
        st.markdown(claim_marks.mark(card.text(name), claims))
