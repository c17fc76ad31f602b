"""One product: what the untuned and the tuned model read in it, beside what the catalog says."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from engine.labelling.product_columns import attribute_columns
from engine.storage.runs import Run, run_id_of
from engine.storage.workspace import Workspace
from engine.tasks.attributes.answers import EXPLAIN, PREDICT
from pages.ui.catalog import ask
from pages.ui.catalog.board import column_name
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, charts, reasons, tables
from pages.ui.parts.runs import invite_to_tune

_FOUND = 50


def show_product(current: Workspace, run: Run | None) -> None:
    """Find a product, or describe one that is not in the catalog yet; then both models' answers."""
    item = _choose(current)
    if item is None:
        return
    untuned = answers.ask(current, PREDICT, [item])
    tuned = run and answers.ask(current, PREDICT, [item], run.run_id)
    if untuned is None or (run and tuned is None):
        return
    given = {"untuned": untuned} | ({"tuned": tuned} if tuned else {})
    answers.show_times(given)
    found = {place: one.value[0] for place, one in given.items()}
    _show_answers(current, item, found)
    if run is None:
        invite_to_tune("attributes")
    _show_reasons(current, item, found, run_id_of(run))


def _choose(current: Workspace) -> dict[str, Any] | None:
    products = ask.named(session.tables(current).products)
    wanted = st.text_input(
        t("catalog.one.find"),
        placeholder=t("catalog.one.placeholder"),
        max_chars=200,
        key="product_wanted",
        persist_state="session",
    )
    rows = products
    if wanted.strip():
        rows = products[products["title"].str.contains(wanted.strip(), case=False, regex=False)]
    names = dict(zip(rows["product_id"].head(_FOUND), rows["title"].head(_FOUND), strict=True))
    own = "\0own"
    options = [own, *names] if wanted.strip() else [*names]
    chosen = st.selectbox(
        t("catalog.one.choose", n=f"{len(rows):,}"),
        options,
        index=1 if wanted.strip() and names else 0,
        format_func=lambda name: (
            t("catalog.one.own", text=charts.cut(wanted, 80))
            if name == own
            else charts.cut(names[name], 100)
        ),
        key=f"product_{wanted}",
    )
    if chosen == own:
        return {"title": wanted.strip()}
    return ask.items(rows[rows["product_id"] == chosen])[0] if chosen else None


def _show_answers(
    current: Workspace, item: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]]
) -> None:
    st.text(item["title"])
    if item.get("description"):
        st.caption(escape(item["description"]))
    cells = _cells(current, item.get("product_id"))
    heads = dict.fromkeys(head for answer in found.values() for head in answer["probabilities"])
    rows = [
        {"attribute": column_name(head), "catalog": cells.get(head)}
        | {place: _said(answer, head) for place, answer in found.items()}
        for head in heads
    ]
    labels = {name: t(f"catalog.columns.{name}") for name in rows[0]}
    tables.show(pd.DataFrame(rows), labels=labels, alt=t("catalog.one.table"), key="one_product")


def _cells(current: Workspace, product_id: str | None) -> dict[str, str]:
    products = session.tables(current).products
    row = products[products["product_id"] == product_id]
    return {
        name: str(values.iloc[0]) for name, values in attribute_columns(row).items() if len(values)
    }


def _said(answer: Mapping[str, Any], head: str) -> str | None:
    if head not in answer["probabilities"]:
        return None
    doubt = t("catalog.one.unsure") if answer[f"{head}_unsure"] else ""
    return f"{answer[head]} · {answer[f'{head}_confidence']:.0%} {doubt}".strip()


def _show_reasons(
    current: Workspace,
    item: Mapping[str, Any],
    found: Mapping[str, Mapping[str, Any]],
    run_id: str,
) -> None:
    heads = list(found.get("tuned", found["untuned"])["probabilities"])
    head = st.segmented_control(
        t("catalog.one.why"),
        heads,
        default=heads[0],
        required=True,
        format_func=lambda name: escape(charts.cut(column_name(name), 30)),
        key="why_head",
        wrap=True,
    )
    explained = answers.ask(current, EXPLAIN, {**item, "head": head}, run_id)
    if explained is None:
        return
    weights, facts = explained.value["weights"], explained.value["facts"]
    # A long description has words that hardly count: the strongest in their order.
    strong = sorted(weights, key=lambda pair: -abs(pair[1]))[:16]
    least = min((abs(share) for _, share in strong), default=0.0)
    shown = [pair for pair in weights if abs(pair[1]) >= least][:16]
    label = charts.cut(facts[facts["head"]])
    word = reasons.strongest(shown)
    with st.container(key="reasons", width=700):
        charts.draw(
            reasons.word_bars(shown),
            title=t(f"catalog.one.{'word' if word else 'no_word'}", word=word, label=label),
            note=t("catalog.one.note", label=label),
            key="chart_words",
        )
