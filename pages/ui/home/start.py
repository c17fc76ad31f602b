"""The first screen: a sample shop in one click, or the user's own data."""

import streamlit as st

from engine.messages import LANGUAGES
from pages.ui.frame import i18n, shell
from pages.ui.frame.i18n import t
from pages.ui.parts import loading

STEPS = {
    "one": ":material/looks_one:",
    "two": ":material/looks_two:",
    "three": ":material/looks_3:",
}


def offer_samples() -> None:
    """The first screen: one button that loads a shop, the alternatives, and the next steps."""
    first = i18n.language()
    (other,) = (language for language in LANGUAGES if language != first)
    with st.container(border=True, key="start"):
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            chosen = st.button(
                t(f"home.load_{first}"),
                type="primary",
                icon=":material/storefront:",
                key="load_sample",
            )
            second = st.button(t(f"home.load_{other}"), type="tertiary", key="load_other")
            st.page_link(
                shell.page_file("data"), label=t("home.own_data"), icon=":material/upload_file:"
            )
        st.caption(t("home.what_loads"))
        if chosen or second:
            loading.try_sample_shop(first if chosen else other)
    with st.grid(3, min_column_width=260, key="steps"):
        for step, icon in STEPS.items():
            with st.container(border=True, height="stretch"):
                st.subheader(t(f"home.steps.{step}"), icon=icon, anchor=False)
                st.markdown(t(f"home.steps.{step}_text"))
