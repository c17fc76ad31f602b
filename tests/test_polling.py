"""A click that a poll carries along counts once."""

from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession

from engine.errors import InputError
from pages.ui.frame import polling
from pages.ui.frame.callbacks import callback

Asked = list[list[str]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """The widgets of each message that reaches Streamlit."""
    seen: Asked = []

    def note(_: AppSession, state: ClientState) -> None:
        seen.append([widget.id for widget in state.widget_states.widgets])

    monkeypatch.setattr(AppSession, "request_rerun", note)
    polling.let_clicks_count_once.__wrapped__()
    yield seen


def message(is_poll: bool) -> ClientState:
    state = ClientState(fragment_id="room", is_auto_rerun=is_poll)
    widgets = state.widget_states.widgets
    widgets.add(id="hand", trigger_value=True)
    widgets.add(id="choice", int_value=1)
    widgets.add(id="picked", json_trigger_value='["a"]')
    widgets.add(id="asked").chat_input_value.data = "Hi"
    widgets.add(id="row").string_trigger_value.data = "b"
    widgets.add(id="name", string_value="Ann")
    return state


def test_a_poll_leaves_clicks_to_the_message_of_their_own(asked: Asked) -> None:
    AppSession.request_rerun(None, message(is_poll=True))
    AppSession.request_rerun(None, message(is_poll=False))
    poll, click = asked
    assert poll == ["choice", "name"]
    assert click == ["hand", "choice", "picked", "asked", "row", "name"]


def test_a_failed_callback_has_the_whole_page_run(monkeypatch: pytest.MonkeyPatch) -> None:
    # Only the page shows the error, and what was clicked may be in a fragment.
    runs: list[str] = []
    monkeypatch.setattr(st, "rerun", lambda: runs.append("page"))
    monkeypatch.setattr(st, "session_state", {})

    @callback
    def act(fails: bool) -> None:
        if fails:
            raise InputError("room.no_name")

    act(False)
    assert runs == []
    act(True)
    assert runs == ["page"]
