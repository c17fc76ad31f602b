"""Argue to agree: everybody grades the same results blind, then again after talking about them.

Nobody sees another's grades before the first round is over. The grades by person are kept by
`engine.course.grades`; at the end their median becomes the workspace's judgments.
"""

import hashlib
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from engine.course.grades import DEPTH, FIRST, SETTLED, GradeTable
from engine.storage.workspace import Workspace
from engine.tables.agreement import Agreement
from pages.ui.frame import person
from pages.ui.frame.i18n import t
from pages.ui.parts import charts, tables, terms
from pages.ui.parts.product_card import products
from pages.ui.search import judging
from pages.ui.search.systems import Column

# Fewer people have nothing to agree about.
ENOUGH = 2


def show_together(current: Workspace, query: str, columns: Sequence[Column]) -> None:
    """The round that is on: the products to grade, who has graded, and what comes next."""
    with GradeTable(current) as table:
        names = table.pool(query, shared_pool(query, columns))
        round_ = table.round(query)
        st.markdown(t(f"search.together.intro_{round_}"))
        if round_ > FIRST:
            _show_agreement(current, table, query, round_)
        if round_ < SETTLED:
            _grade(current, table, query, names, round_)
            _offer_next(table, query, round_)
    if round_ == SETTLED:
        judging.show_scores(columns, judging.judgments(current, query))
    terms.explain("krippendorff_alpha", "qrels", key="terms_together")


def shared_pool(query: str, columns: Sequence[Column]) -> list[str]:
    """The best of every column in turn until there are `DEPTH`, in an order that says nothing."""
    best = (
        column.ids(DEPTH)[place]
        for place in range(DEPTH)
        for column in columns
        if place < len(column.ids(DEPTH))
    )
    return judging.mixed(query, list(dict.fromkeys(best))[:DEPTH])


def _grade(
    current: Workspace, table: GradeTable, query: str, names: Sequence[str], round_: int
) -> None:
    """The grades of who sits here; in the second round, those of the first to be changed."""
    who = person.current()
    own = {name: str(grade) for name, grade in table.own(query, who, round_).items()}
    key = hashlib.sha256(f"{query} {round_}".encode()).hexdigest()[:12]
    edited = judging.edit(current, names, own, f"together_{key}")
    grades = {name: int(grade) for name, grade in edited.items() if grade in judging.GRADES}
    with st.container(horizontal=True, vertical_alignment="center", key="together_save"):
        if st.button(
            t("search.together.save"), type="primary", icon=":material/save:", key="save_grades"
        ):
            table.grade(query, who, grades)
            st.toast(t("search.together.saved", n=len(grades)), icon=":material/check:")
        if len(grades) < len(names):
            st.caption(t("search.together.left", n=len(names) - len(grades)))


def _offer_next(table: GradeTable, query: str, round_: int) -> None:
    """Who has graded in this round, and the button that ends it for everybody."""
    people = len(table.grades(query, round_))
    with st.container(horizontal=True, vertical_alignment="center", key="together_next"):
        st.caption(t("search.together.people", n=people))
        st.button(t("search.together.look"), icon=":material/refresh:", key="look_again")
        if people < ENOUGH:
            st.caption(t("search.together.wait", least=ENOUGH))
        elif st.button(
            t(f"search.together.next_{round_}"), icon=":material/forum:", key="next_round"
        ):
            if round_ == FIRST:
                table.show_disputes(query)
            else:
                table.settle(query)
            st.rerun()


def _show_agreement(current: Workspace, table: GradeTable, query: str, round_: int) -> None:
    """How far people agreed in the first round, and since; the disputed products."""
    first, second = (table.agreement(query, one) for one in (FIRST, FIRST + 1))
    with st.container(horizontal=True, key="alphas"):
        _show_alpha("first", first, None)
        if second.people >= ENOUGH:
            _show_alpha("second", second, first)
    last = second if second.people >= ENOUGH else first
    last_round = FIRST + 1 if last is second else FIRST
    if not last.disputed:
        st.success(t("search.together.no_dispute"), icon=":material/handshake:")
        return
    if round_ < SETTLED:
        st.markdown(t("search.together.talk"))
    catalog = products(current)
    grades = table.grades(query, last_round)
    rows = [
        {
            "title": charts.cut(catalog[name]["title"], 140),
            "grades": " · ".join(f"{grade:.0f}" for grade in sorted(grades[name].dropna())),
        }
        for name in last.disputed
        if name in catalog
    ]
    tables.show(
        pd.DataFrame(rows, columns=["title", "grades"]),
        labels={"grades": t("search.together.grades")},
        alt=t("search.together.disputed"),
        key=f"disputed_{last_round}",
    )


def _show_alpha(name: str, agreement: Agreement, before: Agreement | None) -> None:
    alpha = agreement.alpha
    delta = None
    if before is not None and alpha is not None and before.alpha is not None:
        delta = f"{alpha - before.alpha:+.2f}"
    st.metric(
        t(f"search.together.alpha_{name}", n=agreement.people),
        "–" if alpha is None else f"{alpha:.2f}",
        delta,
        help=terms.help_text("krippendorff_alpha"),
    )
