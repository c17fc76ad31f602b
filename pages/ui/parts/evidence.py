"""Taking a measured figure along to the ideas: one button below whatever was measured."""

from collections.abc import Callable, Mapping

import streamlit as st

from engine.evidence.citation import Citation
from engine.evidence.store import EvidenceStore
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n, session, shell
from pages.ui.frame.i18n import t
from pages.ui.parts.errors import shown_errors

# The parameter of the ideas page that names the citation a card is to begin with.
CITE = "cite"


def offer(current: Workspace, cite: Callable[[], Citation | None], key: str) -> None:
    """A button that keeps the figure of `cite` and opens the ideas with it.

    `cite` gives None where it has already said why there is no figure.
    """
    if not shell.available("ideas"):
        return
    label, about = t("evidence.offer"), t("evidence.offer_help")
    if not st.button(label, icon=shell.ICONS["ideas"], help=about, key=f"evidence_{key}"):
        return
    citation_id = ""
    with shown_errors():
        citation = cite()
        citation_id = EvidenceStore(current).add(citation) if citation else ""
    if citation_id:
        st.switch_page(shell.page_file("ideas"), query_params=address(current, {CITE: citation_id}))


def address(current: Workspace, parameters: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a link to another page: without shop and language it would lose both."""
    return {session.PARAM: current.key, i18n.KEY: i18n.language(), **parameters}
