"""One review: what both models feel in it, what it says of each aspect, and which words tell."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from engine.reviews.aspects import read_aspects
from engine.storage.runs import UNTUNED
from engine.storage.workspace import Workspace
from engine.tasks.sentiment.answers import EXPLAIN
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, charts, names, reasons, tables
from pages.ui.parts.two_models import ask_both, draw_shares, show_both, show_unsure
from pages.ui.sentiment.answers import TASK, UNCLEAR, item, newest

KEY = "review"
LONGEST = 2_000
_EXAMPLE = "review_example"
_EXAMPLES = 5
_BETWEEN = (30, 160)  # characters of a review that shows something and can be read at a glance


def ask_for_review(current: Workspace) -> str:
    """The box for a review, with some of the shop's own to try."""
    text = st.text_area(
        t("sentiment.one.label"),
        max_chars=LONGEST,
        placeholder=t("sentiment.one.placeholder"),
        key=KEY,
        persist_state="session",
    )
    found = _examples(current)
    if found:
        st.pills(
            t("sentiment.one.examples"),
            found,
            format_func=lambda text: escape(charts.cut(text, 60)),
            key=_EXAMPLE,
            on_change=_take_example,
            wrap=True,
        )
    return " ".join((text or "").split())


def show_one(current: Workspace, run_id: str | None) -> None:
    """Both models' answers to one review, its aspects, and the words the better one rests on."""
    text = ask_for_review(current)
    if not text:
        with st.container(border=True, key="no_review"):
            st.markdown(f"**{t('sentiment.one.empty_title')}**")
            st.markdown(t("sentiment.one.empty_text"))
        return
    found = ask_both(current, TASK, item(text, read_aspects(current)), run_id)
    if found is None:
        return
    st.markdown(f"**{escape(_finding(found))}**")
    show_both(TASK, found, _show_answer)
    _show_aspects(found.get("tuned", found["untuned"]))
    _show_reasons(current, text, run_id or UNTUNED)


def sentiment_name(value: object) -> str:
    """A sentiment in the user's language."""
    if value == UNCLEAR:
        return t("sentiment.unclear")
    return names.label(TASK, "sentiment", value)


def aspect_name(value: object) -> str:
    """An aspect in the user's language; one of the shop's own stays as it is."""
    return names.label(TASK, "aspect", value)


def _finding(found: Mapping[str, Mapping[str, Any]]) -> str:
    best = found.get("tuned", found["untuned"])
    params = {
        "label": sentiment_name(best["sentiment"]),
        "share": f"{best['sentiment_confidence']:.0%}",
    }
    if best["sentiment_unsure"]:
        return t("sentiment.findings.unsure", **params)
    if "tuned" in found and found["untuned"]["sentiment"] != best["sentiment"]:
        other = sentiment_name(found["untuned"]["sentiment"])
        return t("sentiment.findings.disagree", other=other, **params)
    return t("sentiment.findings.sure", **params)


def _show_answer(answer: Mapping[str, Any], place: str) -> None:
    table = answer["probabilities"]["sentiment"]
    label = sentiment_name(answer["sentiment"])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{escape(label)}**", width="content")
        show_unsure(answer["sentiment_unsure"])
    shown = [sentiment_name(name) for name in table]
    draw_shares(shown, list(table.values()), label, f"bars_{place}")


def _show_aspects(answer: Mapping[str, Any]) -> None:
    if not answer["aspects"]:
        st.caption(t("sentiment.one.no_aspects"))
        return
    rows = [
        {
            "aspect": aspect_name(found["aspect"]),
            "sentiment": sentiment_name(
                UNCLEAR if found["sentiment_unsure"] else found["sentiment"]
            ),
            "confidence": found["sentiment_confidence"],
            "clause": found["clause"],
        }
        for found in answer["aspects"]
    ]
    st.markdown(f"**{t('sentiment.one.aspects', n=len({row['aspect'] for row in rows}))}**")
    labels = {name: t(f"sentiment.columns.{name}") for name in rows[0]}
    tables.show(
        pd.DataFrame(rows),
        labels=labels,
        alt=t("sentiment.one.aspect_table"),
        config={
            "confidence": st.column_config.ProgressColumn(
                labels["confidence"], format="percent", min_value=0, max_value=1
            )
        },
        key="aspects_of_one",
    )


def _show_reasons(current: Workspace, text: str, run_id: str) -> None:
    explained = answers.ask(current, EXPLAIN, item(text), run_id)
    if explained is None:
        return
    weights, facts = explained.value["weights"], explained.value["facts"]
    label = sentiment_name(facts["sentiment"])
    # A long review has too many words for a chart: those that count, in their order.
    least = sorted((abs(share) for _, share in weights), reverse=True)[:25][-1] if weights else 0
    shown = [weight for weight in weights if abs(weight[1]) >= least][:25]
    word = reasons.strongest(shown)
    with st.container(key="reasons", width=700):
        charts.draw(
            reasons.word_bars(shown),
            title=t(f"sentiment.reasons.{'word' if word else 'no_word'}", word=word, label=label),
            note=t("sentiment.reasons.note", label=label),
            key="chart_words",
        )


@session.per_shop(32)
def _examples(current: Workspace) -> list[str]:
    texts = newest(current)["text"].drop_duplicates()
    readable = texts[texts.str.len().between(*_BETWEEN)]
    step = max(1, len(readable) // _EXAMPLES)
    return readable.iloc[::step].head(_EXAMPLES).tolist()


def _take_example() -> None:
    if st.session_state[_EXAMPLE]:
        st.session_state[KEY] = st.session_state[_EXAMPLE]
        st.session_state[_EXAMPLE] = None
