"""What one query means: untuned and tuned side by side, how sure they are, and why."""

import streamlit as st

from engine.storage.runs import UNTUNED
from engine.storage.workspace import Workspace
from engine.tasks.classify.answers import WhyInput
from engine.tasks.intent.answers import EXPLAIN, PREDICT, IntentAnswer, IntentInput
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, charts, names, query_box, reasons
from pages.ui.parts.two_models import (
    BothAnswers,
    ask_both,
    draw_shares,
    show_both,
    show_unsure,
)

_SHOWN = 6


def show_query(current: Workspace, query: str, run_id: str | None) -> None:
    """One query's meaning, or what to do without one."""
    if query:
        show_one(current, query, run_id)
        return
    with st.container(border=True, key="no_query"):
        st.markdown(f"**{t('intent.empty.title')}**")
        st.markdown(t("intent.empty.text"))


def show_one(current: Workspace, query: str, run_id: str | None) -> None:
    """Both models' answers, what they agree on, and why the better one says so."""
    by_page = query_box.is_example()
    both = ask_both(current, PREDICT, IntentInput(query), run_id, by_page=by_page)
    if both is None:
        return
    st.markdown(f"**{escape(_finding(both))}**")
    show_both("intent", both, _show_answer)
    _show_reasons(current, query, run_id or UNTUNED, by_page=by_page)


def _finding(both: BothAnswers[IntentAnswer]) -> str:
    head, best = next(iter(both.best.heads.items()))
    label = charts.cut(names.label("intent", head, best.label))
    params = {"label": label, "share": f"{best.confidence:.0%}"}
    if best.unsure:
        return t("intent.findings.unsure", **params)
    untuned = both.untuned.heads.get(head, best)
    if untuned.label != best.label:
        other = charts.cut(names.label("intent", head, untuned.label))
        return t("intent.findings.disagree", other=other, **params)
    return t("intent.findings.sure", **params)


def _show_answer(answer: IntentAnswer, place: str) -> None:
    for head, best in answer.heads.items():
        label = escape(charts.cut(names.label("intent", head, best.label)))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            text = t("intent.answer", head=names.head(head), label=label)
            st.markdown(text, width="content")
            show_unsure(best.unsure)
        top = sorted(best.probabilities.items(), key=lambda pair: -pair[1])[:_SHOWN]
        shown = [names.label("intent", head, name) for name, _ in top]
        draw_shares(shown, [share for _, share in top], shown[0], f"bars_{place}_{head}")


def _show_reasons(current: Workspace, query: str, run_id: str, *, by_page: bool) -> None:
    why = WhyInput(IntentInput(query))
    answer = answers.ask(current, EXPLAIN, why, run_id, by_page=by_page)
    if answer is None:
        return
    reason = answer.value
    label = charts.cut(names.label("intent", reason.head, reason.answer.label))
    word = reasons.strongest(reason.weights)
    code = "word" if word else "no_word"
    with st.container(key="reasons", width=700):
        charts.draw(
            reasons.word_bars(reason.weights),
            title=t(f"intent.reasons.{code}", word=word, label=label),
            note=t("intent.reasons.note", label=label),
            key="chart_words",
        )
