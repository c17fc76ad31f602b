"""What a card rests on: each figure with its state, and the choice of what else was measured."""

import streamlit as st

from engine.evidence.citation import LONGEST_OPINION, Citation, CitationState
from engine.evidence.ledger import cite_opinion
from engine.evidence.store import measured
from engine.evidence.words import say_citation, say_state
from engine.ideas.board import Conflict, IdeaBoard
from engine.ideas.card import Card, change
from engine.ideas.score import CONFIDENCE, level_of
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n, session, shell
from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import escape, t
from pages.ui.ideas import opened
from pages.ui.ideas.conflict import note_conflict
from pages.ui.ideas.standing import badge, formula, level_name, stand
from pages.ui.parts import charts
from pages.ui.parts.evidence import address


def show_evidence(current: Workspace, card: Card) -> None:
    """The score with its formula, each citation, and what can be attached."""
    one = stand(current, card)
    st.subheader(t("ideas.evidence.title"), anchor=False)
    st.markdown(f"{badge(one.score)} {escape(level_name(one.score.level))}")
    st.latex(formula(one.score))
    for citation, state in zip(card.evidence, one.states, strict=True):
        _show_citation(current, card, citation, state)
    if not card.evidence:
        st.caption(t("ideas.evidence.none"))
    if not card.example:
        _offer(current, card)
    _show_next()
    with st.expander(t("ideas.evidence.how"), icon=":material/calculate:"):
        st.markdown(t("ideas.evidence.how_text"))
        st.markdown(
            "\n".join(
                f"- {share:.0%}: {escape(level_name(level))}"
                for level, share in sorted(CONFIDENCE.items(), key=lambda item: item[1])
            )
        )


def _show_next() -> None:
    """Where an idea with evidence goes from here."""
    pages = [page for page in ("case", "experiment") if shell.available(page)]
    if pages:
        st.caption(t("ideas.evidence.next"))
        with st.container(horizontal=True, gap="xsmall"):
            for page in pages:
                st.page_link(
                    shell.page_file(page), label=t(f"app.nav.{page}"), icon=shell.ICONS[page]
                )


def _show_citation(
    current: Workspace, card: Card, citation: Citation, state: CitationState
) -> None:
    language = i18n.language()
    with st.container(border=True, gap="xsmall"):
        colour = "green" if state.valid else "gray"
        sentence = escape(say_citation(citation, language))
        st.markdown(sentence if state.valid else f":gray[{sentence}]")
        st.caption(f":{colour}[{escape(_about(citation, state))}]")
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            if citation.page and shell.available(citation.page):
                st.page_link(
                    shell.page_file(citation.page),
                    label=t("ideas.evidence.open", page=t(f"app.nav.{citation.page}")),
                    icon=shell.ICONS[citation.page],
                    query_params=address(current, citation.parameters),
                )
            if not card.example:
                st.button(
                    t("ideas.evidence.detach"),
                    icon=":material/link_off:",
                    type="tertiary",
                    key=f"detach_{citation.id}",
                    on_click=callback(_set),
                    args=(current, card, tuple(x for x in card.evidence if x.id != citation.id)),
                )


def _about(citation: Citation, state: CitationState) -> str:
    """Whether a citation holds, and how much it counts."""
    holds = say_state(state, i18n.language())
    if not state.valid:
        return holds
    if citation.is_loss:
        return f"{holds} {t('ideas.evidence.loss')}"
    level = level_of(citation, state)
    counts = t("ideas.evidence.counts", level=level_name(level), share=f"{CONFIDENCE[level]:.0%}")
    # No run and no data stand behind an opinion.
    return counts if citation.kind == "opinion" else f"{holds} {counts}"


def _offer(current: Workspace, card: Card) -> None:
    """Everything that was really measured here, and a box for an opinion."""
    attached = {one.id for one in card.evidence}
    found = {
        one.id: one for one in measured(current, session.tables(current)) if one.id not in attached
    }
    labels = {
        name: charts.cut(say_citation(one, i18n.language()), 160) for name, one in found.items()
    }
    if found:
        chosen = st.selectbox(
            t("ideas.evidence.choose"),
            list(found),
            index=None,
            format_func=labels.__getitem__,
            placeholder=t("ideas.evidence.placeholder"),
            key=opened.key("choose_evidence"),
        )
        st.button(
            t("ideas.evidence.attach"),
            icon=":material/attach_file:",
            key="attach",
            disabled=chosen is None,
            on_click=callback(_set),
            args=(current, card, (*card.evidence, *([found[chosen]] if chosen else []))),
        )
    with st.form(opened.key("opinion_form"), border=False, clear_on_submit=True):
        st.text_input(
            t("ideas.evidence.opinion"), max_chars=LONGEST_OPINION, key=opened.key("opinion")
        )
        st.form_submit_button(
            t("ideas.evidence.add_opinion"),
            icon=":material/chat:",
            key="add_opinion",
            on_click=callback(_add_opinion),
            args=(current, card),
        )


def _add_opinion(current: Workspace, card: Card) -> None:
    opinion = cite_opinion(str(st.session_state[opened.key("opinion")] or ""))
    _set(current, card, (*card.evidence, opinion))


def _set(current: Workspace, card: Card, evidence: tuple[Citation, ...]) -> None:
    """Attach or detach: a stored card is saved at once, a new one with its text."""
    changed = change(card, evidence=evidence)
    if not card.id:
        opened.put(changed)
        return
    try:
        opened.put(IdeaBoard(current).save(changed))
    except Conflict as conflict:
        note_conflict(conflict)
