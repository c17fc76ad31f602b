"""The canvases of a card: each question with an example of an answer."""

import streamlit as st

from engine.ideas.board import Conflict, IdeaBoard
from engine.ideas.canvases import CANVASES, FIELDS, example, name_canvas, prompt
from engine.ideas.card import LONGEST_TEXT, Card, change
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n
from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import t
from pages.ui.ideas import opened
from pages.ui.ideas.conflict import note_conflict


def show_canvases(current: Workspace, card: Card) -> None:
    """The chosen canvas as a form; what was answered stays with the card."""
    language = i18n.language()
    st.subheader(t("ideas.canvas.title"), anchor=False)
    st.caption(t("ideas.canvas.about"))
    labels = {
        name: f"{'✓ ' if card.canvases.get(name) else ''}{name_canvas(name, language)}"
        for name in CANVASES
    }
    canvas = st.segmented_control(
        t("ideas.canvas.choose"),
        CANVASES,
        default=CANVASES[0],
        required=True,
        format_func=labels.__getitem__,
        key="ideas_canvas",
        wrap=True,
    )
    canvas = canvas or CANVASES[0]
    answers = card.canvases.get(canvas, {})
    with st.form(opened.key(f"canvas_{canvas}"), border=True):
        with st.grid(2, min_column_width=300, gap="medium", key=opened.key(f"grid_{canvas}")):
            for name in FIELDS[canvas]:
                st.text_area(
                    prompt(canvas, name, language),
                    answers.get(name, ""),
                    placeholder=example(canvas, name, language),
                    max_chars=LONGEST_TEXT,
                    height=88,
                    key=opened.key(f"{canvas}_{name}"),
                )
        st.form_submit_button(
            t("ideas.canvas.save"),
            icon=":material/save:",
            key="canvas_save",
            disabled=card.example or not card.id,
            help=None if card.id else t("ideas.canvas.first_save"),
            on_click=callback(_save),
            args=(current, card, canvas),
        )


def _save(current: Workspace, card: Card, canvas: str) -> None:
    answers = {
        name: str(st.session_state[opened.key(f"{canvas}_{name}")] or "") for name in FIELDS[canvas]
    }
    changed = change(card, canvases={**card.canvases, canvas: answers})
    try:
        opened.put(IdeaBoard(current).save(changed))
    except Conflict as conflict:
        note_conflict(conflict)
        return
    st.toast(t("ideas.saved"), icon=":material/check:")
