"""Which workspace this tab is in, and values that all tabs in one workspace share.

The key of a workspace is in the link and nowhere else.
"""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit, urlunsplit
from weakref import WeakValueDictionary

import streamlit as st
from streamlit.runtime.caching.cache_utils import CachedFunc
from streamlit.runtime.scriptrunner import get_script_run_ctx

from engine.host.visitor import visitor
from engine.settings import host_limits
from engine.storage.files import changed_at
from engine.storage.runs import Run
from engine.storage.summaries import served
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables
from pages.ui.frame import account
from pages.ui.frame.i18n import t

# The rows of tables by their mark, as long as somebody looks at them. One thread reads at a time,
# so that equal ones are read once.
_ROWS: WeakValueDictionary[str, Tables] = WeakValueDictionary()
_READING = Lock()

PARAM = "w"
_KEY = "workspace_key"
# What stays with the tab in the next workspace: its person, its room, its language, that it
# has a frame, the user's own model server, and the numbers of upload boxes, which would bring back
# files if they started over.
_STAYS = re.compile(r"p|f|room\w*|lang|framed|describe_endpoint_\w+|\w+_(turn|uploads)")

P = ParamSpec("P")
R = TypeVar("R")


def workspace() -> Workspace | None:
    """The workspace of the link (`?w=<key>`), or None for a visitor without one that they may open.

    A page switch may drop the key from the address: the session keeps it and puts it back.
    """
    key = st.query_params.get(PARAM) or st.session_state.get(_KEY)
    opened = Workspace.by_key(key) if key else None
    if opened is None or not account.may_open(opened):
        leave()
        return None
    enter(opened)
    return opened


def enter(chosen: Workspace) -> None:
    """Make `chosen` the workspace of this tab and of its address."""
    if st.session_state.get(_KEY) not in (None, chosen.key):
        leave()
    st.session_state[_KEY] = chosen.key
    if st.query_params.get(PARAM) != chosen.key:
        st.query_params[PARAM] = chosen.key


def leave() -> None:
    """Forget the workspace of this tab, with all that it shows of it; nothing on disk changes."""
    if _KEY in st.session_state:
        for name in [name for name in st.session_state if not _STAYS.fullmatch(str(name))]:
            del st.session_state[name]
    st.query_params.pop(PARAM, None)


def begin(language: str | None = None) -> Workspace:
    """The current workspace, or a new one; without a language its first catalog decides it."""
    current = workspace()
    if current is None:
        current = Workspace.create(language=language, account=account.current())
        enter(current)
    return current


def owner() -> str:
    """Whose turn a job of this tab uses up: the account, or else the address of its browser.

    Behind proxies it is the address that the outermost one saw, where the host says how many there
    are.
    """
    if signed_in := account.current():
        return f"account {signed_in}"
    forwarded = st.context.headers.get_all("X-Forwarded-For")
    return visitor(str(st.context.ip_address or "localhost"), forwarded, host_limits().proxies)


def is_local() -> bool:
    """Whether the browser runs on the server's own machine, and not behind a proxy there."""
    forwarded = {"x-forwarded-for", "forwarded"} & {name.lower() for name in st.context.headers}
    return st.context.ip_address is None and not forwarded


def link(chosen: Workspace) -> str:
    """The address that opens `chosen` in any browser that reaches this server."""
    parts = urlsplit(st.context.url or "")
    return urlunsplit((parts.scheme, parts.netloc, "/", f"{PARAM}={chosen.key}", ""))


def stamp(chosen: Workspace) -> str:
    """A cache key that changes with every load, undo and correction of `chosen`."""
    return f"{data_stamp(chosen)}:{changed_at(chosen.folder / 'corrections.jsonl')}"


def data_stamp(chosen: Workspace) -> str:
    """As `stamp`, but unchanged by corrections, which no model's answer depends on."""
    return f"{chosen.name}:{chosen.key}:{chosen.generation}:{chosen.language}"


def per_shop(
    entries: int = 16, *, corrections: bool = False
) -> Callable[[Callable[P, R]], CachedFunc[P, R]]:
    """A decorator that computes a value once for the data of a workspace and caches it.

    The cache key holds the function's arguments: a workspace by its data (`data_stamp`, or `stamp`
    with `corrections`), a run by its id, anything else by its value; arguments whose names start
    with `_` are left out. The `entries` used last are kept. Everybody shares the returned value, so
    never change it.
    """
    marks: dict[str | type, Callable[[Any], object]] = {
        Workspace: stamp if corrections else data_stamp,
        Run: lambda run: (run.run_id, run.created),
    }
    return st.cache_resource(max_entries=entries, show_spinner=False, hash_funcs=marks)


@per_shop(corrections=True)
def tables(chosen: Workspace) -> Tables:
    """The tables of `chosen`, read once per load; without a folder for indexes.

    Teams that begin with the same shop share its rows and what is derived from them. What grows
    with the rows of a large one is worked out in a child process.
    """
    with _READING:
        equal = chosen.equal_tables(_ROWS)
    return served(chosen, equal, _say_working)


def _say_working() -> AbstractContextManager[None]:
    """A sign on the page while a child process works; in a thread of its own there is no page."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return nullcontext()
    return st.spinner(t("app.working_out"))
