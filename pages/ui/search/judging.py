"""Quick judgments of one query's results by the people who know the shop.

All systems' best products are pooled, so that nobody sees whose result they judge, and those come
first whose grade would decide most between the systems.
A judgment is kept as a correction of the task `search`: query → product id → "0" to "3".
"""

import hashlib
import math
from collections.abc import Collection, Sequence

import pandas as pd
import streamlit as st

from engine.course.checks.judging import JUDGED
from engine.evaluation import ranking
from engine.evidence.citation import Citation
from engine.evidence.ledger import cite_queries
from engine.ranking import Ranking
from engine.storage.runs import UNTUNED
from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import t
from pages.ui.parts import acts, charts, download, evidence, tables, terms
from pages.ui.parts.product_card import products
from pages.ui.search.many import ask_columns
from pages.ui.search.systems import Column, Mode

DEPTH = 10
GRADES = ("0", "1", "2", "3")
_ENOUGH = 5  # judged products without which one click would decide


def show_judging(current: Workspace, query: str, columns: Sequence[Column]) -> None:
    """The pool with a choice beside each product, what the judgments say, and their download."""
    st.markdown(t("search.judging.intro"))
    terms.explain("ndcg", "qrels", key="terms_judging")
    known = judgments(current, query)
    key = f"judging_{hashlib.sha256(query.encode()).hexdigest()[:12]}"
    edited = edit(current, pool(query, columns), known, key)
    changed = {
        name: grade
        for name, grade in edited.items()
        if grade in GRADES and known.get(name) != grade
    }
    # A choice takes a moment to arrive: whoever pressed before would have saved nothing.
    if st.button(
        t("search.judging.save"),
        type="primary",
        icon=":material/save:",
        key="save_judgments",
        disabled=not changed,
    ):
        current.correct("search", {query: changed})
        acts.note(current, JUDGED, query=query, n=len(known | changed))
        known |= changed
        st.toast(t("search.judging.saved", n=len(changed)), icon=":material/check:")
    if len(known) >= _ENOUGH:
        show_scores(columns, known)
    else:
        st.caption(t("search.judging.few", least=_ENOUGH))
    _offer(current)


def pool(query: str, columns: Sequence[Column]) -> list[str]:
    """The best ten of every column, first those whose grade would decide most between them.

    A grade counts for a column by the discount of the product's place (see nDCG), so it decides by
    how much the discounts differ. That does not say which column is the better placed one. At equal
    stakes the order says nothing and stays the same.
    """
    discounts = [_discounts(column) for column in columns]
    names = mixed(query, {name for column in discounts for name in column})

    def stake(name: str) -> float:
        own = [column.get(name, 0.0) for column in discounts]
        return max(own) - min(own)

    return sorted(names, key=stake, reverse=True)


def _discounts(column: Column) -> dict[str, float]:
    """What a grade of each of the best ten is multiplied by in the column's DCG."""
    return {name: 1 / math.log2(place + 2) for place, name in enumerate(column.ids(DEPTH))}


