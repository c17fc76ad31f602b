"""What was read from a file that somebody uploaded is kept as long as the file is there."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from engine.errors import InputError

R = TypeVar("R")
_KEY = "read_uploads"
# A page has few boxes for files; what was read for others is read anew.
_MOST = 4


def read_once(file: UploadedFile, read: Callable[[UploadedFile], R]) -> R:
    """What `read` makes of `file`, or the InputError that it raises, at each rerun of this tab.

    The file is read at the first of them alone. Never change the returned value.
    """
    outcomes: dict[tuple[str, str], R | InputError] = st.session_state.setdefault(_KEY, {})
    mark = (file.file_id, read.__qualname__)
    if mark not in outcomes:
        while len(outcomes) >= _MOST:
            del outcomes[next(iter(outcomes))]
        try:
            outcomes[mark] = read(file)
        except InputError as error:
            outcomes[mark] = error
    outcome = outcomes[mark]
    if isinstance(outcome, InputError):
        raise outcome
    return outcome
