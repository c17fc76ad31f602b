"""Suggestions below the query box, per keystroke, from the shop's own log and catalog.

Streamlit's own text input stays the box. A component without a frame listens to what is typed
there, asks this fragment, and shows the list; without it the box still searches.
"""

import threading
from collections.abc import Container, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from engine.retrieval.query_suggestions import Suggester, Suggestion, shop_suggester
from engine.serving import client
from engine.serving.question import Question
from engine.storage.workspace import Workspace
from engine.tasks.search.answers import PREDICT, SearchAnswer, SearchInput
from pages.ui.frame import session
from pages.ui.frame.i18n import t

MOST = 8
_KEY = "suggestions"
_FOLDER = Path(__file__).parent
# A shop's first suggester takes seconds to build; typing never waits longer than this for it.
_SECONDS = 0.2
# The model is asked about no text shorter than this, nor one of which it knows too little.
FEWEST = 3
NEAR = 3
_UNKNOWN = 0.2
_PATIENCE = 180
_POOL = ThreadPoolExecutor(max_workers=8, thread_name_prefix="suggest")

_COMPONENT = st.components.v2.component(
    "query_suggestions",
    html="""<div class="query-suggestions">
<ul role="listbox" hidden></ul><div class="said" role="status"></div>
</div>""",
    css=(_FOLDER / "query_suggestions.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "query_suggestions.js").read_text(encoding="utf-8"),
    # The input refers to the list by id, which does not work across a shadow root.
    isolate_styles=False,
)


def suggest(current: Workspace, box: str, longest: int) -> None:
    """Suggest below the text input with the key `box`; what is picked becomes its value.

    `longest` is how many characters the input takes.
    """
    _suggest(current, box, longest, st.session_state.get(box))


@st.fragment
def _suggest(current: Workspace, box: str, longest: int, entered: str | None) -> None:
    """Suggest on a page that was made for the text `entered`."""
    if st.session_state.get(box) != entered:
        # Streamlit (1.67) sends two changes of one moment as one, and if one is a fragment's, runs
        # only that: what was entered while this asked would wait for the next click.
        st.rerun()
    typed = (st.session_state.get(_KEY) or {}).get("typed") or {}
    text, settled = str(typed.get("text", ""))[:longest], bool(typed.get("settled"))
    answer = view(current, box, text, longest, settled) | {"number": typed.get("number", 0)}
    _COMPONENT(key=_KEY, data=answer, on_typed_change=_keep)


def view(
    current: Workspace, box: str, typed: str, longest: int, settled: bool = False
) -> dict[str, Any]:
    """What the component shows for `typed`; once that `settled`, also what is near in meaning.

    As long as it is not `ready`, there may be more: the component asks again.
    """
    suggester = _suggester_if_made(current)
    suggested = suggester.suggest(typed, MOST) if suggester else []
    shown = [one for one in suggested if len(one.text) <= longest]
    ready = suggester is not None
    if suggester and settled and len(shown) < MOST and (answering := _ask_near(current, typed)):
        # Looked at once: what is said to be ready must hold what came.
        ready = answering.done()
        near = _near(suggester.queries, answering, {one.text for one in shown}) if ready else []
        shown += near[: MOST - len(shown)]
    return {
        "box": box,
        "typed": typed,
        "ready": ready,
        "label": t("queries.suggestions.label"),
        "said": t("queries.suggestions.said", n=len(shown)),
        "items": [{"text": one.text, "note": note(one)} for one in shown],
    }


def _suggester_if_made(current: Workspace) -> Suggester | None:
    """The shop's suggester, or None while it is being made, or where it cannot be made."""
    future = _suggester(current)
    wait([future], timeout=_SECONDS)
    return future.result() if future.done() and future.exception() is None else None


def note(one: Suggestion) -> str:
    """What kind of suggestion it is and how much it leads to, in words."""
    parts = [t(f"queries.suggestions.kinds.{one.kind}")]
    if one.searches:
        parts.append(t("queries.suggestions.searches", n=f"{one.searches:,}"))
    if one.products > 1 or one.kind in ("category", "brand"):
        parts.append(t("queries.suggestions.products", n=f"{one.products:,}"))
    if one.match in ("sound", "typo", "meaning"):
        parts.append(t(f"queries.suggestions.matches.{one.match}"))
    return " · ".join(parts)


def model_is_ready(current: Workspace, query: str) -> None:
    """Note that the shop's search model answered `query`, so it may be asked while typing."""
    ready = _ready(current)
    if not ready.is_set():
        ready.set()
        # The first such question has the model read all past queries: better now than while typing.
        _answer(current, query)


def _ask_near(current: Workspace, typed: str) -> Future[list[SearchAnswer]] | None:
    """Ask the model for past queries near `typed`, and wait a moment; None where it sleeps."""
    if len(typed) < FEWEST or not _ready(current).is_set():
        return None
    future = _answer(current, typed)
    wait([future], timeout=_SECONDS)
    return future


def _near(
    about: Mapping[str, Suggestion], answering: Future[list[SearchAnswer]], shown: Container[str]
) -> list[Suggestion]:
    """The past queries of an answer that is there: typing never waits for a model."""
    if answering.exception() is not None:
        return []
    (answer,) = answering.result()
    if answer.unknown_share >= _UNKNOWN:
        return []
    return [
        replace(about[text], match="meaning")
        for text in answer.near
        if text in about and text not in shown
    ]


@session.per_shop(64)
def _ready(current: Workspace) -> threading.Event:
    return threading.Event()


@session.per_shop(1024)
def _answer(current: Workspace, typed: str) -> Future[list[SearchAnswer]]:
    item = SearchInput(typed, k=1, near=NEAR)
    return _POOL.submit(client.ask, Question(current.name, PREDICT, [item]), _PATIENCE)


@session.per_shop(8)
def _suggester(current: Workspace) -> Future[Suggester]:
    return _POOL.submit(shop_suggester, session.tables(current))


def _keep() -> None:
    """Tells Streamlit to keep the value."""
