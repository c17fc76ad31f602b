"""One product: what the untuned and the tuned model read in it, beside what the catalog says."""

import pandas as pd
import streamlit as st

from engine.labelling.product_columns import attribute_columns
from engine.storage.runs import Run, run_id_of
from engine.storage.workspace import Workspace
from engine.tasks.attributes.answers import (
    EXPLAIN,
    PREDICT,
    AttributesAnswer,
    AttributesInput,
)
from engine.tasks.classify.answers import WhyInput
from pages.ui.catalog import ask
from pages.ui.catalog.board import column_name
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, charts, reasons, tables
from pages.ui.parts.pictures import beside_picture
from pages.ui.parts.runs import invite_to_tune
from pages.ui.parts.two_models import BothAnswers, ask_both

_MOST_PRODUCTS = 50
_MOST_WORDS = 16


def show_product(current: Workspace, run: Run | None) -> None:
    """Find a product, or describe one that is not in the catalog yet; then both models' answers."""
    item = _choose(current)
    if item is None:
        return
    both = ask_both(current, PREDICT, item, run.run_id if run else None)
    if both is None:
        return
    _show_answers(current, item, both)
    if run is None:
        invite_to_tune("attributes")
    _show_reasons(current, item, list(both.best.heads), run_id_of(run))


def _choose(current: Workspace) -> AttributesInput | None:
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
    first = rows.head(_MOST_PRODUCTS)
    names = dict(zip(first["product_id"], first["title"], strict=True))
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
        return AttributesInput(wanted.strip())
    return ask.inputs_of(rows[rows["product_id"] == chosen])[0] if chosen else None


def _show_answers(
    current: Workspace, item: AttributesInput, both: BothAnswers[AttributesAnswer]
) -> None:
    with beside_picture(current, item.product_id or ""):
        st.text(item.title)
        if item.description:
            st.caption(escape(item.description))
    cells = _cells(current, item.product_id)
    heads = dict.fromkeys(head for answer in both.by_place.values() for head in answer.heads)
    rows = [
        {"attribute": column_name(head), "catalog": cells.get(head)}
        | {place: _as_cell(answer, head) for place, answer in both.by_place.items()}
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


def _as_cell(answer: AttributesAnswer, head: str) -> str | None:
    if head not in answer.heads:
        return None
    best = answer.heads[head]
    doubt = t("catalog.one.unsure") if best.unsure else ""
    return f"{best.label} · {best.confidence:.0%} {doubt}".strip()


def _show_reasons(current: Workspace, item: AttributesInput, heads: list[str], run_id: str) -> None:
    head = st.segmented_control(
        t("catalog.one.why"),
        heads,
        default=heads[0],
        required=True,
        format_func=lambda name: escape(charts.cut(column_name(name), 30)),
        key="why_head",
        wrap=True,
    )
    answer = answers.ask(current, EXPLAIN, WhyInput(item, head), run_id)
    if answer is None:
        return
    label = charts.cut(answer.value.answer.label)
    shown = reasons.weightiest(answer.value.weights, _MOST_WORDS)
    word = reasons.strongest(shown)
    with st.container(key="reasons", width=700):
        charts.draw(
            reasons.word_bars(shown),
            title=t(f"catalog.one.{'word' if word else 'no_word'}", word=word, label=label),
            note=t("catalog.one.note", label=label),
            key="chart_words",
        )