def mixed(query: str, names: Collection[str]) -> list[str]:
    """Products in an order that says nothing of who found them, and stays the same."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{query}\n{name}".encode()).digest())


def judgments(current: Workspace, query: str) -> dict[str, str]:
    """The judgments of `query` so far: product id → grade."""
    hand = all_judgments(current)
    rows = hand[hand["query"] == query]
    return dict(zip(rows["product_id"], rows["relevance"].astype(str), strict=True))


def all_judgments(current: Workspace) -> pd.DataFrame:
    """Every judgment made here, with the columns of the table `judgments`."""
    hand = current.corrections()
    rows = hand[(hand["task"] == "search") & hand["label"].isin(GRADES)]
    named = rows.rename(columns={"input": "query", "head": "product_id", "label": "relevance"})
    named = named[["query", "product_id", "relevance"]].reset_index(drop=True)
    return named.astype({"relevance": int})


def offer_round(current: Workspace, run_id: str | None, mode: Mode) -> None:
    """A button that measures the last column against the one before it on every judged query."""
    judged = all_judgments(current)
    if judged.empty:
        return

    def cite() -> Citation | None:
        grades = {
            str(query): dict(zip(rows["product_id"], rows["relevance"], strict=True))
            for query, rows in judged.groupby("query")
        }
        found = ask_columns(current, list(grades), run_id, mode, by_page=True)
        if found is None:
            return None
        last, left = found[0].columns[-1], found[0].columns[-2]
        scores = [
            ranking.score_each(
                list(grades.values()),
                [_as_ranking(one.columns[place]) for one in found],
            )[ranking.PRIMARY]
            for place in (-1, -2)
        ]
        return cite_queries(
            current,
            ranking.PRIMARY,
            (scores[0] - scores[1]).tolist(),
            kind="judgments",
            run_id=run_id or UNTUNED,
            system=last.system,
            against=left.system,
        )

    st.caption(t("search.judging.round", n=judged["query"].nunique()))
    evidence.offer(current, cite, "judged")


def _as_ranking(column: Column) -> Ranking:
    return Ranking(column.ids(DEPTH), [score for _, score in column.results[:DEPTH]])


def edit(
    current: Workspace, names: Sequence[str], known: dict[str, str], key: str
) -> dict[str, str | None]:
    """Products with a grade to choose beside each; the grades as they are chosen now."""
    catalog = products(current)
    shown = [name for name in names if name in catalog]
    grades = {grade: t(f"search.judging.grades.g{grade}") for grade in GRADES}
    frame = pd.DataFrame(
        {
            "relevance": pd.array([known.get(name) for name in shown], dtype="str"),
            "title": [charts.cut(catalog[name]["title"], 140) for name in shown],
            "category": [catalog[name]["category"] for name in shown],
            "brand": [catalog[name]["brand"] for name in shown],
        }
    )
    edited = st.data_editor(
        frame,
        hide_index=True,
        disabled=["title", "category", "brand"],
        column_config={
            "relevance": st.column_config.SelectboxColumn(
                t("search.judging.relevance"),
                options=list(GRADES),
                format_func=lambda grade: grades.get(str(grade), ""),
                width="medium",
            ),
            **{
                name: st.column_config.TextColumn(tables.column_name(name))
                for name in ("title", "category", "brand")
            },
        },
        key=key,
        placeholder=t("queries.choose"),
        height="content",
        alt=t("search.judging.table"),
    )
    return dict(zip(shown, edited["relevance"].astype(object), strict=True))


def show_scores(columns: Sequence[Column], known: dict[str, str]) -> None:
    """Which system is best for the query by these judgments."""
    qrels = {name: int(grade) for name, grade in known.items()}
    scores = []
    for column in columns:
        scored = ranking.score_each([qrels], [_as_ranking(column)])
        scores.append(float(scored[ranking.PRIMARY].iloc[0]))
    if pd.isna(scores[0]):
        st.info(t("search.judging.nothing_relevant"))
        return
    names = [t(f"search.columns.{column.place}") for column in columns]
    winner = max(scores)
    leaders = [name for name, score in zip(names, scores, strict=True) if score == winner]
    code = "winner" if len(leaders) == 1 else "tie"
    charts.draw(
        charts.bars(
            names,
            scores,
            value_name="nDCG@10",
            highlight=leaders[0] if len(leaders) == 1 else None,
            value_format=".2f",
        ),
        title=t(f"search.judging.{code}", name=leaders[0], score=f"{winner:.2f}"),
        note=t("search.judging.note", n=len(known)),
        key="chart_judged",
    )


def _offer(current: Workspace) -> None:
    everything = all_judgments(current)
    if len(everything):
        with st.container(horizontal=True, vertical_alignment="center"):
            download.offer(
                everything,
                t("search.judging.download", n=len(everything)),
                "judgments.csv",
                key="download_judgments",
            )
            st.caption(t("search.judging.download_note"))
