"""Answers of this session that stay while the page is drawn anew, under what was asked for."""

from typing import Generic, TypeVar

import streamlit as st

from engine.codec import encode
from engine.storage.workspace import Workspace
from pages.ui.frame import session

# As many answers of a session are kept; older ones are written anew when asked for.
MOST = 40
_STORE = "describe_answers"

Answer = TypeVar("Answer")


class KeptAnswer(Generic[Answer]):
    """The place of the answer to what was `asked`, for the data that the workspace holds now."""

    def __init__(self, current: Workspace, *asked: object) -> None:
        self._key = f"{session.data_stamp(current)} {encode(list(asked))}"

    def put(self, answer: Answer | None) -> None:
        """Keep an answer; None takes it away."""
        answers = st.session_state.setdefault(_STORE, {})
        answers.pop(self._key, None)
        if answer is not None:
            answers[self._key] = answer
        while len(answers) > MOST:
            del answers[next(iter(answers))]

    def get(self) -> Answer | None:
        """The answer that was kept, if there is one."""
        answer: Answer | None = st.session_state.get(_STORE, {}).get(self._key)
        return answer
