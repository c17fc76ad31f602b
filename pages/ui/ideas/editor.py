"""One card: what it says, what it rests on, and its canvases."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from engine.errors import InputError
from engine.ideas.board import Conflict, IdeaBoard
from engine.ideas.canvases import say_hypothesis
from engine.ideas.card import COLUMNS, LEAST, LONGEST_TEXT, MOST, TEXT_FIELDS, Card, change
from engine.messages import say
from engine.storage.labels import LONGEST_LABEL
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n
from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import escape, t
from pages.ui.ideas import opened
from pages.ui.ideas.canvases import show_canvases
from pages.ui.ideas.conflict import note_conflict, show_conflict
from pages.ui.ideas.drafts import apply_draft, show_drafts
from pages.ui.ideas.evidence import show_evidence
from pages.ui.ideas.numbers import show_numbers
from pages.ui.ideas.standing import column_name, field_name
from pages.ui.parts.errors import show_error


def show_card(current: Workspace, voter: str) -> None:
    """The open card, to be read, changed, undone or taken off the board."""
    st.button(
        t("ideas.back"), icon=":material/arrow_back:", key="ideas_back", on_click=opened.close
    )
    try:
        card = opened.read(current)
    except InputError as error:
        show_error(error)
        return
    if show_conflict(current):
        return
    card = apply_draft(card)
    if card.example:
        st.info(t("ideas.example_note"), icon=":material/school:")
    if theirs := opened.newer(current, card):
        _show_newer(theirs)
    if sentence := say_hypothesis(card.canvases.get("hypothesis", {}), i18n.language()):
        st.markdown(f"> {escape(sentence)}")
    left, right = st.columns([3, 2], gap="large")
    with left:
        _show_form(current, card)
        if not card.example:
            _show_changes(current, card)
    with right:
        show_evidence(current, card)
        show_numbers(card)
        if not card.example:
            show_drafts(current, card)
    show_canvases(current, card)


def _show_newer(theirs: Card) -> None:
    author = theirs.author or t("ideas.somebody")
    st.warning(t("ideas.newer", author=escape(author)), icon=":material/sync_problem:")
    st.button(
        t("ideas.load_newer"),
        icon=":material/sync:",
        key="load_newer",
        on_click=opened.begin,
        args=(theirs,),
    )


def _show_form(current: Workspace, card: Card) -> None:
    with st.form(opened.key("form"), border=True):
        st.text_input(t("ideas.title_label"), card.title, max_chars=80, key=opened.key("title"))
        for name in TEXT_FIELDS:
            mark = f" :orange-badge[{t('ideas.draft')}]" if name in card.drafts else ""
            st.text_area(
                f"**{field_name(name)}**{mark} · {say(f'ideas.fields.{name}.prompt', _lang())}",
                card.text(name),
                placeholder=say(f"ideas.fields.{name}.example", _lang()),
                max_chars=LONGEST_TEXT,
                height=88,
                key=opened.key(name),
            )
        one, two = st.columns(2)
        one.slider(
            t("ideas.impact"),
            LEAST,
            MOST,
            card.impact,
            help=t("ideas.impact_help"),
            key=opened.key("impact"),
        )
        two.slider(
            t("ideas.effort"),
            LEAST,
            MOST,
            card.effort,
            help=t("ideas.effort_help"),
            key=opened.key("effort"),
        )
        labels = {name: column_name(name) for name in COLUMNS}
        st.selectbox(
            t("ideas.column"),
            COLUMNS,
            COLUMNS.index(card.column),
            format_func=labels.__getitem__,
            key=opened.key("column"),
        )
        st.text_input(
            t("ideas.author"), card.author, max_chars=LONGEST_LABEL, key=opened.key("author")
        )
        st.form_submit_button(
            t("ideas.save"),
            type="primary",
            icon=":material/save:",
            key="ideas_save",
            disabled=card.example,
            on_click=callback(_save),
            args=(current, card),
        )


def _save(current: Workspace, card: Card) -> None:
    """Store what stands in the form, over the version that was opened."""
    values: Mapping[str, object] = {
        name: st.session_state[opened.key(name)]
        for name in ("title", "author", "impact", "effort", "column")
    }
    texts = {name: str(st.session_state[opened.key(name)] or "") for name in TEXT_FIELDS}
    mine = change(card.with_texts(texts), **values)
    try:
        opened.put(IdeaBoard(current).save(mine))
    except Conflict as conflict:
        note_conflict(conflict)
        return
    st.toast(t("ideas.saved"), icon=":material/check:")


def _show_changes(current: Workspace, card: Card) -> None:
    """Undo, removal, and the texts of before."""
    if not card.id:
        return
    with st.container(horizontal=True):
        st.button(
            t("ideas.undo"),
            icon=":material/undo:",
            help=t("ideas.undo_help"),
            key="ideas_undo",
            disabled=card.version < 2,
            on_click=callback(_undo),
            args=(current, card),
        )
        if card.drafts:
            st.button(
                t("ideas.confirm_drafts"),
                icon=":material/task_alt:",
                key="ideas_confirm",
                on_click=callback(_confirm),
                args=(current, card),
            )
        st.button(
            t("ideas.remove"),
            icon=":material/delete:",
            type="tertiary",
            key="ideas_remove",
            on_click=callback(_remove),
            args=(current, card),
        )
    history = IdeaBoard(current).history(card.id)
    with st.expander(t("ideas.history", n=len(history)), icon=":material/history:"):
        for one in reversed(history[-10:]):
            about = t("ideas.version", n=one.version, author=one.author or t("ideas.somebody"))
            st.caption(escape(about))
            st.markdown(escape(one.idea or one.title))


def _undo(current: Workspace, card: Card) -> None:
    opened.begin(IdeaBoard(current).undo(card.id))


def _confirm(current: Workspace, card: Card) -> None:
    opened.put(IdeaBoard(current).save(replace(card, drafts=frozenset())))


def _remove(current: Workspace, card: Card) -> None:
    IdeaBoard(current).remove(card.id)
    opened.close()


def _lang() -> str:
    return i18n.language()
