"""Ideas for bundles, and what each would bring under assumptions that the user sets."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from engine.storage.workspace import Workspace
from engine.tasks.cross_sell.offers import LEAST_TOGETHER, Estimate, Offer, estimate, find_bundles
from pages.ui.cross_sell.orders import Orders, orders
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts, download, tables

# Ideas that are worked out; the simulation takes a millisecond each.
_MOST, _CHARTED = 100, 8
_FULL = {"support": "%.2f %%", "confidence": "%.0f %%", "lift": "%.1f"}
_SHOWN = (
    "given",
    "added",
    "together",
    "support",
    "confidence",
    "lift",
    "mean",
    "low",
    "high",
)


@dataclass(frozen=True)
class Idea:
    """One bundle with its figures and what it would bring."""

    rule: dict[str, object]
    estimate: Estimate


@session.per_shop(8)
def _rules(current: Workspace) -> pd.DataFrame:
    return find_bundles(orders(current).baskets["basket"].tolist(), most=_MOST)


def show_bundles(current: Workspace) -> None:
    """The assumptions, the best ideas as a chart with ranges, and all of them as a table."""
    shop = orders(current)
    rules = _rules(current)
    if rules.empty:
        st.info(t("cross_sell.bundles.none", least=LEAST_TOGETHER), icon=":material/redeem:")
        return
    offer = choose_offer()
    ideas = price_ideas(rules, shop, offer)
    if not ideas:
        st.info(t("cross_sell.bundles.no_prices"), icon=":material/sell:")
        return
    _show_best(ideas, shop, offer)
    _show_table(ideas, shop)
    with st.expander(t("cross_sell.bundles.assumptions"), icon=":material/rule:", expanded=False):
        for name in ("rate", "share", "uplift", "gain", "cause"):
            st.markdown(f"- {t(f'cross_sell.bundles.assumption.{name}')}")


def choose_offer() -> Offer:
    """What the user assumes of an offer."""
    with st.grid(4, min_column_width=150, gap="medium", key="offer"):
        margin = st.slider(
            t("cross_sell.bundles.margin"),
            1,
            90,
            35,
            format="%d %%",
            help=t("cross_sell.bundles.margin_help"),
            key="margin",
            persist_state="session",
        )
        discount = st.slider(
            t("cross_sell.bundles.discount"),
            0,
            50,
            0,
            format="%d %%",
            help=t("cross_sell.bundles.discount_help"),
            key="discount",
            persist_state="session",
        )
        uplift = st.slider(
            t("cross_sell.bundles.uplift"),
            0,
            200,
            (10, 40),
            step=5,
            format="%d %%",
            help=t("cross_sell.bundles.uplift_help"),
            key="uplift",
            persist_state="session",
        )
        days = st.slider(
            t("cross_sell.bundles.days"),
            7,
            180,
            30,
            key="days",
            persist_state="session",
            help=t("cross_sell.bundles.days_help"),
        )
    return Offer(margin / 100, discount / 100, (uplift[0] / 100, uplift[1] / 100), float(days))


def price_ideas(rules: pd.DataFrame, shop: Orders, offer: Offer) -> list[Idea]:
    """The bundles whose added product has a price, by what they would bring, most first.

    Where the orders have no times, they count as those of the time that the offer runs.
    """
    found = []
    for rule in rules.to_dict("records"):
        price = shop.prices.get(rule["added"][0])
        if price is not None:
            named = {str(name): value for name, value in rule.items()}
            days = shop.days or offer.days
            found.append(Idea(named, estimate(named, price, days, offer)))
    return sorted(found, key=lambda idea: -idea.estimate.mean)


def name_of(products: object, shop: Orders, longest: int = 40) -> str:
    """The titles of some products in one line."""
    assert isinstance(products, Sequence)  # noqa: S101 - as `find_bundles` gives them
    return " + ".join(charts.cut(shop.titles.get(name, name), longest) for name in products)


def _show_best(ideas: Sequence[Idea], shop: Orders, offer: Offer) -> None:
    best = ideas[0]
    parts = {
        "given": name_of(best.rule["given"], shop),
        "added": name_of(best.rule["added"], shop),
        "days": f"{offer.days:.0f}",
    }
    found = best.estimate
    parts |= {name: f"{getattr(found, name):,.0f}" for name in ("mean", "low", "high")}
    code = "finding" if found.low > 0 else "unsure" if found.mean > 0 else "loss"
    top = ideas[:_CHARTED]
    labels = [
        f"{place}. " + " → ".join(name_of(idea.rule[part], shop, 17) for part in ("given", "added"))
        for place, idea in enumerate(top, start=1)
    ]
    charts.draw(
        charts.bars_with_interval(
            labels,
            [idea.estimate.mean for idea in top],
            [idea.estimate.low for idea in top],
            [idea.estimate.high for idea in top],
            value_name=t("cross_sell.bundles.columns.mean"),
            value_format=",.0f",
        ),
        title=t(f"cross_sell.bundles.{code}", **parts),
        note=t("cross_sell.bundles.chart_note", baskets=f"{found.baskets:,.0f}", **parts),
        key="chart_bundles",
    )


def _show_table(ideas: Sequence[Idea], shop: Orders) -> None:
    rows = [
        {
            **{name: idea.rule[name] for name in ("together", "lift")},
            "given": name_of(idea.rule["given"], shop, 60),
            "added": name_of(idea.rule["added"], shop, 60),
            "support": 100 * float(str(idea.rule["support"])),
            "confidence": 100 * float(str(idea.rule["confidence"])),
            **{name: round(getattr(idea.estimate, name)) for name in ("mean", "low", "high")},
        }
        for idea in ideas
    ]
    frame = pd.DataFrame(rows)[list(_SHOWN)]
    labels = {name: t(f"cross_sell.bundles.columns.{name}") for name in _SHOWN}
    number = st.column_config.NumberColumn
    config = {name: number(labels[name], format=form) for name, form in _FULL.items()}
    st.markdown(f"**{escape(t('cross_sell.bundles.table', n=len(frame)))}**")
    tables.show(
        frame,
        labels=labels,
        config=config,
        alt=t("cross_sell.bundles.table", n=len(frame)),
        key="bundles",
    )
    download.offer(frame, t("cross_sell.bundles.download"), "bundles.csv", key="download_bundles")
