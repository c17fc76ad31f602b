"""The answers to one query side by side, each product as a card that says why it is there."""

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import pandas as pd
import streamlit as st

from engine.storage.workspace import Workspace
from engine.tasks.search.answers import EXPLAIN, WhyInput
from engine.text.words import STOPWORDS, words
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, charts, reasons
from pages.ui.parts.cards import Action, Card, Press, show_cards
from pages.ui.parts.pictures import first_pictures
from pages.ui.parts.product_card import Badge, facts, moved_badges, plain_facts, products
from pages.ui.parts.runs import invite_to_tune
from pages.ui.search import session_rank
from pages.ui.search.systems import Column, changed, moved

_LONGEST_TITLE = 110
_MOST_MATCHES = 4


def show_columns(current: Workspace, query: str, columns: Sequence[Column], k: int) -> None:
    """What was found and how it differs, then the columns from left to right."""
    st.markdown(f"**{escape(_finding(columns, k))}**")
    with st.grid(3, min_column_width=250, gap="medium", key="columns"):
        for position, column in enumerate(columns):
            with st.container(key=f"column_{column.place}"):
                _show_column(current, query, column, columns[position - 1] if position else None, k)
        if columns[-1].place != "tuned":
            with st.container(key="column_tuned"):
                st.subheader(t("search.columns.tuned"), anchor=False)
                invite_to_tune("search")


def _finding(columns: Sequence[Column], k: int) -> str:
    by_words, last = columns[0], columns[-1]
    if last.place == "tuned":
        untuned = columns[1]
        code = "tuned_same" if last.ids(k) == untuned.ids(k) else "tuned"
        return t(f"search.findings.{code}", n=changed(last, untuned, k), k=len(last.ids(k)))
    if not by_words.results:
        return t("search.findings.no_words", k=len(last.ids(k)))
    code = "same" if last.ids(k) == by_words.ids(k) else "untuned"
    return t(f"search.findings.{code}", n=changed(last, by_words, k), k=len(last.ids(k)))


def _show_column(
    current: Workspace, query: str, column: Column, left: Column | None, k: int
) -> None:
    st.subheader(t(f"search.columns.{column.place}"), anchor=False)
    st.caption(t(f"search.systems.{column.system}"))
    if not column.results:
        st.info(t("search.nothing_by_words"), icon=":material/search_off:")
    catalog, pictures = products(current), first_pictures(current)
    cards = [
        _card(query, column, left, catalog[product_id], pictures.get(product_id), k)
        for product_id in column.ids(k)
        # A catalog that was loaded a moment ago may lack what an older answer names.
        if product_id in catalog
    ]
    press = show_cards(cards, f"cards_{column.place}", partial(_look, current, query, column))
    if press is not None and press.action == "why":
        _explain(current, column, query, catalog[press.product_id])


def _look(current: Workspace, query: str, column: Column, press: Press) -> None:
    if press.action == "look":
        session_rank.look(current, query, column, press.product_id)


def _card(
    query: str,
    column: Column,
    left: Column | None,
    product: Mapping[str, Any],
    picture: str | None,
    k: int,
) -> Card:
    product_id = product["product_id"]
    why = column.placed.get(product_id)
    lines = (plain_facts(product), session_rank.why_up(why) if why is not None else "")
    return Card(
        product_id,
        charts.cut(product["title"], _LONGEST_TITLE),
        [line for line in lines if line],
        (
            Action("look", t("search.session.look"), "visibility"),
            Action("why", t("search.why"), "help"),
        ),
        [*_moves(column, left, product_id, k), _shared_words(query, product)],
        picture=picture,
    )


def _moves(column: Column, left: Column | None, product_id: str, k: int) -> list[Badge]:
    """Where a product stands compared with the column before."""
    if left is None:
        return []
    return moved_badges(moved(column, left, product_id, k), t("search.badges.new"))


def _shared_words(query: str, product: Mapping[str, Any]) -> Badge:
    shared = matches(query, product)
    if shared:
        return Badge(" ".join(shared[:_MOST_MATCHES]), "gray")
    return Badge(t("search.badges.meaning"), "blue")


def matches(query: str, product: Mapping[str, Any]) -> list[str]:
    """The words of the query that the product's texts hold too; "the" and "of" say nothing."""
    fields = ("title", "description", "category", "brand")
    inside = _words_of(*(str(product[name]) for name in fields if not pd.isna(product[name])))
    return [word for word in _asked(query) if word in inside]


@lru_cache(maxsize=256)
def _asked(query: str) -> tuple[str, ...]:
    return tuple(word for word in dict.fromkeys(words(query)) if word not in STOPWORDS)


@lru_cache(maxsize=2048)
def _words_of(*texts: str) -> frozenset[str]:
    return frozenset(words(" ".join(texts)))


def _explain(current: Workspace, column: Column, query: str, product: Mapping[str, Any]) -> None:
    @st.dialog(t("search.why_title"), width="large")
    def show() -> None:
        st.markdown(f"**{escape(charts.cut(product['title'], _LONGEST_TITLE))}**")
        st.caption(facts(product))
        why = WhyInput(query, product["product_id"])
        answer = answers.ask(current, EXPLAIN, why, column.run_id)
        if answer is not None:
            reasons.show_search(answer.value)

    show()
