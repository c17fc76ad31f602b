"""Suggestions below the query box, per keystroke, from the shop's own log and catalog.

Streamlit's own text input stays the box. A component without a frame listens to what is typed
there, asks this fragment, and shows the list; without it the box still searches.
"""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import streamlit as st

from engine.retrieval.suggestions import Suggester, Suggestion, make_suggester
from engine.storage.workspace import Workspace
from pages.ui import session
from pages.ui.i18n import t

MOST = 8
_KEY = "suggestions"
_FOLDER = Path(__file__).parent
# A shop's first suggester takes seconds to make; nobody who types waits for it longer than this.
_SECONDS = 0.2
_POOL = ThreadPoolExecutor(max_workers=2, thread_name_prefix="suggest")

_COMPONENT = st.components.v2.component(
    "query_suggestions",
    html="""<div class="suggestions">
<ul role="listbox" hidden></ul><div class="said" role="status"></div>
</div>""",
    css=(_FOLDER / "query_suggestions.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "query_suggestions.js").read_text(encoding="utf-8"),
)


@st.fragment
def suggest(current: Workspace, box: str, longest: int) -> None:
    """Suggest below the text input with the key `box`; what is picked becomes its value.

    `longest` is how many characters the input takes.
    """
    typed = (st.session_state.get(_KEY) or {}).get("typed") or {}
    _COMPONENT(
        key=_KEY,
        data=view(current, box, str(typed.get("text", ""))[:longest], longest),
        isolate_styles=False,
        on_typed_change=_keep,
    )


def view(current: Workspace, box: str, typed: str, longest: int) -> dict[str, Any]:
    """What the component shows for `typed`."""
    found = [one for one in suggestions(current, typed) if len(one.text) <= longest]
    return {
        "box": box,
        "label": t("queries.suggestions.label"),
        "said": t("queries.suggestions.said", n=len(found)),
        "items": [{"text": one.text, "note": note(one)} for one in found],
    }


def suggestions(current: Workspace, typed: str) -> list[Suggestion]:
    """What may be meant; nothing while the shop's suggester is being made."""
    future = _suggester(session.data_stamp(current), current)
    wait([future], timeout=_SECONDS)
    return future.result().suggest(typed, MOST) if future.done() else []


def note(one: Suggestion) -> str:
    """What a suggestion is and leads to, in words."""
    parts = [t(f"queries.suggestions.kinds.{one.kind}")]
    if one.searches:
        parts.append(t("queries.suggestions.searches", n=f"{one.searches:,}"))
    if one.products > 1 or one.kind in ("category", "brand"):
        parts.append(t("queries.suggestions.products", n=f"{one.products:,}"))
    if one.match in ("sound", "typo", "meaning"):
        parts.append(t(f"queries.suggestions.matches.{one.match}"))
    return " · ".join(parts)


@st.cache_resource(max_entries=8, show_spinner=False)
def _suggester(stamp: str, _current: Workspace) -> Future[Suggester]:
    return _POOL.submit(make_suggester, session.tables(_current))


def _keep() -> None:
    """Tells Streamlit to keep the value."""
