"""The result cards of the page Search in an AppTest, which leaves what a component draws alone."""

import json
from typing import Any

from streamlit.testing.v1 import AppTest


def cards(app: AppTest, place: str) -> list[dict[str, Any]]:
    """What the component in the column `place` draws; empty where there is none."""
    return next((json.loads(one.json)["cards"] for one in _columns(app, place)), [])


def press(app: AppTest, place: str, button: str, rank: int) -> AppTest:
    """The page after a press of `button`, `look` or `why`, of the card with this rank."""
    (column,) = _columns(app, place)
    product_id = json.loads(column.json)["cards"][rank - 1]["product_id"]
    return send(app, place, button, product_id)


def send(app: AppTest, place: str, button: str, value: object) -> AppTest:
    """The page after the browser sent `value` for a button of the column `place`."""
    (column,) = _columns(app, place)
    states = app._tree.get_widget_states()
    # As Streamlit's front end names and writes the events of a component.
    states.widgets.add(
        id=f"$$STREAMLIT_INTERNAL_KEY_{column.id}__events",
        json_trigger_value=json.dumps([{"event": button, "value": value}]),
    )
    return app._run(states)


def _columns(app: AppTest, place: str) -> list[Any]:
    found = [one.proto for one in app.get("bidi_component")]
    return [one for one in found if one.id.endswith(f"-cards_{place}")]
