"""Products as cards, which a component in the browser draws from one message.

As elements of Streamlit's own, a list of ten cards was forty messages and more, and the cards of a
full room half of all that the server computed. The component shows texts as texts, never as markup.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from engine.images.thumbnail import thumbnail
from pages.ui.frame.callbacks import callback
from pages.ui.parts.product_card import Badge

_FILE = Path(__file__)
_COMPONENT = st.components.v2.component(
    "product_cards",
    html='<ol class="product-cards"></ol>',
    css=_FILE.with_suffix(".css").read_text(encoding="utf-8"),
    js=_FILE.with_suffix(".js").read_text(encoding="utf-8"),
    # What watches a page for changes, as a screen reader, does not see those in a shadow root.
    isolate_styles=False,
)


@dataclass(frozen=True)
class Action:
    """A button of a card; `icon` is the name of a Material symbol."""

    name: str
    label: str
    icon: str


@dataclass(frozen=True)
class Card:
    """A product in plain texts: `lines` are small, `text` is not, `note` stands by the buttons.

    `picture` is a file of `engine.images.image_store.Pictures`.
    """

    product_id: str
    title: str
    lines: Sequence[str]
    actions: Sequence[Action]
    badges: Sequence[Badge] = ()
    text: str = ""
    note: str = ""
    picture: str | None = None


@dataclass(frozen=True)
class Press:
    """Somebody pressed the button `action` on the card of a product."""

    action: str
    product_id: str


def show_cards(
    cards: Sequence[Card],
    key: str,
    on_press: Callable[[Press], object],
    *,
    width: int = 0,
) -> Press | None:
    """Draw `cards` with their numbers, the best first; the press that this run of the page is for.

    `on_press` gets it before the page is made anew. With `width` as many cards stand beside each
    other as have so many pixels each.
    """

    @callback
    def press() -> None:
        pressed = _press(cards, st.session_state[key])
        if pressed is not None:
            on_press(pressed)

    data = {"cards": [_as_json(card) for card in cards], "width": width}
    return _press(cards, _COMPONENT(key=key, data=data, on_press_change=press))


def _press(cards: Sequence[Card], state: Mapping[str, object]) -> Press | None:
    # What a browser sends may be anything.
    sent = state.get("press")
    buttons = ((action.name, card.product_id) for card in cards for action in card.actions)
    return next((Press(*button) for button in buttons if list(button) == sent), None)


def _as_json(card: Card) -> dict[str, object]:
    return asdict(card) | {"picture": thumbnail(card.picture) if card.picture else ""}
