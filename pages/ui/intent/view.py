"""What one query means: untuned and tuned side by side, how sure they are, and why."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.storage.runs import UNTUNED
from engine.storage.workspace import Workspace
from engine.tasks.intent.answers import EXPLAIN
from pages.ui.frame.i18n import escape, t
from pages.ui.intent.answers import heads_of, is_unsure
from pages.ui.parts import answers, charts, names, reasons
from pages.ui.parts.two_models import ask_both, draw_shares, show_both, show_unsure

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
    found = ask_both(current, "intent", {"query": query}, run_id)
    if found is None:
        return
    st.markdown(f"**{escape(_finding(found))}**")
    show_both("intent", found, _show_answer)
    _show_reasons(current, query, run_id or UNTUNED)


def _finding(found: Mapping[str, Mapping[str, Any]]) -> str:
    best = found.get("tuned", found["untuned"])
    head = heads_of(best)[0]
    label = names.label("intent", head, best[head])
    params = {"label": charts.cut(label), "share": f"{best[f'{head}_confidence']:.0%}"}
    if is_unsure(best, head):
        return t("intent.findings.unsure", **params)
    if "tuned" in found and found["untuned"].get(head) != best[head]:
        other = names.label("intent", head, found["untuned"].get(head))
        return t("intent.findings.disagree", other=charts.cut(other), **params)
    return t("intent.findings.sure", **params)


def _show_answer(answer: Mapping[str, Any], place: str) -> None:
    for head in heads_of(answer):
        label = names.label("intent", head, answer[head])
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            said = t("intent.answer", head=names.head(head), label=escape(charts.cut(label)))
            st.markdown(said, width="content")
            show_unsure(is_unsure(answer, head))
        table = answer["probabilities"][head]
        top = sorted(table, key=lambda name: -table[name])[:_SHOWN]
        shown = [names.label("intent", head, name) for name in top]
        draw_shares(shown, [table[name] for name in top], shown[0], f"bars_{place}_{head}")


def _show_reasons(current: Workspace, query: str, run_id: str) -> None:
    explained = answers.ask(current, EXPLAIN, {"query": query}, run_id)
    if explained is None:
        return
    weights, facts = explained.value["weights"], explained.value["facts"]
    label = charts.cut(names.label("intent", facts["head"], facts[facts["head"]]))
    word = reasons.strongest(weights)
    code = "word" if word else "no_word"
    with st.container(key="reasons", width=700):
        charts.draw(
            reasons.word_bars(weights),
            title=t(f"intent.reasons.{code}", word=word, label=label),
            note=t("intent.reasons.note", label=label),
            key="chart_words",
        )
