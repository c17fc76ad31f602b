"""The controls that make rules: in stock only, pin or hide a product, boost a kind of products."""

from functools import partial
from itertools import islice

import streamlit as st

from engine.storage.workspace import Workspace
from engine.tasks.interest.merchandising import FIELDS, MOST_PLACES, Boost, Field, Rules, Shop
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts
from pages.ui.parts.titles import title_matcher
from pages.ui.recommend.rule_buttons import change, show_pin_and_hide
from pages.ui.recommend.shop import columns, shop

# How long titles and names may be, and how many products and values are offered.
_LONGEST, _MOST_PRODUCTS, _MOST_VALUES = 60, 30, 300
_PLACES = 5


def choose_stock(current: Workspace, rules: Rules) -> None:
    """The switch that leaves only what is in stock, where the catalog says so."""
    column = columns(current).columns.get("stock")
    if column is None:
        st.caption(t("recommend.rules.no_stock"))
        return
    st.toggle(
        t("recommend.rules.in_stock"),
        rules.in_stock,
        help=escape(t("recommend.rules.in_stock_help", column=charts.cut(column))),
        key=f"in_stock_{rules.in_stock}",
        on_change=change,
        args=(current, partial(Rules.only_stock, wanted=not rules.in_stock)),
    )


def choose_product(current: Workspace) -> None:
    """Any product of the catalog, to pin or hide it."""
    catalog = shop(current)
    text = st.text_input(
        t("recommend.rules.find"),
        placeholder=t("recommend.rules.find_placeholder"),
        icon=":material/search:",
        max_chars=100,
        key="rule_find",
    )
    if not text:
        return
    matches = _find(catalog, text)
    if not matches:
        st.caption(t("recommend.rules.none_found"))
        return
    product_id = st.selectbox(
        t("recommend.rules.product"),
        matches,
        key="rule_product",
        format_func=lambda name: charts.cut(catalog.titles[name], _LONGEST),
    )
    show_pin_and_hide(current, product_id, "chosen", prominent=True)


def _find(catalog: Shop, text: str) -> list[str]:
    """The first products with this id or with all the words of the text in their title."""
    product_id, matches = text.strip(), title_matcher(text)
    matching = (
        name for name, title in catalog.titles.items() if name == product_id or matches(title)
    )
    return list(islice(matching, _MOST_PRODUCTS))


def choose_boost(current: Workspace) -> None:
    """Products of a kind that move up by some places."""
    catalog, own = shop(current), columns(current).columns
    has_margin = bool({"margin", "cost"} & own.keys())
    fields = _possible_fields(catalog, has_margin)
    with st.container(border=True, key="boost"):
        st.markdown(f"**{t('recommend.rules.boost')}**")
        if not has_margin:
            st.caption(t("recommend.rules.no_margin"))
        labels = {name: t(f"recommend.rules.fields.{name}") for name in fields}
        field = st.selectbox(
            t("recommend.rules.by"), fields, key="boost_field", format_func=labels.__getitem__
        )
        value = _choose_value(catalog, field)
        places = st.slider(t("recommend.rules.places"), 1, MOST_PLACES, _PLACES, key="boost_places")
        boost = Boost(field, value or "", places)
        st.button(
            t("recommend.rules.add"),
            icon=":material/arrow_upward:",
            key="boost_add",
            disabled=value is None,
            on_click=change,
            args=(current, partial(Rules.boost, boost=boost)),
        )


def _possible_fields(catalog: Shop, has_margin: bool) -> list[Field]:
    """The fields that the catalog has values of."""
    possible = {
        "margin": has_margin,
        "category": True,
        "brand": bool(catalog.brands),
        "price_from": bool(catalog.prices),
        "price_to": bool(catalog.prices),
    }
    return [name for name in FIELDS if possible[name]]


def _choose_value(catalog: Shop, field: Field) -> str | None:
    """The category, brand or price that a boost is about; None if there is nothing to choose."""
    if field == "margin":
        return ""
    if field in ("price_from", "price_to"):
        median = sorted(catalog.prices.values())[len(catalog.prices) // 2]
        price = st.number_input(
            t("recommend.rules.price"), min_value=0.0, value=float(median), key="boost_price"
        )
        return f"{price:.15g}"
    values = catalog.categories if field == "category" else catalog.brands
    value: str | None = st.selectbox(
        t(f"recommend.rules.fields.{field}"),
        sorted(set(values.values()))[:_MOST_VALUES],
        key=f"boost_{field}",
        format_func=lambda name: charts.cut(name, _LONGEST),
        label_visibility="collapsed",
    )
    return value
