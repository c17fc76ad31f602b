"""The quality board: what the catalog leaves empty, says twice, too briefly or against itself."""

import pandas as pd
import streamlit as st

from engine.catalog.quality import FEW, SHORT, CatalogReport, inspect_catalog
from engine.storage.workspace import Workspace
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts, download, names, tables

_BARS = 15
_FULL = 0.95


@session.per_shop(8)
def _board(current: Workspace) -> CatalogReport:
    return inspect_catalog(session.tables(current))


def board(current: Workspace) -> CatalogReport:
    """What was found in the catalog, once per load. Never change it."""
    with st.spinner(t("catalog.board.looking")):
        return _board(current)


def show_board(current: Workspace) -> None:
    """Figures first, then each finding with its examples and what to do about it."""
    found = board(current)
    with st.container(horizontal=True, key="board_figures"):
        for name, count in (
            ("products", found.products),
            ("duplicates", len(found.duplicates)),
            ("short", len(found.short)),
            ("conflicts", len(found.conflicts)),
        ):
            st.metric(t(f"catalog.board.{name}"), f"{count:,}", border=True)
    with st.grid(2, min_column_width=420, gap="large", key="board_charts"):
        with st.container():
            _show_coverage(found)
        with st.container():
            _show_categories(found)
    _show_rows("duplicates", found.duplicates, groups=_groups(found))
    _show_rows("short", found.short, words=SHORT)
    _show_rows("conflicts", found.conflicts)


def _groups(found: CatalogReport) -> int:
    return int(found.duplicates["group"].nunique())


def _show_coverage(found: CatalogReport) -> None:
    shares = found.coverage[found.coverage > 0].head(_BARS)
    thin = shares[shares < _FULL]
    if thin.empty:
        title = t("catalog.board.coverage_full", n=len(shares))
    else:
        name = str(thin.index[-1])
        title = t("catalog.board.coverage", name=column_name(name), share=f"{thin.iloc[-1]:.0%}")
    figure = charts.bars(
        [column_name(str(name)) for name in shares.index],
        shares.to_list(),
        value_name=t("catalog.board.filled"),
        value_format=".0%",
    )
    figure.update_xaxes(range=[0, 1.15])
    note = t("catalog.board.coverage_note", shown=len(shares), n=int((found.coverage > 0).sum()))
    charts.draw(figure, title=title, note=note, key="chart_coverage")


def _show_categories(found: CatalogReport) -> None:
    counts = found.categories
    if counts.empty:
        st.info(t("catalog.board.no_categories"), icon=":material/category:")
        return
    largest = counts.iloc[0] / counts.sum()
    title = t(
        "catalog.board.categories",
        name=charts.cut(counts.index[0]),
        share=f"{largest:.0%}",
        rare=len(found.rare),
        few=FEW,
    )
    shown = counts.head(_BARS)
    charts.draw(
        charts.bars(
            [str(name) for name in shown.index],
            shown.to_list(),
            value_name=t("catalog.board.products"),
        ),
        title=title,
        note=t("catalog.board.categories_note", shown=len(shown), n=len(counts)),
        key="chart_categories",
    )


def _show_rows(kind: str, rows: pd.DataFrame, **params: object) -> None:
    if rows.empty:
        st.markdown(f":material/check: {t(f'catalog.board.no_{kind}')}")
        return
    with st.expander(escape(t(f"catalog.board.{kind}_title", n=f"{len(rows):,}", **params))):
        st.markdown(t(f"catalog.board.{kind}_do"))
        labels = {str(name): t(f"catalog.columns.{name}") for name in rows}
        tables.show(rows, labels=labels, alt=t(f"catalog.board.{kind}"), key=f"rows_{kind}")
        download.offer(rows, t("catalog.download"), f"{kind}.csv", key=f"download_{kind}")


def column_name(name: str) -> str:
    """What a column is called: the schema's in the user's language, the shop's as they are."""
    plain = names.head(name)
    return plain if plain != name else tables.column_name(name)
