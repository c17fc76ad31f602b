"""What goes with a basket: the recommended list with reasons, substitutes, and rivals beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from engine.storage.runs import Run, run_id_of
from engine.storage.workspace import Workspace
from engine.tasks.cross_sell.answers import (
    PREDICT,
    Complement,
    CrossSellAnswer,
    CrossSellInput,
    Reason,
    Substitute,
)
from pages.ui.cross_sell.basket import add, is_example
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, charts, names, tables
from pages.ui.parts.cards import Action, Card, show_cards
from pages.ui.parts.pictures import first_pictures
from pages.ui.parts.product_card import Badge, plain_facts, products
from pages.ui.parts.runs import invite_to_tune

K = 10
_SHOWN = 6
_LONGEST = 90
# Beside the recommended list: what everybody buys, what is rare together, what is solved for.
RIVALS = ("popularity", "lift", "ease")
# From so many times chance on, a pair of categories is a reason.
_MORE_THAN_CHANCE = 1.2


def show_basket(current: Workspace, basket: Sequence[str], run: Run | None) -> None:
    """Everything about one basket, or what to do without one."""
    if not basket:
        with st.container(border=True, key="no_basket"):
            st.markdown(f"**{t('cross_sell.empty.title')}**")
            st.markdown(t("cross_sell.empty.text"))
        return
    item = CrossSellInput(tuple(basket), K)
    timed = answers.ask(current, PREDICT, [item], run_id_of(run), by_page=is_example())
    if timed is None:
        return
    answers.show_times({"tuned" if run else "untuned": timed})
    (answer,) = timed.value
    catalog = products(current)
    _show_system(answer, run)
    left, right = st.columns([3, 2], gap="large")
    with left, st.container(key="complements"):
        st.subheader(t("cross_sell.complements"), anchor=False)
        pictures = first_pictures(current)
        show_cards(
            [
                _card(result, catalog, pictures.get(result.product_id))
                for result in answer.results[:_SHOWN]
                if result.product_id in catalog
            ],
            "complement_cards",
            lambda press: add(press.product_id),
        )
    with right, st.container(key="substitutes"):
        st.subheader(t("cross_sell.substitutes.title"), anchor=False)
        _show_substitutes(answer.substitutes, catalog)
    _show_rivals(answer, catalog)
    if run is None:
        invite_to_tune("cross_sell")


def _show_system(answer: CrossSellAnswer, run: Run | None) -> None:
    system = answer.system
    st.markdown(f"**{escape(_finding(answer))}**")
    by_orders = system in (*RIVALS, "cosine")
    code = "orders" if by_orders else "texts" if system in ("tuned", "untuned") else "blend"
    st.caption(
        escape(t(f"cross_sell.chosen.{code}", system=names.system(system)))
        + ("" if run else " " + escape(t("cross_sell.chosen.untuned")))
    )


def _finding(answer: CrossSellAnswer) -> str:
    shown = answer.results[:_SHOWN]
    met = sum(result.reason.together > 0 for result in shown)
    new = sum(result.reason.bought == 0 for result in shown)
    if new:
        return t("cross_sell.findings.new", n=new, k=len(shown))
    return t("cross_sell.findings.met", n=met, k=len(shown))


def _card(
    result: Complement, catalog: Mapping[str, Mapping[str, Any]], picture: str | None
) -> Card:
    product, reason = catalog[result.product_id], result.reason
    return Card(
        result.product_id,
        charts.cut(product["title"], _LONGEST),
        [plain_facts(product)],
        [Action("add", t("cross_sell.add"), "add_shopping_cart")],
        [] if reason.bought else [Badge(t("cross_sell.never_bought"), "violet")],
        explain(reason, catalog),
        picture=picture,
    )


def explain(reason: Reason, catalog: Mapping[str, Mapping[str, Any]]) -> str:
    """The strongest reason for a product, in words: orders first, then categories, then texts."""
    if reason.together:
        return t(
            "cross_sell.reasons.together",
            title=_title(reason.met, catalog),
            n=reason.together,
            share=f"{reason.confidence:.0%}",
            lift=f"{reason.lift:,.1f}",
        )
    if reason.categories and reason.category_lift >= _MORE_THAN_CHANCE:
        first, second = (charts.cut(name) for name in reason.categories)
        return t(
            "cross_sell.reasons.categories",
            first=first,
            second=second,
            lift=f"{reason.category_lift:.1f}",
        )
    return t(
        "cross_sell.reasons.text",
        title=_title(reason.alike, catalog),
        closeness=f"{reason.closeness:.2f}",
    )


def _title(product_id: str, catalog: Mapping[str, Mapping[str, Any]]) -> str:
    return charts.cut(catalog.get(product_id, {}).get("title", product_id), 50)


def _show_substitutes(
    substitutes: Sequence[Substitute], catalog: Mapping[str, Mapping[str, Any]]
) -> None:
    st.caption(t("cross_sell.substitutes.note"))
    if not substitutes:
        st.info(t("cross_sell.substitutes.none"), icon=":material/swap_horiz:")
        return
    for substitute in substitutes:
        if substitute.product_id not in catalog:
            continue
        with st.container(border=True, gap="xsmall"):
            title = charts.cut(catalog[substitute.product_id]["title"], _LONGEST)
            st.markdown(f"**{escape(title)}**")
            code = "looks" if substitute.looks else "text"
            said = t(
                f"cross_sell.substitutes.{code}",
                title=_title(substitute.of, catalog),
                n=substitute.looks,
                closeness=f"{substitute.closeness:.2f}",
            )
            st.caption(escape(said))


def _show_rivals(answer: CrossSellAnswer, catalog: Mapping[str, Mapping[str, Any]]) -> None:
    st.subheader(t("cross_sell.rivals.title"), anchor=False)
    st.caption(t("cross_sell.rivals.note"))
    shown = list(dict.fromkeys([answer.system, *RIVALS]))
    columns = {
        system: [
            charts.cut(catalog[name]["title"], 60) if name in catalog else name
            for name, _ in answer.systems.get(system, [])[:K]
        ]
        for system in shown
    }
    frame = pd.DataFrame({name: pd.Series(titles, dtype="str") for name, titles in columns.items()})
    frame.insert(0, "rank", range(1, len(frame) + 1))
    labels = {name: names.system(name) for name in columns} | {"rank": t("cross_sell.rank")}
    tables.show(frame, labels=labels, alt=t("cross_sell.rivals.title"), key="rivals")
