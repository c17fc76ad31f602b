"""One review: what both models feel in it, what it says of each aspect, and which words tell."""

import pandas as pd
import streamlit as st

from engine.reviews.aspects import read_aspects
from engine.storage.runs import UNTUNED
from engine.storage.workspace import Workspace
from engine.tasks.classify.answers import WhyInput
from engine.tasks.sentiment.answers import EXPLAIN, PREDICT, SentimentAnswer
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, charts, example, names, reasons, tables
from pages.ui.parts.two_models import (
    BothAnswers,
    ask_both,
    draw_shares,
    show_both,
    show_unsure,
)
from pages.ui.sentiment.answers import LONGEST, TASK, UNCLEAR, as_input, newest

KEY = "review"
_EXAMPLE = "review_example"
_EXAMPLES = 5
_MOST_WORDS = 25
_BETWEEN = (30, 160)  # characters of a review that shows something and can be read at a glance


def ask_for_review(current: Workspace) -> str:
    """The box for a review, with some of the shop's own to try; the first one is there already."""
    found = _examples(current)
    if found:
        example.offer(KEY, found[0])
    text = st.text_area(
        t("sentiment.one.label"),
        max_chars=LONGEST,
        placeholder=t("sentiment.one.placeholder"),
        key=KEY,
        persist_state="session",
        on_change=example.take,
        args=(KEY,),
    )
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
    by_page = example.stands_in(KEY)
    item = as_input(text, read_aspects(current))
    both = ask_both(current, PREDICT, item, run_id, by_page=by_page)
    if both is None:
        return
    st.markdown(f"**{escape(_finding(both))}**")
    show_both(TASK, both, _show_answer)
    _show_aspects(both.best)
    _show_reasons(current, text, run_id or UNTUNED, by_page=by_page)


def sentiment_name(value: object) -> str:
    """A sentiment in the user's language."""
    if value == UNCLEAR:
        return t("sentiment.unclear")
    return names.label(TASK, "sentiment", value)


def aspect_name(value: object) -> str:
    """An aspect in the user's language; one of the shop's own stays as it is."""
    return names.label(TASK, "aspect", value)


def _finding(both: BothAnswers[SentimentAnswer]) -> str:
    best, untuned = both.best.sentiment, both.untuned.sentiment
    params = {"label": sentiment_name(best.label), "share": f"{best.confidence:.0%}"}
    if best.unsure:
        return t("sentiment.findings.unsure", **params)
    if untuned.label != best.label:
        other = sentiment_name(untuned.label)
        return t("sentiment.findings.disagree", other=other, **params)
    return t("sentiment.findings.sure", **params)


def _show_answer(answer: SentimentAnswer, place: str) -> None:
    best = answer.sentiment
    label = sentiment_name(best.label)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{escape(label)}**", width="content")
        show_unsure(best.unsure)
    shown = [sentiment_name(name) for name in best.probabilities]
    draw_shares(shown, list(best.probabilities.values()), label, f"bars_{place}")


def _show_aspects(answer: SentimentAnswer) -> None:
    if not answer.aspects:
        st.caption(t("sentiment.one.no_aspects"))
        return
    rows = [
        {
            "aspect": aspect_name(aspect.aspect),
            "sentiment": sentiment_name(UNCLEAR if aspect.unsure else aspect.sentiment),
            "confidence": aspect.confidence,
            "clause": aspect.clause,
        }
        for aspect in answer.aspects
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


def _show_reasons(current: Workspace, text: str, run_id: str, *, by_page: bool) -> None:
    why = WhyInput(as_input(text))
    answer = answers.ask(current, EXPLAIN, why, run_id, by_page=by_page)
    if answer is None:
        return
    label = sentiment_name(answer.value.answer.label)
    shown = reasons.weightiest(answer.value.weights, _MOST_WORDS)
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
        example.take(KEY)
