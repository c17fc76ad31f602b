"""How a page calculates: its formulas, what each means, and the sources."""

from collections.abc import Mapping

import streamlit as st

from pages.ui.frame.i18n import t


def show_formulas(page: str, formulas: Mapping[str, str]) -> None:
    """Each of `formulas` (LaTeX by name) under its text `<page>.formulas.<name>`."""
    for name, formula in formulas.items():
        st.markdown(t(f"{page}.formulas.{name}"))
        st.latex(formula)
    st.caption(t(f"{page}.formulas.sources"))
