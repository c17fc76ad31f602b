"""How the report reads: every slide as a picture, and its sentences as text."""

import streamlit as st

from engine.report.content import Block, Chart, Claim, Report, Table, Text
from engine.report.layout import Slide, TextBox, lay_out
from engine.report.svg import slide_svg
from pages.ui.frame.i18n import escape, t

LONGEST_ALT = 1_000


def show_preview(report: Report) -> None:
    """The slides in order, and the same in words for whoever cannot see them."""
    slides = lay_out(report)
    claims = len(report.claims)
    st.header(t("report.preview"), anchor=False)
    st.caption(t("report.about", slides=len(slides), n=claims))
    grey = sum(not claim.holds for claim in report.claims)
    if grey:
        st.warning(t("report.grey", n=grey), icon=":material/link_off:")
    with st.grid(2, min_column_width=340, gap="small", key="slides"):
        for slide in slides:
            with st.container(border=True):
                st.image(slide_svg(slide), width="stretch", alt=_alt(slide))
    with st.expander(t("report.as_text"), icon=":material/article:", key="report_text"):
        for page in report.pages:
            st.markdown(f"**{escape(page.title)}**")
            for block in page.blocks:
                _say(block)


def _alt(slide: Slide) -> str:
    """What is written on a slide; its charts and tables are named there."""
    texts = [box for box in (slide.title, *slide.boxes) if isinstance(box, TextBox)]
    return " ".join(line.text for box in texts for line in box.lines)[:LONGEST_ALT]


def _say(block: Block) -> None:
    match block:
        case Text():
            name = f"**{escape(block.name)}** " if block.name else ""
            st.markdown(name + escape(block.text))
        case Claim():
            st.markdown(escape(block.text))
            st.caption(escape(block.source))
        case Chart():
            st.markdown(escape(block.title))
            st.caption(escape(block.note))
        case Table():
            st.markdown(escape(block.name))
