"""Many queries at once: how much the results change, and what word matching misses."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from engine.evidence.citation import Citation
from engine.evidence.ledger import cite_queries
from engine.storage.runs import UNTUNED
from engine.storage.workspace import Workspace
from engine.tasks.search.answers import PREDICT, SearchAnswer, SearchInput
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import (
    answers,
    charts,
    download,
    evidence,
    example,
    names,
    query_file,
    query_log,
    tables,
)
from pages.ui.parts.product_card import products
from pages.ui.search.systems import Column, Mode, changed, columns

DEPTH = 10
FEW = 3
SIZES = (50, 100, 200)
_TITLES = 3


@dataclass(frozen=True)
class Found:
    """One query with the columns that answer it."""

    query: str
    columns: Sequence[Column]


def ask_columns(
    current: Workspace,
    queries: Sequence[str],
    run_id: str | None,
    mode: Mode,
    *,
    by_page: bool,
) -> list[Found] | None:
    """The columns of every query; None after an error was shown.

    `by_page` is as of `answers.ask`.
    """
    items = [SearchInput(query, DEPTH) for query in queries]
    untuned = answers.ask_all(current, PREDICT, items, by_page=by_page)
    if untuned is None:
        return None
    predictions = (
        answers.ask_all(current, PREDICT, items, run_id, by_page=by_page) if run_id else []
    )
    if predictions is None:
        return None
    tuned: Sequence[SearchAnswer | None] = predictions if run_id else [None] * len(items)
    rows = zip(queries, untuned, tuned, strict=True)
    return [Found(query, columns(a, b, run_id or "", mode)) for query, a, b in rows]


def show_frequent(current: Workspace, run_id: str | None, mode: Mode) -> None:
    """The queries asked most often: what changes from one system to the next, and the gaps."""
    log = query_log.queries(current)
    if log.empty:
        st.info(t("search.many.no_log"), icon=":material/receipt_long:")
        return
    size = st.segmented_control(
        t("search.many.size"), SIZES, default=SIZES[0], required=True, key="many_size"
    )
    chosen = log.head(size or SIZES[0])
    found = ask_columns(current, chosen["input"].tolist(), run_id, mode, by_page=True)
    if found is not None:
        _show_changes(found)
        _offer_changes(current, found, run_id or UNTUNED)
        _show_gaps(current, found, chosen["count"].tolist())
        short = [float(len(one.columns[0].results) < FEW) for one in found]
        evidence.offer(current, partial(cite_queries, current, "few_by_words", short), "gaps")


def _show_changes(found: Sequence[Found]) -> None:
    last, left = found[0].columns[-1], found[0].columns[-2]
    counts = pd.Series([changed(one.columns[-1], one.columns[-2], DEPTH) for one in found])
    spread = counts.value_counts().reindex(range(DEPTH + 1), fill_value=0)
    names = {
        "new": t(f"search.columns.{last.place}"),
        "old": t(f"search.columns.{left.place}"),
    }
    charts.draw(
        charts.bars(
            [str(n) for n in spread.index], spread.to_list(), value_name=t("search.many.queries")
        ),
        title=t(
            "search.many.changed",
            mean=f"{counts.mean():.1f}",
            same=int((counts == 0).sum()),
            n=len(found),
            **names,
        ),
        note=t("search.many.changed_note", **names),
        key="chart_changed",
    )
    order = counts.sort_values(ascending=False, kind="stable").index[:5]
    st.pills(
        t("search.many.look"),
        [found[row].query for row in order],
        format_func=lambda query: escape(charts.cut(query, 40)),
        key="look_at",
        on_change=_look,
    )


def _offer_changes(current: Workspace, found: Sequence[Found], run_id: str) -> None:
    last, left = found[0].columns[-1], found[0].columns[-2]
    replaced = [float(changed(one.columns[-1], one.columns[-2], DEPTH)) for one in found]

    def cite_changes() -> Citation:
        return cite_queries(
            current,
            "changed@10",
            replaced,
            run_id=run_id,
            system=last.system,
            against=left.system,
        )

    evidence.offer(current, cite_changes, "changed")


def _look() -> None:
    if st.session_state.get("look_at"):
        st.session_state["q"] = st.session_state["look_at"]
        st.session_state["look_at"] = None
        example.take("q")
        st.session_state["search_view"] = t("search.views.one")


def _show_gaps(current: Workspace, found: Sequence[Found], counts: Sequence[int]) -> None:
    catalog = products(current)
    rows = []
    for one, count in zip(found, counts, strict=True):
        by_words, last = one.columns[0], one.columns[-1]
        if len(by_words.results) < FEW:
            titles = [catalog[name]["title"] for name in last.ids(_TITLES) if name in catalog]
            rows.append(
                {
                    "query": one.query,
                    "count": count,
                    "words": len(by_words.results),
                    "answer": " | ".join(charts.cut(title, 60) for title in titles),
                }
            )
    code = "search.many.gaps" if rows else "search.many.no_gaps"
    st.markdown(f"**{t(code, n=len(rows), few=FEW, total=len(found))}**")
    if rows:
        st.caption(t("search.many.gaps_note"))
        labels = {name: t(f"search.many.columns.{name}") for name in rows[0]}
        tables.show(pd.DataFrame(rows), labels=labels, alt=t("search.many.gaps_table"), key="gaps")


def show_list(current: Workspace, run_id: str | None, mode: Mode) -> None:
    """A list of one's own: upload it, see the first rows, take the results along."""
    st.markdown(t("search.list.intro"))
    queries = query_file.upload("search_list")
    if not queries:
        return
    found = ask_columns(current, queries, run_id, mode, by_page=False)
    if found is not None:
        frame = results_table(current, found)
        st.markdown(f"**{t('search.list.done', n=f'{len(queries):,}', rows=f'{len(frame):,}')}**")
        download.offer(frame, t("search.list.download"), "results.csv", key="download_results")
        labels = {name: t(f"search.list.columns.{name}") for name in frame.columns}
        named = frame.assign(system=frame["system"].map(names.system))
        tables.show(named, labels=labels, alt=t("search.list.table"), key="results")


def results_table(current: Workspace, found: Sequence[Found]) -> pd.DataFrame:
    """One row per query, system and rank."""
    catalog = products(current)
    rows = [
        {
            "query": one.query,
            "system": column.system,
            "rank": rank,
            "product_id": product_id,
            "title": catalog.get(product_id, {}).get("title", ""),
            "score": round(float(score), 4),
        }
        for one in found
        for column in one.columns
        for rank, (product_id, score) in enumerate(column.results, start=1)
    ]
    names = ["query", "system", "rank", "product_id", "title", "score"]
    return pd.DataFrame(rows, columns=names)
