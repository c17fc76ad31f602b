"""Answers of the models: asked once per question, with what they are doing shown while we wait."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import streamlit as st

from engine.errors import ShoplabError
from engine.serving import client
from engine.storage.runs import UNTUNED as UNTUNED
from engine.storage.workspace import Workspace
from pages.ui.frame import session
from pages.ui.frame.i18n import catalog, language, t
from pages.ui.parts.errors import show_error

CHUNK = 64  # small enough that other people's questions get in between
_SILENT_SECONDS = 0.4
_POLL_SECONDS = 0.3
_COLD_SECONDS = 1.0
_SECONDS = 180  # without a sign of life; a busy laptop reads a block of products for a minute
_PATIENCE = 20  # how often a model that is still being prepared is asked again
_POOL = ThreadPoolExecutor(max_workers=32, thread_name_prefix="ask")


@dataclass(frozen=True)
class Answer:
    """What a model said, and how long it took once the model was ready."""

    value: Any
    seconds: float


def ask(
    current: Workspace, task: str, verb: client.Verb, run_id: str, payload: object
) -> Answer | None:
    """The answer of a run's model (`run_id`), or of the untuned one (`UNTUNED`).

    Waits for a model that is still being prepared and says what it does; None after an error was
    shown. Everybody with the same question shares the answer: never change it.
    """
    place = st.empty()
    try:
        return _wait(current, task, verb, run_id, payload, place)
    except ShoplabError as error:
        _show_error(error, place)
        return None


def ask_all(
    current: Workspace, task: str, run_id: str, items: Sequence[dict[str, Any]]
) -> list[dict[str, Any]] | None:
    """The predictions for many inputs, in their order, with a bar; None after an error."""
    place = st.empty()
    found: list[dict[str, Any]] = []
    started = time.monotonic()
    try:
        for start in range(0, len(items), CHUNK):
            if time.monotonic() - started > _SILENT_SECONDS:
                text = t("answers.many", done=f"{start:,}", total=f"{len(items):,}")
                place.progress(start / len(items), text=text)
            chunk = list(items[start : start + CHUNK])
            found += _wait(current, task, "predict", run_id, chunk, place).value
    except ShoplabError as error:
        _show_error(error, place)
        return None
    place.empty()
    return found


def show_times(given: Mapping[str, Answer | None]) -> None:
    """How fast the models `untuned` and `tuned` answered; None for one that was not asked."""
    times = [
        t(f"answers.times.{place}", ms=f"{1000 * answer.seconds:,.0f}")
        for place, answer in given.items()
        if answer
    ]
    st.caption(t("answers.answered", times=" · ".join(times)))


@st.cache_resource(max_entries=1024, show_spinner=False)
def _future(
    stamp: str, task: str, verb: client.Verb, run_id: str, payload: object, _current: Workspace
) -> Future[Answer]:
    return _POOL.submit(_timed, _current.name, task, verb, run_id, payload)


def _timed(
    workspace: str,
    task: str,
    verb: client.Verb,
    run_id: str,
    payload: object,
    again: bool = False,
) -> Answer:
    for last in (*[False] * _PATIENCE, True):
        started = time.perf_counter()
        try:
            value = client.ask(workspace, task, verb, run_id, payload, _SECONDS)
        except ShoplabError as error:
            if error.code != "inference.busy" or last:
                raise
        else:
            seconds = time.perf_counter() - started
            single = isinstance(payload, list) and len(payload) == 1
            if single and seconds > _COLD_SECONDS and not again:
                # The wait was for the model to get ready: a second question tells its own speed.
                return Answer(value, _timed(workspace, task, verb, run_id, payload, True).seconds)
            return Answer(value, seconds)
    raise AssertionError  # the last try returns or raises


def _wait(
    current: Workspace, task: str, verb: client.Verb, run_id: str, payload: object, place: Any
) -> Answer:
    key = (session.data_stamp(current), task, verb, run_id, payload)
    future = _future(*key, current)
    wait([future], timeout=_SILENT_SECONDS)
    while not future.done():
        about = client.status()
        share = about.done / about.total if about.total else 0.0
        place.progress(min(share, 1.0), text=doing())
        wait([future], timeout=_POLL_SECONDS)
    if future.exception() is not None:
        # The next question is a new try.
        _future.clear(*key, current)
    answer = future.result()
    place.empty()
    return answer


def doing() -> str:
    """What the model process does now, in the user's language."""
    about = client.status()
    code = f"answers.stages.{about.stage}"
    known = code in catalog().texts[language()]
    text = t(code if known else "answers.stages.other")
    return f"{text} ({about.done:,} / {about.total:,})" if about.total else text


def _show_error(error: ShoplabError, place: Any) -> None:
    with place.container():
        show_error(error)
        st.button(t("answers.again"), icon=":material/refresh:", key=f"again_{error.code}")
