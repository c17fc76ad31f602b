"""What one query means: untuned and tuned side by side, how sure they are, and why."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.storage.workspace import Workspace
from pages.ui import answers, charts, names, reasons
from pages.ui.i18n import escape, t
from pages.ui.intent_answers import heads_of, is_unsure
from pages.ui.runs import invite_to_tune

_SHOWN = 6


def show_one(current: Workspace, query: str, run_id: str | None) -> None:
    """Both models' answers, what they agree on, and why the better one says so."""
    payload = [{"query": query}]
    untuned = answers.ask(current, "intent", "predict", answers.UNTUNED, payload)
    tuned = answers.ask(current, "intent", "predict", run_id, payload) if run_id else None
    if untuned is None or (run_id and tuned is None):
        return
    given = {"untuned": untuned} | ({"tuned": tuned} if tuned else {})
    answers.show_times(given)
    found = {place: one.value[0] for place, one in given.items()}
    st.markdown(f"**{escape(_finding(found))}**")
    with st.grid(2, min_column_width=320, gap="large", key="answers"):
        for place, answer in found.items():
            with st.container(key=f"answer_{place}"):
                st.subheader(t(f"intent.places.{place}"), anchor=False)
                for head in heads_of(answer):
                    _show_head(answer, head, place)
        if not tuned:
            with st.container(key="answer_tuned"):
                st.subheader(t("intent.places.tuned"), anchor=False)
                invite_to_tune("intent")
    _show_reasons(current, query, run_id or answers.UNTUNED)


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


def _show_head(answer: Mapping[str, Any], head: str, place: str) -> None:
    label = names.label("intent", head, answer[head])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        said = t("intent.answer", head=names.head(head), label=escape(charts.cut(label)))
        st.markdown(said, width="content")
        if is_unsure(answer, head):
            st.badge(t("intent.unsure"), icon=":material/help:", color="orange")
    table = answer["probabilities"][head]
    top = sorted(table, key=lambda name: -table[name])[:_SHOWN]
    shown = [names.label("intent", head, name) for name in top]
    figure = charts.bars(
        shown,
        [table[name] for name in top],
        value_name=t("intent.confidence"),
        highlight=shown[0],
        value_format=".0%",
    )
    # The same scale on both sides, so that lengths can be compared.
    figure.update_xaxes(range=[0, 1.15])
    st.plotly_chart(
        figure,
        config={"displayModeBar": False},
        key=f"bars_{place}_{head}",
        alt=t("intent.bars", label=label, share=f"{table[top[0]]:.0%}"),
    )


def _show_reasons(current: Workspace, query: str, run_id: str) -> None:
    explained = answers.ask(current, "intent", "explain", run_id, {"query": query})
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
