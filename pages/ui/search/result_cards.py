"""The results of one system as cards, which a component in the browser draws from one message.

As elements of Streamlit's own, a column of cards was forty messages, and the cards of a full room
half of all that the server computed. The component shows texts as texts, never as markup.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import t
from pages.ui.parts.product_card import Badge

_FILE = Path(__file__)
_COMPONENT = st.components.v2.component(
    "result_cards",
    html='<ol class="result-cards"></ol>',
    css=_FILE.with_suffix(".css").read_text(encoding="utf-8"),
    js=_FILE.with_suffix(".js").read_text(encoding="utf-8"),
    # What watches a page for changes, as a screen reader, does not see those in a shadow root.
    isolate_styles=False,
)


@dataclass(frozen=True)
class Card:
    """A product among the results, in plain texts.

    `picture` is the address of a picture that the browser can show, empty for none.
    """

    product_id: str
    title: str
    lines: Sequence[str]
    badges: Sequence[Badge]
    picture: str


def show_cards(cards: Sequence[Card], place: str, on_look: Callable[[str], object]) -> str | None:
    """Draw `cards`, the best first, in the column `place`.

    Returns the id of the product of which somebody has just asked why it is here. `on_look` gets
    that of a product that the shopper looks at, before the page is made anew.
    """
    key = f"cards_{place}"
    ids = [card.product_id for card in cards]

    @callback
    def look() -> None:
        # What a browser sends may be anything.
        product_id = st.session_state[key].get("look")
        if product_id in ids:
            on_look(product_id)

    data = {
        "cards": [asdict(card) for card in cards],
        "look": t("search.session.look"),
        "why": t("search.why"),
    }
    pressed = _COMPONENT(key=key, data=data, on_look_change=look, on_why_change=_keep)
    return pressed.why if pressed.why in ids else None


def _keep() -> None:
    """Tells Streamlit to keep the value."""
