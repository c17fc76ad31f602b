"""Filling the gaps: what the model suggests for empty cells, and what people decide about it."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from engine.catalog.decisions import ACCEPTED, REJECTED, Decisions
from engine.catalog.enrich import enrich, gaps
from engine.catalog.suggestions import measured_suggestions
from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from engine.tasks.attributes.answers import PREDICT
from engine.tasks.attributes.suggestions import model_suggestions
from pages.ui.catalog import ask
from pages.ui.catalog.board import board, column_name
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, charts, download
from pages.ui.parts.runs import invite_to_tune

ROWS = 25
_TURN = "gaps_turn"
_SURE = 0.9


def show_gaps(current: Workspace, run: Run | None) -> None:
    """The suggestions that are still open, to accept or reject; then the enriched catalog."""
    decisions = Decisions(current.folder)
    if saved := st.session_state.pop("gaps_saved", ""):
        st.toast(saved, icon=":material/check:")
    suggested = _suggestions(current, run)
    # Before a training, having nothing to suggest does not mean that nothing is missing.
    if suggested is not None and (run or len(suggested)):
        _decide(suggested, decisions)
    _show_result(current, decisions)


def _suggestions(current: Workspace, run: Run | None) -> pd.DataFrame | None:
    """All suggestions, the surest first; None after an error was shown."""
    products = ask.named(session.tables(current).products)
    suggestions = [measured_suggestions(products, board(current))]
    if run is None:
        invite_to_tune("attributes")
    else:
        empty = _gaps(current, tuple(_heads(run)), products)
        rows = products.loc[sorted(set().union(*(set(index) for index in empty.values())))]
        size = ask.choose_size(len(rows), "gaps_size")
        inputs = ask.inputs_of(rows.head(size), words=True)
        predictions = (
            answers.ask_all(current, PREDICT, inputs, run.run_id, by_page=True) if inputs else []
        )
        if predictions is None:
            return None
        suggestions.append(model_suggestions(products, predictions, empty))
    frame = pd.concat(suggestions, ignore_index=True)
    return frame.sort_values("confidence", ascending=False, kind="stable", ignore_index=True)


@session.per_shop()
def _gaps(
    current: Workspace, heads: tuple[str, ...], _products: pd.DataFrame
) -> dict[str, pd.Index]:
    return gaps(_products, list(heads))


def _heads(run: Run) -> list[str]:
    """The attributes that a run learned: those that it has a score for."""
    suffix = ".macro_f1"
    return [name.removesuffix(suffix) for name in run.after if name.endswith(suffix)]


def _decide(suggested: pd.DataFrame, decisions: Decisions) -> None:
    done = decisions.table()[["product_id", "attribute"]].assign(done=True)
    rows = suggested.merge(done, on=["product_id", "attribute"], how="left")
    rows = rows[rows["done"].isna()].drop(columns="done").reset_index(drop=True)
    if rows.empty:
        st.info(t("catalog.gaps.none"), icon=":material/task_alt:")
        return
    _show_counts(rows)
    attributes = rows["attribute"].value_counts().index.tolist()
    chosen = st.pills(
        t("catalog.gaps.only"),
        attributes,
        format_func=lambda name: escape(charts.cut(column_name(name), 30)),
        key="gaps_only",
    )
    if chosen:
        rows = rows[rows["attribute"] == chosen].reset_index(drop=True)
    _accept_above(rows, decisions, chosen)
    edited = _edit(rows.head(ROWS))
    if st.button(t("catalog.gaps.save"), type="primary", icon=":material/save:", key="save_gaps"):
        n = sum(
            decisions.decide(rows.head(ROWS)[(edited == state).to_numpy()], state)
            for state in (ACCEPTED, REJECTED)
        )
        if n:
            _finish(t("catalog.gaps.saved", n=n))
        st.warning(t("catalog.gaps.nothing"))


def _show_counts(rows: pd.DataFrame) -> None:
    counts = rows["attribute"].value_counts()
    sure = rows[rows["confidence"] >= _SURE]["attribute"].value_counts()
    top = str(counts.index[0])
    charts.draw(
        charts.bars(
            [column_name(str(name)) for name in counts.index],
            [int(sure.get(name, 0)) for name in counts.index],
            value_name=t("catalog.gaps.sure"),
        ),
        title=t(
            "catalog.gaps.finding",
            n=f"{len(rows):,}",
            sure=f"{int(sure.sum()):,}",
            name=column_name(top),
            most=f"{int(counts.iloc[0]):,}",
        ),
        note=t("catalog.gaps.finding_note", share=f"{_SURE:.0%}"),
        key="chart_gaps",
    )


def _accept_above(rows: pd.DataFrame, decisions: Decisions, chosen: str | None) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="accept_above"):
        least = st.slider(
            t("catalog.gaps.least"),
            min_value=0.5,
            max_value=1.0,
            value=_SURE,
            step=0.01,
            format="percent",
            width=320,
            key="gaps_least",
        )
        above = rows[rows["confidence"] >= least]
        label = t("catalog.gaps.accept_all", n=f"{len(above):,}")
        pressed = st.button(
            label, disabled=above.empty, icon=":material/done_all:", key="accept_all"
        )
    if pressed:
        decisions.decide(above, ACCEPTED)
        _finish(t("catalog.gaps.saved", n=f"{len(above):,}"))


def _finish(toast: str) -> None:
    # A new key empties the editor: the next suggestions take the place of those decided.
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    st.session_state["gaps_saved"] = toast
    st.rerun()


def _edit(rows: pd.DataFrame) -> pd.Series:
    """The table to decide in; the decision of each row, null where there is none."""
    frame = pd.DataFrame(
        {
            # What is to be filled in stands where no narrow window hides it.
            "decision": pd.array([None] * len(rows), dtype="str"),
            "title": rows["title"].map(lambda title: charts.cut(title, 120)),
            "attribute": [column_name(name) for name in rows["attribute"]],
            "value": rows["value"].map(lambda value: charts.cut(value, 80)),
            "confidence": rows["confidence"].astype(float),
            "words": rows["words"].map(lambda words: charts.cut(words, 80)),
        }
    )
    column = st.column_config
    names = {str(name): t(f"catalog.columns.{name}") for name in frame}
    states = {state: t(f"catalog.gaps.{state}") for state in (ACCEPTED, REJECTED)}
    config: dict[str, Any] = {
        **{name: column.TextColumn(label) for name, label in names.items()},
        "title": column.TextColumn(names["title"], width="large"),
        "confidence": column.ProgressColumn(
            names["confidence"], min_value=0, max_value=1, format="percent"
        ),
        "decision": column.SelectboxColumn(
            names["decision"], options=list(states), format_func=_namer(states)
        ),
    }
    edited = st.data_editor(
        frame,
        hide_index=True,
        disabled=[name for name in names if name != "decision"],
        column_config=config,
        key=f"gaps_{st.session_state.get(_TURN, 0)}",
        placeholder="",
        height="content",
        alt=t("catalog.gaps.table"),
    )
    return edited["decision"]


def _namer(states: Mapping[str, str]) -> Callable[[object], str]:
    return lambda state: states.get(str(state), str(state))


def _show_result(current: Workspace, decisions: Decisions) -> None:
    table = decisions.table()
    accepted, rejected = ((table["state"] == state).sum() for state in (ACCEPTED, REJECTED))
    with st.container(border=True, key="enriched"):
        st.markdown(f"**{t('catalog.gaps.result', n=int(accepted), rejected=int(rejected))}**")
        st.markdown(t("catalog.gaps.result_note"))
        with st.container(horizontal=True):
            products = session.tables(current).products
            for kind in ("csv", "xlsx"):
                download.offer(
                    lambda: enrich(products, table),
                    t(f"catalog.gaps.download_{kind}"),
                    f"catalog.{kind}",
                    key=f"download_{kind}",
                )
            undo = st.button(
                t("catalog.gaps.undo"),
                icon=":material/undo:",
                disabled=table.empty,
                key="undo_gaps",
            )
    if undo:
        _finish(t("catalog.gaps.undone", n=decisions.undo()))
