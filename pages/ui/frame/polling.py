"""Lets a click count once where a part of the page is polled (`run_every`).

Streamlit's side in the browser sends a click only once the events that wait are handled, and
forgets it then. A poll that falls due in between, as it does in a busy browser, sends the states of
all widgets, and with them the click: it arrived twice, and a hand was raised and lowered again.
"""

from functools import cache

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession

# What Streamlit calls a trigger: a value that lasts for one run of the script.
_TRIGGERS = ("trigger_value", "string_trigger_value", "json_trigger_value", "chat_input_value")


@cache
def let_clicks_count_once() -> None:
    """Have the polls of all tabs leave a click to the message that follows with it."""
    # Streamlit offers no public way to look at a message before its callbacks run.
    request = AppSession.request_rerun

    def request_rerun(self: AppSession, client_state: ClientState | None) -> None:
        if client_state is not None and client_state.is_auto_rerun:
            _drop_clicks(client_state)
        request(self, client_state)

    AppSession.request_rerun = request_rerun  # type: ignore[method-assign]


def _drop_clicks(state: ClientState) -> None:
    widgets = state.widget_states.widgets
    for place in reversed(range(len(widgets))):
        if widgets[place].WhichOneof("value") in _TRIGGERS:
            del widgets[place]
