"""The products of a live list, each with buttons for what a shopper may do with it."""

from collections.abc import Mapping
from functools import partial
from typing import Any, cast

import streamlit as st

from engine.bandit.live import compare
from engine.storage.feedback import Event, Feedback, Shown
from pages.ui.frame.i18n import t
from pages.ui.parts import cards, charts
from pages.ui.parts.pictures import first_pictures
from pages.ui.parts.product_card import move, plain_facts, products
from pages.ui.strategy.setup import Setup, arm_name

# Set in the session's state by a press until its effect was shown.
PRESSED = "pressed"
_LONGEST_TITLE = 90
# Pixels of a card: two stand beside each other in a usual window.
_WIDTH = 330
_ICONS: dict[Event, str] = {
    "like": "favorite",
    "unlike": "heart_check",
    "click": "visibility",
    "add_to_cart": "add_shopping_cart",
    "purchase": "shopping_bag",
}


def show_cards(setup: Setup, feedback: Feedback, shown: Shown) -> None:
    """The list's products as cards, with how far each moved up since the list before."""
    if not shown.products:
        st.info(t("strategy.live.nothing", arm=arm_name(shown.arm)), icon=":material/search_off:")
    catalog, likes = products(setup.current), feedback.likes(shown.visit)
    pictures = first_pictures(setup.current)
    before = feedback.list_before(shown)
    moved = compare(before, shown).moved if before else {}
    cards.show_cards(
        [
            _card(catalog[name], moved.get(name, 0), name in likes, pictures.get(name))
            for name in shown.products
            # A catalog that was loaded a moment ago may lack what an older list names.
            if name in catalog
        ],
        "live_cards",
        partial(_record, setup, shown.list_id),
        width=_WIDTH,
    )


def _card(
    product: Mapping[str, Any], steps_up: int, liked: bool, picture: str | None
) -> cards.Card:
    badge = move(max(steps_up, 0))
    events: tuple[Event, ...] = ("unlike" if liked else "like", "click", "add_to_cart", "purchase")
    return cards.Card(
        product["product_id"],
        charts.cut(product["title"], _LONGEST_TITLE),
        [plain_facts(product)],
        [cards.Action(event, t(f"strategy.events.{event}"), _ICONS[event]) for event in events],
        [badge] if badge else [],
        picture=picture,
    )


def _record(setup: Setup, list_id: str, press: cards.Press) -> None:
    with Feedback(setup.current) as feedback:
        feedback.record(list_id, press.product_id, cast(Event, press.action))
    st.session_state[PRESSED] = True
