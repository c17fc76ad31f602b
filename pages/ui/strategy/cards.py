"""The products of a live list, each with buttons for what a shopper may do with it."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.bandit.live import compare
from engine.errors import ShoplabError
from engine.storage.feedback import Event, Feedback, Shown
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts
from pages.ui.parts.errors import show_error
from pages.ui.parts.pictures import beside_picture
from pages.ui.parts.product_card import facts, products
from pages.ui.strategy.setup import Setup, arm_name

# Set in the session's state by a press until its effect was shown.
PRESSED = "pressed"
_LONGEST_TITLE = 90
_ICONS: dict[Event, str] = {
    "like": ":material/favorite:",
    "unlike": ":material/heart_check:",
    "click": ":material/visibility:",
    "add_to_cart": ":material/add_shopping_cart:",
    "purchase": ":material/shopping_bag:",
}


def show_cards(setup: Setup, feedback: Feedback, shown: Shown) -> None:
    """The list's products as cards, with how far each moved up since the list before."""
    if not shown.products:
        st.info(t("strategy.live.nothing", arm=arm_name(shown.arm)), icon=":material/search_off:")
    catalog, likes = products(setup.current), feedback.likes(shown.visit)
    before = feedback.list_before(shown)
    moved = compare(before, shown).moved if before else {}
    with st.grid(2, min_column_width=330, gap="small", key="cards"):
        for place, name in enumerate(shown.products, start=1):
            # A catalog that was loaded a moment ago may lack what an older list names.
            if name in catalog:
                with st.container(border=True, gap="xsmall", key=f"card_{place}"):
                    with beside_picture(setup.current, name):
                        _show_product(catalog[name], place, moved.get(name, 0))
                    _show_buttons(setup, shown, name, place, name in likes)


def _show_product(product: Mapping[str, Any], place: int, steps_up: int) -> None:
    badge = f" :green-badge[▲ {steps_up}]" if steps_up > 0 else ""
    title = escape(charts.cut(product["title"], _LONGEST_TITLE))
    st.markdown(f"**{place}\\. {title}**{badge}")
    st.caption(facts(product))


def _show_buttons(setup: Setup, shown: Shown, product_id: str, place: int, liked: bool) -> None:
    events: tuple[Event, ...] = (
        "unlike" if liked else "like",
        "click",
        "add_to_cart",
        "purchase",
    )
    with st.container(horizontal=True, gap="xsmall"):
        for event in events:
            st.button(
                t(f"strategy.events.{event}"),
                icon=_ICONS[event],
                type="tertiary",
                key=f"{'like' if event == 'unlike' else event}_{place}",
                on_click=_record,
                args=(setup, shown.list_id, product_id, event),
            )


def _record(setup: Setup, list_id: str, product_id: str, event: Event) -> None:
    try:
        with Feedback(setup.current) as feedback:
            feedback.record(list_id, product_id, event)
        st.session_state[PRESSED] = True
    except ShoplabError as error:
        show_error(error)
