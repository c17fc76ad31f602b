"""The shop at a glance: its figures and charts, each chart titled with its finding."""

import pandas as pd
import streamlit as st

from engine.storage.workspace import Workspace
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.home.overview import Overview, summarize
from pages.ui.parts import charts, spread_charts

SHOWN = 10


@session.per_shop(64, corrections=True)
def _overview(current: Workspace) -> Overview:
    return summarize(session.tables(current))


def show_figures(current: Workspace) -> None:
    """The shop in four figures."""
    overview = _overview(current)
    with st.grid(4, min_column_width=150, key="figures"):
        for name in ("products", "searches", "orders", "reviews"):
            st.metric(t(f"home.overview.{name}"), f"{getattr(overview, name):,}", border=True)


def show_charts(current: Workspace) -> None:
    """The shop in up to six charts, as many as its data allows."""
    overview = _overview(current)
    st.header(t("home.overview.title"), anchor=False)
    with st.grid(2, min_column_width=340, gap="medium", border=True, key="charts"):
        for draw in (
            _draw_categories,
            _draw_queries,
            _draw_daily,
            _draw_events,
            _draw_prices,
            _draw_stars,
        ):
            draw(overview)


def _percent(part: float, whole: float) -> str:
    """A share in whole percent."""
    return f"{part / whole:.0%}"


def _draw_bars(series: pd.Series, chart: str, value_name: str, **finding: object) -> None:
    with st.container():
        charts.draw(
            charts.bars(list(map(str, series.index)), series.to_list(), value_name=value_name),
            title=t(f"home.charts.{chart}", **finding),
            note=t(f"home.charts.{chart}_note", shown=len(series)),
            key=f"chart_{chart}",
        )


def _draw_categories(overview: Overview) -> None:
    if (series := overview.categories) is not None:
        share = _percent(series.iloc[0], series.sum())
        finding = {"name": charts.cut(series.index[0]), "n": len(series), "share": share}
        _draw_bars(series.head(SHOWN), "categories", t("home.charts.count"), **finding)


def _draw_queries(overview: Overview) -> None:
    if (series := overview.queries) is not None:
        finding = {"shown": len(series), "share": _percent(series.sum(), overview.worded)}
        _draw_bars(series, "queries", t("home.charts.searches"), **finding)


def _draw_daily(overview: Overview) -> None:
    if (series := overview.daily) is not None:
        most = series.idxmax()
        with st.container():
            charts.draw(
                charts.curve(
                    {t("home.charts.searches"): (list(series.index), series.to_list())},
                    x_name=t("home.charts.day"),
                    y_name=t("home.charts.searches"),
                    from_zero=True,
                ),
                title=t(
                    "home.charts.daily_busiest",
                    mean=f"{series.mean():,.0f}",
                    day=f"{most:%Y-%m-%d}",
                    most=f"{series.max():,}",
                ),
                note=t("home.charts.daily_note"),
                key="chart_daily",
            )


def _draw_events(overview: Overview) -> None:
    if (series := overview.events) is not None:
        per_thousand = 1000 * series / series["impression"]
        finding = {
            "clicks": f"{per_thousand['click']:.0f}",
            "buys": f"{per_thousand['purchase']:.0f}",
        }
        named = series.rename(lambda event: t(f"home.events.{event}"))
        _draw_bars(named, "funnel", t("home.charts.events"), **finding)


def _draw_prices(overview: Overview) -> None:
    if (prices := overview.prices) is not None:
        with st.container():
            charts.draw(
                spread_charts.histogram(
                    prices.edges,
                    prices.counts,
                    x_name=t("home.charts.price"),
                    y_name=t("home.charts.count"),
                ),
                title=t("home.charts.prices", low=f"{prices.low:,.4g}", high=f"{prices.high:,.4g}"),
                note=t("home.charts.prices_note"),
                key="chart_prices",
            )


def _draw_stars(overview: Overview) -> None:
    if (series := overview.stars) is not None:
        share = _percent(series.loc[4:].sum(), series.sum())
        named = series.iloc[::-1].rename(lambda n: t("home.charts.star", n=n))
        _draw_bars(named, "stars", t("home.charts.reviews"), share=share)
