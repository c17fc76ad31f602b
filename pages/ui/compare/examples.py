"""Wins, ties and losses of one system against another, example by example."""

import json

import pandas as pd
import streamlit as st

from engine.evaluation.compare import wins_and_losses
from engine.evaluation.heldout import RANKING_HEAD
from engine.storage.workspace import Workspace
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import names, tables
from pages.ui.training.comparison import Comparison

OUTCOMES = ("win", "loss", "tie")
SHOWN = 3


def show_examples(current: Workspace, task: str, comparison: Comparison, rival: str) -> None:
    """The examples behind the averages, by outcome against another system, `rival` by default."""
    st.header(t("compare.examples.title"), anchor=False)
    shown = {
        system: names.system(system) for system in comparison.systems if system != comparison.lead
    }
    others = list(shown)
    other = st.selectbox(
        t("compare.examples.other"),
        others,
        index=others.index(rival) if rival in others else 0,
        format_func=shown.__getitem__,
        key=f"examples_other_{task}_{comparison.lead}",
        width=360,
    )
    rows = wins_and_losses(comparison.heldout, comparison.lead, other)
    counts = rows["outcome"].value_counts().reindex(OUTCOMES, fill_value=0)
    figures = {"wins": counts["win"], "losses": counts["loss"], "ties": counts["tie"]}
    lead = names.system(comparison.lead)
    title = t("compare.charts.examples", system=lead, n=len(rows), **figures)
    st.markdown(f"**{escape(title)}**")
    st.caption(escape(t("compare.charts.examples_note", other=names.system(other))))
    labels = {name: t(f"compare.examples.{name}", n=counts[name]) for name in OUTCOMES}
    chosen = st.segmented_control(
        t("compare.examples.which"),
        OUTCOMES,
        default=next(name for name in OUTCOMES if counts[name] or name == OUTCOMES[-1]),
        required=True,
        format_func=labels.__getitem__,
        key=f"outcome_{task}_{comparison.lead}_{other}",
    )
    rows = rows[rows["outcome"] == chosen]
    if chosen == "loss":
        rows = rows.iloc[::-1]
    if rows.empty:
        st.caption(t("compare.examples.none"))
    elif (rows["head"] == RANKING_HEAD).all():
        _show_rankings(current, rows, comparison.lead, other)
    else:
        _show_answers(task, rows, comparison.lead, other)


def _show_answers(task: str, rows: pd.DataFrame, lead: str, other: str) -> None:
    shown = pd.DataFrame({"input": rows["input"], "head": rows["head"].map(names.head)})
    for column in ("truth", lead, other):
        pairs = zip(rows["head"], rows[column], strict=True)
        shown[column] = [names.label(task, head, value) for head, value in pairs]
    _show(shown, lead, other, {})


def _show_rankings(current: Workspace, rows: pd.DataFrame, lead: str, other: str) -> None:
    products = session.tables(current).products
    titles = dict(zip(products["product_id"], products["title"], strict=True))
    shown = pd.DataFrame({"input": rows["input"], "change": rows["change"]})
    for system in (lead, other):
        shown[system] = [_titles(json.loads(ranking), titles) for ranking in rows[system]]
    grades = [json.loads(judged) for judged in rows["truth"]]
    best = [sorted(qrels, key=qrels.__getitem__, reverse=True) for qrels in grades]
    right = [[p for p in order if q[p] > 0] for order, q in zip(best, grades, strict=True)]
    shown["relevant"] = [_titles(ids, titles) for ids in right]
    column = st.column_config
    name = t("compare.examples.change")
    config: dict[str, object] = {"change": column.NumberColumn(name, format="%+.3f")}
    wide = {lead: names.system(lead), other: names.system(other)}
    wide["relevant"] = t("compare.examples.relevant")
    config |= {key: column.TextColumn(text, width="medium") for key, text in wide.items()}
    _show(shown, lead, other, config)


def _titles(ids: list[str], titles: dict[str, str]) -> str:
    return " | ".join(titles.get(product, product) for product in ids[:SHOWN])


def _show(frame: pd.DataFrame, lead: str, other: str, config: dict[str, object]) -> None:
    kept = {"input", "head", "truth", "relevant", "change"} & set(frame.columns)
    labels = {name: t(f"compare.examples.{name}") for name in kept}
    labels |= {system: names.system(system) for system in (lead, other)}
    tables.show(
        frame, labels=labels, config=config, alt=t("compare.examples.title"), key="examples"
    )
