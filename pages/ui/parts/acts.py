"""Notes what a team does, once a session, for the checks of the course."""

import contextlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import TypeVar

import streamlit as st

from engine.codec import Call
from engine.course import activity
from engine.course.checks.questions import ASKED
from engine.errors import ShoplabError
from engine.storage.workspace import Workspace
from pages.ui.frame import person, shell

# A page asks the same again with every rerun; so many notes of a session are remembered.
MOST_REMEMBERED = 500
_NOTED = "noted_acts"
# The same query with another filter is no other question.
_LEFT_OUT = {"filters"}

Body = TypeVar("Body")
Value = TypeVar("Value")


def note(current: Workspace, act: str, **details: object) -> None:
    """Note an act of this tab's person, unless this session noted the same in this exercise.

    A note that cannot be written (a full disk, a deleted workspace) is left out: whatever is wrong
    will be said by what people do next.
    """
    row = (current.key, st.session_state.get(shell.EXERCISE), act, repr(details))
    noted: dict[tuple[object, ...], None] = st.session_state.setdefault(_NOTED, {})
    if row in noted:
        return
    noted[row] = None
    while len(noted) > MOST_REMEMBERED:
        del noted[next(iter(noted))]
    with contextlib.suppress(OSError, ShoplabError):
        activity.note(current, act, person.current(), **details)


def note_question(current: Workspace, call: Call[Body, Value], body: object, run: str) -> None:
    """Note what was asked of a model: the call, the training, and the inputs as short texts."""
    items = body if isinstance(body, list | tuple) else [body]
    inputs = [_text(item) for item in items[: activity.MOST_TEXTS]]
    if any(inputs):
        note(
            current, ASKED, call=f"{call.task or call.service}.{call.verb}", run=run, inputs=inputs
        )


def _text(value: object) -> str:
    return " ".join(_words(value))[: activity.LONGEST_TEXT]


def _words(value: object) -> Iterator[str]:
    """The texts in an input, wherever they stand in it."""
    if isinstance(value, str):
        if value:
            yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _words(item)
    elif is_dataclass(value):
        for field in fields(value):
            if field.name not in _LEFT_OUT:
                yield from _words(getattr(value, field.name))
