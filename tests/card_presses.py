"""Cards of products in an AppTest, which leaves what a component draws alone."""

import json
from collections.abc import Sequence
from typing import Any

from streamlit.testing.v1 import AppTest


def cards(app: AppTest, key: str) -> list[dict[str, Any]]:
    """What is drawn under this key; empty where there is nothing."""
    return next((json.loads(one.json)["cards"] for one in _lists(app, key)), [])


def press(app: AppTest, key: str, action: str, number: int) -> AppTest:
    """The page after a press of a button on the card with this number."""
    return send(app, key, [action, cards(app, key)[number - 1]["product_id"]])


def send(app: AppTest, key: str, value: object) -> AppTest:
    """The page after the browser sent `value` as a press."""
    (shown,) = _lists(app, key)
    states = app._tree.get_widget_states()
    # As Streamlit's front end names and writes the events of a component.
    states.widgets.add(
        id=f"$$STREAMLIT_INTERNAL_KEY_{shown.id}__events",
        json_trigger_value=json.dumps([{"event": "press", "value": value}]),
    )
    return app._run(states)


def titles(app: AppTest, key: str) -> Sequence[str]:
    """The titles of the cards, from the top."""
    return [card["title"] for card in cards(app, key)]


def _lists(app: AppTest, key: str) -> list[Any]:
    found = [one.proto for one in app.get("bidi_component")]
    return [one for one in found if one.id.endswith(f"-{key}")]
