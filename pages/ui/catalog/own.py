"""Categories made up on the spot: every product to the nearest one, without any training."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from engine.storage.runs import Run, run_id_of
from engine.storage.workspace import Workspace
from engine.tasks.attributes.answers import OWN, PREDICT, AttributesAnswer, OwnLabel
from pages.ui.catalog import ask
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, charts, download, tables

MOST, LONGEST = 30, 200


def show_own(current: Workspace, run: Run | None) -> None:
    """Type categories, one a line, with a description each if wanted; see where products go."""
    st.markdown(t("catalog.own.intro"))
    with st.form("own_categories", border=False):
        text = st.text_area(
            t("catalog.own.names"),
            placeholder=t("catalog.own.placeholder"),
            max_chars=MOST * LONGEST,
            height=140,
            key="own_names",
            persist_state="session",
        )
        st.form_submit_button(t("catalog.own.sort"), type="primary", icon=":material/category:")
    labels = read_labels(text or "")
    if len(labels) < 2:
        if labels:
            st.warning(t("catalog.own.two"))
        return
    products = ask.named(session.tables(current).products)
    size = ask.choose_size(len(products), "own_size")
    inputs = ask.inputs_of(products.head(size), labels=labels)
    predictions = answers.ask_all(current, PREDICT, inputs, run_id_of(run))
    if predictions:
        _show(predictions)


def read_labels(text: str) -> list[OwnLabel]:
    """Name and description of each line, the first of equal names; at most `MOST`."""
    labels: dict[str, str] = {}
    for line in text.splitlines():
        name, _, description = line.replace("：", ":").partition(":")
        name = " ".join(name.split())[:LONGEST]
        if name:
            labels.setdefault(name, " ".join(description.split())[:LONGEST])
    return [OwnLabel(name, description) for name, description in labels.items()][:MOST]


def _show(predictions: Sequence[AttributesAnswer]) -> None:
    frame = pd.DataFrame(
        {
            "product_id": [answer.product_id for answer in predictions],
            "title": [answer.title for answer in predictions],
            "label": [answer.heads[OWN].label for answer in predictions],
            "confidence": [round(answer.heads[OWN].confidence, 3) for answer in predictions],
        }
    )
    counts = frame["label"].value_counts()
    sure = sum(not answer.unsure for answer in predictions)
    charts.draw(
        charts.bars(
            [str(name) for name in counts.index],
            counts.to_list(),
            value_name=t("catalog.board.products"),
        ),
        title=t(
            "catalog.own.finding",
            name=charts.cut(counts.index[0]),
            n=f"{int(counts.iloc[0]):,}",
            of=f"{len(frame):,}",
        ),
        note=t("catalog.own.note", sure=f"{sure:,}"),
        key="chart_own",
    )
    chosen = st.pills(
        t("catalog.own.only"),
        counts.index.tolist(),
        format_func=lambda name: escape(charts.cut(name, 40)),
        key="own_only",
    )
    shown = frame[frame["label"] == chosen] if chosen else frame
    shown = shown.sort_values("confidence", ascending=False, kind="stable")
    labels = {str(name): t(f"catalog.columns.{name}") for name in shown}
    config = {
        "confidence": st.column_config.ProgressColumn(
            labels["confidence"], min_value=0, max_value=1, format="percent"
        )
    }
    tables.show(shown, labels=labels, config=config, alt=t("catalog.own.table"), key="own_table")
    download.offer(frame, t("catalog.download"), "categories.csv", key="download_own")
