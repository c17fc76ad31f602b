"""Answers of this session that stay while the page is drawn anew, under what was asked for."""

from typing import Generic, TypeVar

import streamlit as st

from engine.codec import encode
from engine.storage.workspace import Workspace
from pages.ui.frame import session

# As many answers of a session are kept; older ones are written anew when asked for.
MOST = 40

Answer = TypeVar("Answer")


class KeptAnswer(Generic[Answer]):
    """The place of one answer."""

    def __init__(self, store: str, key: str) -> None:
        self._store, self._key = store, key

    def put(self, answer: Answer | None) -> None:
        """Keep an answer; None takes it away."""
        answers = st.session_state.setdefault(self._store, {})
        answers.pop(self._key, None)
        if answer is not None:
            answers[self._key] = answer
        while len(answers) > MOST:
            del answers[next(iter(answers))]

    def get(self) -> Answer | None:
        """The answer that was kept, if there is one."""
        answer: Answer | None = st.session_state.get(self._store, {}).get(self._key)
        return answer


class KeptAnswers(Generic[Answer]):
    """The answers of one kind, in the session state under `store`."""

    def __init__(self, store: str) -> None:
        self._store = store

    def of(self, current: Workspace, *asked: object) -> KeptAnswer[Answer]:
        """The place of the answer to `asked`, for the data that the workspace holds now."""
        return KeptAnswer(self._store, f"{session.data_stamp(current)} {encode(list(asked))}")
