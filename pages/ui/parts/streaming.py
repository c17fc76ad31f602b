"""A text that is shown while a model writes it."""

import queue
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import streamlit as st

from engine.codec import Call
from engine.errors import ShoplabError
from engine.serving import client
from engine.serving.question import Question
from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import acts, answers
from pages.ui.parts.errors import show_error
from pages.ui.parts.model_download import is_missing, show_download

_POOL = ThreadPoolExecutor(max_workers=16, thread_name_prefix="write")
_SECONDS = 180
_POLL_SECONDS = 0.15

OnText = Callable[[str], None]
Body = TypeVar("Body")
Answer = TypeVar("Answer")


def write(
    current: Workspace, call: Call[Body, Answer], body: Body, run: str, pressed: str
) -> Answer | None:
    """The answer of a run's model, its text shown as it grows; None after an error was shown.

    `pressed` is the button that asked for it (`pages.ui.parts.press`).
    """
    question = Question(current.name, call, body, run)
    acts.note_question(current, call, body, run)
    return follow(
        lambda on_text: client.ask(question, _SECONDS, on_text),
        waiting=lambda: answers.doing(client.stage_of(question)),
        missing=lambda model: show_download(current, model, pressed),
    )


def follow(
    work: Callable[[OnText], Answer],
    waiting: Callable[[], str],
    missing: Callable[[str], None] | None = None,
) -> Answer | None:
    """What `work` gives; whatever it lets us on_text is shown until then, before that `waiting`.

    The text is plain: nothing of it is read as Markdown. None after an error was shown, or
    after `missing` has shown what is to be done about a model that is not here.
    """
    place = st.empty()
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()
    future: Future[Answer] = _POOL.submit(work, heard.put)
    text = ""
    while not future.done() or not heard.empty():
        try:
            text = heard.get(timeout=_POLL_SECONDS)
            while not heard.empty():
                text = heard.get()
        except queue.Empty:
            pass
        place.markdown(escape(text) + " ▌" if text else f"*{escape(waiting())}*")
    place.empty()
    try:
        return future.result()
    except ShoplabError as error:
        model = is_missing(error)
        with place.container():
            if missing is not None and model is not None:
                missing(model)
                return None
            show_error(error)
            st.button(t("answers.again"), icon=":material/refresh:", key=f"again_{error.code}")
        return None
