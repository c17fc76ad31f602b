"""What the describe page asks for: a product, a channel, a reader, a tone and a language."""

import streamlit as st

from engine.codec import decode
from engine.storage.workspace import Workspace
from engine.tasks.describe.brief import CHANNELS, LANGUAGES, PERSONAS, TONES, Brief, copy_language
from pages.ui.frame import i18n, link, session
from pages.ui.frame.i18n import t
from pages.ui.parts import charts
from pages.ui.parts.titles import title_matcher

KEY = "product"
_OFFERED = 200
_CHOICES = {"channel": CHANNELS, "persona": PERSONAS, "tone": TONES, "language": LANGUAGES}


def choose_product(current: Workspace) -> str | None:
    """The chosen product; it travels in the address. Call `link.remember(KEY)` first."""
    titles = _titles(current)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        text = st.text_input(
            t("describe.product.find"),
            placeholder=t("describe.product.find_placeholder"),
            icon=":material/search:",
            max_chars=100,
            key="describe_find",
        )
    matches = title_matcher(text or "")
    matching = [name for name, title in titles.items() if matches(title)]
    linked = st.query_params.get(KEY) or st.session_state.get(KEY)
    offered = matching[:_OFFERED]
    if linked in titles and linked not in offered and not (text or "").strip():
        offered = [linked, *offered]
    if not offered:
        return None
    with right:
        chosen = st.selectbox(
            t("describe.product.label"),
            offered,
            index=offered.index(linked) if linked in offered else 0,
            format_func=lambda name: charts.cut(titles[name], 70),
            key=f"describe_product_{hash(tuple(offered))}",
        )
    link.show(KEY, chosen)
    return str(chosen)


def choose_brief(current: Workspace, view: str) -> Brief:
    """Channel, reader, tone and language; of a summary of reviews the language alone."""
    names = ("language",) if view == "reviews" else tuple(_CHOICES)
    chosen: dict[str, str] = {}
    with st.container(horizontal=True, key="brief"):
        for name in names:
            options = _CHOICES[name]
            labels = {option: _label(name, option) for option in options}
            first = copy_language(current.language) if name == "language" else options[0]
            chosen[name] = st.selectbox(
                t(f"describe.brief.{name}"),
                options,
                index=options.index(first),
                format_func=labels.__getitem__,
                help=t(f"describe.brief.{name}_help"),
                key=f"describe_{name}",
                persist_state="session",
                width=220,
            )
    return decode(Brief, chosen)


def _label(name: str, option: str) -> str:
    return i18n.NAMES[option] if name == "language" else t(f"describe.{name}s.{option}")


@session.per_shop(8)
def _titles(current: Workspace) -> dict[str, str]:
    products = session.tables(current).products.dropna(subset=["title"])
    return dict(zip(products["product_id"], products["title"], strict=True))
