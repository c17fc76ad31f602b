"""The basket that a page is about: products found by title or from the most bought ones."""

import json

import streamlit as st

from engine.storage.workspace import Workspace
from pages.ui.cross_sell.orders import Orders, orders
from pages.ui.frame import link
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts, example
from pages.ui.parts.titles import title_matcher

KEY = "basket_link"
MOST = 20
_CHOSEN = "basket"
_FIND, _POPULAR = "basket_find", "basket_popular"
_OFFERED, _PILLS = 50, 8


def choose_basket(current: Workspace) -> list[str]:
    """The products in the basket; they travel in the address. Call `link.remember(KEY)` first."""
    shop = orders(current)
    if _CHOSEN not in st.session_state and KEY in st.session_state:
        st.session_state[_CHOSEN] = _from_link(shop)
    # Whoever brings no basket sees what goes with the product that is bought most.
    example.offer(_CHOSEN, shop.popular[:1])
    known = [name for name in st.session_state[_CHOSEN] if name in shop.titles]
    if known != st.session_state[_CHOSEN]:
        # A catalog that was loaded since may lack what was chosen from an older one.
        st.session_state[_CHOSEN] = known
    left, right = st.columns([2, 3], gap="medium")
    with left:
        text = st.text_input(
            t("cross_sell.basket.find"),
            placeholder=t("cross_sell.basket.find_placeholder"),
            icon=":material/search:",
            max_chars=100,
            key=_FIND,
        )
    found = find(shop, text or "")
    offered = list(dict.fromkeys([*known, *found[:_OFFERED], *shop.popular[:_OFFERED]]))
    with right:
        basket = st.multiselect(
            t("cross_sell.basket.label"),
            offered,
            format_func=lambda name: charts.cut(shop.titles[name], 70),
            max_selections=MOST,
            placeholder=t("cross_sell.basket.placeholder"),
            key=_CHOSEN,
            persist_state="session",
        )
    shown = found[:_PILLS] if text else shop.popular[:_PILLS]
    pills = [name for name in shown if name not in basket]
    if text and not found:
        st.caption(t("cross_sell.basket.none_found"))
    if pills:
        st.pills(
            t("cross_sell.basket.found" if text else "cross_sell.basket.popular"),
            pills,
            format_func=lambda name: escape(charts.cut(shop.titles[name], 36)),
            key=_POPULAR,
            on_change=_take,
            wrap=True,
        )
    link.show(KEY, json.dumps(basket) if basket and not is_example() else "")
    return list(basket)


def is_example() -> bool:
    """Whether the basket is the one that the page began with, and nobody's own."""
    return example.stands_in(_CHOSEN)


def find(shop: Orders, text: str) -> list[str]:
    """The products whose title holds every word of `text`, most bought first."""
    if not text.strip():
        return []
    matches = title_matcher(text)
    return [name for name in shop.popular if matches(shop.titles[name])]


def add(product_id: str) -> None:
    """Put a product into the basket, as a button's callback."""
    basket = st.session_state.get(_CHOSEN, [])
    if product_id not in basket and len(basket) < MOST:
        st.session_state[_CHOSEN] = [*basket, product_id]


def _take() -> None:
    if st.session_state[_POPULAR]:
        add(st.session_state[_POPULAR])
        st.session_state[_POPULAR] = None


def _from_link(shop: Orders) -> list[str]:
    names = names_of(st.session_state.get(KEY, "[]"))
    return [name for name in names if name in shop.titles][:MOST]


def names_of(text: str) -> list[str]:
    """The texts in the JSON list that a link brings; none of anything else."""
    try:
        names = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
