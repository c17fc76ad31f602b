"""A reply on the page: what it says, how sure it is, and every source."""

from collections import defaultdict
from collections.abc import Iterable

import streamlit as st

from engine.assistant.reply import Reply, Source
from engine.tasks.classify.answers import HeadAnswer
from pages.ui.frame.i18n import catalog, escape, language, t
from pages.ui.parts import charts, names

_COLOURS = {"answer": "green", "ask_back": "blue", "hand_over": "orange"}
_ICONS = {
    "answer": ":material/check:",
    "ask_back": ":material/help:",
    "hand_over": ":material/person_raised_hand:",
}
_MOST_ROWS = 12
_LONGEST_TITLE = 80


def show_reply(reply: Reply, shop_intent: HeadAnswer | None = None) -> None:
    """The text, badges for kind and confidence, and the sources to open."""
    if reply.action == "hand_over":
        st.markdown(f"**{t('assistant.reply.handed_over')}**")
    st.markdown(_as_markdown(reply.text))
    with st.container(horizontal=True, gap="xsmall"):
        st.badge(
            t(f"assistant.actions.{reply.action}"),
            icon=_ICONS[reply.action],
            color=_COLOURS[reply.action],  # type: ignore[arg-type]
        )
        kind = t(
            "assistant.reply.kind", kind=kind_name(reply.kind), share=f"{reply.confidence:.0%}"
        )
        st.badge(kind, icon=":material/psychology:", color="grey")
        if shop_intent is not None:
            text = t(
                "assistant.reply.intent",
                label=escape(names.label("intent", "intent", shop_intent.label)),
                share=f"{shop_intent.confidence:.0%}",
            )
            st.badge(text, icon=":material/model_training:", color="violet")
        if reply.written:
            st.badge(t("assistant.reply.reworded"), icon=":material/edit:", color="blue")
        elif reply.note:
            st.badge(t(f"assistant.notes.{reply.note}"), icon=":material/edit_off:", color="yellow")
    if reply.sources:
        label = t("assistant.reply.sources", n=len(reply.sources))
        with st.expander(label, icon=":material/menu_book:"):
            show_sources(reply.sources)


def _as_markdown(text: str) -> str:
    """The lines, as a list where the first one opens it."""
    first, *others = (escape(line) for line in text.split("\n"))
    if others and text.split("\n")[0].endswith((":", "：")):
        return "\n".join([first, "", *(f"- {line}" for line in others)])
    return "  \n".join([first, *others])


def show_sources(sources: Iterable[Source]) -> None:
    """Each place with its fields: what stands there, or what was counted."""
    places: dict[tuple[str, str], list[Source]] = defaultdict(list)
    for source in sources:
        places[source.kind, source.id].append(source)
    lines = []
    for (kind, name), fields in places.items():
        title = next((one.title for one in fields if one.title), "")
        parts = dict.fromkeys(part for part in (name, title) if part)
        place = " · ".join(escape(charts.cut(part, _LONGEST_TITLE)) for part in parts)
        lines.append(f"- **{t(f'assistant.sources.{kind}')}** {place}")
        lines += [f"    - {_field_text(one)}" for one in fields]
    st.markdown("\n".join(lines))


def _field_text(source: Source) -> str:
    """One field of a place: its words, or the rows that were counted."""
    field = escape(field_name(source)) if source.field != source.title else ""
    if source.quote:
        return f"{field}: “{escape(source.quote)}”" if field else f"“{escape(source.quote)}”"
    names = ", ".join(escape(name) for name, _ in source.rows[:_MOST_ROWS])
    more = " …" if len(source.rows) > _MOST_ROWS else ""
    return f"{field}: {t('assistant.reply.counted', n=len(source.rows))} {names}{more}"


def kind_name(kind: str) -> str:
    """What a message wants, in the user's language."""
    return t(f"assistant.kinds.{kind}")


def reason_name(reason: str) -> str:
    """Why a person takes over, in a few words."""
    code = f"assistant.reasons.{reason}"
    return t(code) if code in catalog().texts[language()] else reason


def field_name(source: Source) -> str:
    """The field of a source as people say it; a column or heading of the shop's own as it is."""
    name, _, bound = source.field.partition(" ")
    if name != "rating":
        name, bound = source.field, ""
    code = f"assistant.source_fields.{name}"
    named = code in catalog().texts[language()]
    return f"{t(code)} {bound}".strip() if named else source.field
