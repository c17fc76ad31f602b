"""A reply on the page: what it says, how sure it is, and every source."""

from collections.abc import Iterable

import streamlit as st

from engine.assistant.reply import Reply, Source
from pages.ui import charts
from pages.ui.i18n import catalog, escape, language, t

_COLOURS = {"answer": "green", "ask_back": "blue", "hand_over": "orange"}
_ICONS = {
    "answer": ":material/check:",
    "ask_back": ":material/help:",
    "hand_over": ":material/person_raised_hand:",
}
_MOST_ROWS = 12
_LONGEST_TITLE = 80


def show_reply(reply: Reply, shop_intent: tuple[str, float] | None = None) -> None:
    """The text, badges for kind and confidence, and the sources to open."""
    if reply.action == "hand_over":
        st.markdown(f"**{t('assistant.reply.handed_over')}**")
    st.markdown("  \n".join(escape(line) for line in reply.text.split("\n")))
    with st.container(horizontal=True, gap="xsmall"):
        st.badge(
            t(f"assistant.actions.{reply.action}"),
            icon=_ICONS[reply.action], color=_COLOURS[reply.action],  # type: ignore[arg-type]
        )  # fmt: skip
        kind = t(
            "assistant.reply.kind", kind=kind_name(reply.kind), share=f"{reply.confidence:.0%}"
        )
        st.badge(kind, icon=":material/psychology:", color="grey")
        if shop_intent is not None:
            label, share = shop_intent
            text = t("assistant.reply.intent", label=escape(label), share=f"{share:.0%}")
            st.badge(text, icon=":material/model_training:", color="violet")
        if reply.written:
            st.badge(t("assistant.reply.reworded"), icon=":material/edit:", color="blue")
        elif reply.note:
            st.badge(t(f"assistant.notes.{reply.note}"), icon=":material/edit_off:", color="yellow")
    if reply.sources:
        label = t("assistant.reply.sources", n=len(reply.sources))
        with st.expander(label, icon=":material/menu_book:"):
            show_sources(reply.sources)


def show_sources(sources: Iterable[Source]) -> None:
    """Each source with its place and its words."""
    lines = []
    for source in sources:
        place = " · ".join(
            escape(charts.cut(part, _LONGEST_TITLE))
            for part in dict.fromkeys((source.id, source.title, field_name(source)))
            if part
        )
        line = f"- **{t(f'assistant.sources.{source.kind}')}** {place}"
        if source.quote:
            line += f"  \n  “{escape(source.quote)}”"
        elif source.rows:
            names = ", ".join(escape(name) for name, _ in source.rows[:_MOST_ROWS])
            more = " …" if len(source.rows) > _MOST_ROWS else ""
            line += f"  \n  {t('assistant.reply.counted', n=len(source.rows))} {names}{more}"
        lines.append(line)
    st.markdown("\n".join(lines))


def kind_name(kind: str) -> str:
    """What a message wants, in the user's language."""
    return t(f"assistant.kinds.{kind}")


def reason_name(reason: str) -> str:
    """Why a person takes over, in a few words."""
    code = f"assistant.reasons.{reason}"
    return t(code) if code in catalog().texts[language()] else reason


def field_name(source: Source) -> str:
    """The field of a source as people say it; a column or heading of the shop's own as it is."""
    code = f"assistant.source_fields.{source.field}"
    return t(code) if code in catalog().texts[language()] else source.field
