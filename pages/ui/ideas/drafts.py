"""Drafts of a card's fields by the local generator or an endpoint, marked as such."""

from functools import partial

import streamlit as st

from engine.ideas.card import TEXT_FIELDS, Card
from engine.ideas.drafting import draft_prompt, fit_draft
from engine.storage.runs import list_runs, run_id_of
from engine.storage.workspace import Workspace
from engine.tasks.describe.answers import DRAFT, DraftInput
from engine.tasks.describe.prompts import chat
from pages.ui.frame import i18n
from pages.ui.frame.i18n import t
from pages.ui.ideas import opened
from pages.ui.ideas.standing import field_name
from pages.ui.parts import press, streaming
from pages.ui.parts.endpoint import choose_endpoint

_PENDING = "ideas_draft"
WRITERS = ("local", "endpoint")


def apply_draft(card: Card) -> Card:
    """Put a draft that was just written into its field, before the form is drawn."""
    pending: tuple[str, str] | None = st.session_state.pop(_PENDING, None)
    if pending is None:
        return card
    name, text = pending
    drafted = card.with_texts({name: text}, drafts=[name])
    st.session_state[opened.key(name)] = text
    opened.put(drafted)
    return drafted


def show_drafts(current: Workspace, card: Card) -> None:
    """The choice of a field and of who writes, and the button."""
    with st.expander(t("ideas.drafts.title"), icon=":material/edit_note:", key="ideas_drafts"):
        st.caption(t("ideas.drafts.about"))
        fields = {name: field_name(name) for name in TEXT_FIELDS}
        writers = {name: t(f"ideas.drafts.{name}") for name in WRITERS}
        field = st.selectbox(
            t("ideas.drafts.field"),
            TEXT_FIELDS,
            format_func=fields.__getitem__,
            key=opened.key("draft_field"),
        )
        writer = st.segmented_control(
            t("ideas.drafts.writer"),
            WRITERS,
            default=WRITERS[0],
            required=True,
            format_func=writers.__getitem__,
            key="draft_writer",
        )
        endpoint = choose_endpoint() if writer == "endpoint" else None
        if not card.title:
            st.caption(t("ideas.drafts.no_title"))
        pressed = press.button(
            t("ideas.drafts.write"),
            "draft_write",
            icon=":material/edit_note:",
            disabled=not card.title,
        )
        if not pressed:
            return
        role, request = draft_prompt(card, field, card.evidence, i18n.language())
        if endpoint is None:
            run_id = run_id_of(next(iter(list_runs(current, "describe")), None))
            draft = streaming.write(
                current, DRAFT, DraftInput(role, request), run_id, "draft_write"
            )
            text = draft.text if draft else None
        else:
            text = streaming.follow(
                partial(endpoint.ask, chat(role, request)),
                waiting=lambda: t("ideas.drafts.waiting"),
            )
        if text and (fitted := fit_draft(text)):
            st.session_state[_PENDING] = (field, fitted)
            st.rerun()
