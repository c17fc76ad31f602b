"""Answers of the models: asked once per question, with what they are doing shown while we wait."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine.codec import Call
from engine.errors import ShoplabError
from engine.serving import client
from engine.serving.question import Question
from engine.serving.watch import Stage
from engine.storage.runs import UNTUNED
from engine.storage.workspace import Workspace
from pages.ui.frame import session
from pages.ui.frame.i18n import catalog, language, t
from pages.ui.parts import acts
from pages.ui.parts.errors import show_error
from pages.ui.parts.model_download import is_missing, show_download

CHUNK = 64  # small enough that other people's questions get in between
_SILENT_SECONDS = 0.4
_POLL_SECONDS = 0.3
_SECONDS = 180  # without a sign of life; a busy laptop reads a block of products for a minute
_POOL = ThreadPoolExecutor(max_workers=32, thread_name_prefix="ask")

Body = TypeVar("Body")
Value = TypeVar("Value")
Input = TypeVar("Input")
Output = TypeVar("Output")


@dataclass(frozen=True)
class Answer(Generic[Value]):
    """What a model said, and how long it took once the model was ready."""

    value: Value
    seconds: float


def ask(
    current: Workspace,
    call: Call[Body, Value],
    body: Body,
    run: str = UNTUNED,
    *,
    fresh: bool = False,
    by_page: bool = False,
    pressed: str | None = None,
) -> Answer[Value] | None:
    """The answer of a run's model, or of the untuned one.

    Waits for a model that is still being prepared and says what it does; None after an error was
    shown. Everybody with the same question shares the answer, so never change it; a `fresh`
    question is always asked anew. A question `by_page` is not one that the team asked: the course
    does not count it. `pressed` is the button that asks (`pages.ui.parts.press`), if one does.
    """
    place = st.empty()
    try:
        answer = _wait(current, Question(current.name, call, body, run, fresh), place)
    except ShoplabError as error:
        _show_error(current, error, place, pressed)
        return None
    if not by_page:
        acts.note_question(current, call, body, run)
    return answer


def ask_all(
    current: Workspace,
    call: Call[list[Input], list[Output]],
    inputs: Sequence[Input],
    run: str = UNTUNED,
    *,
    by_page: bool = False,
) -> list[Output] | None:
    """The predictions for many inputs, in their order, with a bar; None after an error.

    `by_page` is as of `ask`: set it for inputs that nobody typed, such as the queries of a log.
    """
    place = st.empty()
    predictions: list[Output] = []
    started = time.monotonic()
    try:
        for start in range(0, len(inputs), CHUNK):
            if time.monotonic() - started > _SILENT_SECONDS:
                text = t("answers.many", done=f"{start:,}", total=f"{len(inputs):,}")
                place.progress(start / len(inputs), text=text)
            chunk = list(inputs[start : start + CHUNK])
            question = Question(current.name, call, chunk, run, background=True)
            predictions += _wait(current, question, place).value
    except ShoplabError as error:
        _show_error(current, error, place)
        return None
    place.empty()
    if not by_page:
        acts.note_question(current, call, inputs, run)
    return predictions


def show_times(answers: Mapping[str, Answer[Any] | None]) -> None:
    """How fast the models `untuned` and `tuned` answered; None for one that was not asked."""
    times = [
        t(f"answers.times.{place}", ms=f"{1000 * answer.seconds:,.0f}")
        for place, answer in answers.items()
        if answer
    ]
    st.caption(t("answers.answered", times=" · ".join(times)))


@st.cache_resource(max_entries=1024, show_spinner=False)
def _shared(stamp: str, key: str, _question: Question[Any, Any]) -> Future[Answer[Any]]:
    return _POOL.submit(_timed, _question)


def _timed(question: Question[Body, Value]) -> Answer[Value]:
    return Answer(*client.ask_patiently(question, _SECONDS))


def _wait(
    current: Workspace, question: Question[Body, Value], place: DeltaGenerator
) -> Answer[Value]:
    key = (session.data_stamp(current), question.key)
    future: Future[Answer[Value]] = (
        _POOL.submit(_timed, question) if question.fresh else _shared(*key, question)
    )
    wait([future], timeout=_SILENT_SECONDS)
    while not future.done():
        stage = client.stage_of(question)
        share = stage.done / stage.total if stage.total else 0.0
        place.progress(min(share, 1.0), text=doing(stage))
        wait([future], timeout=_POLL_SECONDS)
    if future.exception() is not None and not question.fresh:
        # The next question is a new try.
        _shared.clear(*key, question)
    answer = future.result()
    place.empty()
    return answer


def doing(stage: Stage) -> str:
    """What the models do for a question, in the user's language."""
    code = f"answers.stages.{stage.name}"
    known = code in catalog().texts[language()]
    text = t(code if known else "answers.stages.other")
    return f"{text} ({stage.done:,} / {stage.total:,})" if stage.total else text


def _show_error(
    current: Workspace, error: ShoplabError, place: DeltaGenerator, pressed: str | None = None
) -> None:
    with place.container():
        model = is_missing(error)
        if model is not None:
            show_download(current, model, pressed)
            return
        show_error(error)
        st.button(t("answers.again"), icon=":material/refresh:", key=f"again_{error.code}")
