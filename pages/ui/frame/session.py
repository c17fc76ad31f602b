"""Which workspace this tab is in: its key is in the link and nowhere else."""

from urllib.parse import urlsplit, urlunsplit

import streamlit as st

from engine.storage.workspace import Workspace
from engine.tables.tables import Tables

PARAM = "w"
_KEY = "workspace_key"


def workspace() -> Workspace | None:
    """The workspace of the link (`?w=<key>`), or None for a visitor without one.

    A page switch may drop the key from the address: the session keeps it and puts it back.
    """
    key = st.query_params.get(PARAM) or st.session_state.get(_KEY)
    found = Workspace.by_key(key) if key else None
    if found is None:
        leave()
        return None
    enter(found)
    return found


def enter(chosen: Workspace) -> None:
    """Make `chosen` the workspace of this tab and of its address."""
    st.session_state[_KEY] = chosen.key
    if st.query_params.get(PARAM) != chosen.key:
        st.query_params[PARAM] = chosen.key


def leave() -> None:
    """Forget the workspace of this tab; nothing on disk changes."""
    st.session_state.pop(_KEY, None)
    st.query_params.pop(PARAM, None)


def begin(language: str | None = None) -> Workspace:
    """The current workspace, or a new one; without a language its first catalog decides it."""
    current = workspace()
    if current is None:
        current = Workspace.create(language=language)
        enter(current)
    return current


def link(chosen: Workspace) -> str:
    """The address that opens `chosen` in any browser that reaches this server."""
    parts = urlsplit(st.context.url or "")
    return urlunsplit((parts.scheme, parts.netloc, "/", f"{PARAM}={chosen.key}", ""))


def stamp(chosen: Workspace) -> str:
    """A mark that changes with every load, undo and correction of `chosen`: the key of caches."""
    files = (chosen.folder / "tables" / "tables.json", chosen.folder / "corrections.jsonl")
    marks = [file.stat().st_mtime_ns if file.is_file() else 0 for file in files]
    return f"{chosen.name}:{marks}:{chosen.language}"


def data_stamp(chosen: Workspace) -> str:
    """As `stamp`, but the same after a correction: what answers of a model depend on."""
    file = chosen.folder / "tables" / "tables.json"
    written = file.stat().st_mtime_ns if file.is_file() else 0
    return f"{chosen.name}:{chosen.key}:{written}:{chosen.language}"


def tables(chosen: Workspace) -> Tables:
    """The tables of `chosen`, read once per load. Everybody shares them: never change a frame."""
    return _tables(stamp(chosen), chosen)


@st.cache_resource(max_entries=16, show_spinner=False)
def _tables(stamp: str, _chosen: Workspace) -> Tables:
    return _chosen.tables()
