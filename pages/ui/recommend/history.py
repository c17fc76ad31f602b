"""What a shopper was shown and did: a timeline and a table, this page's acts last."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine.tables.categories import leaf
from engine.tasks.interest.timeline import ACTS
from pages.ui.frame.i18n import t
from pages.ui.parts import charts, tables
from pages.ui.recommend.shop import shop
from pages.ui.recommend.shopper import Request, past

# From what says least about a shopper to what says most.
KINDS = ("impression", "click", "add_to_cart", "purchase", "review")
_ROWS = 60
_LONGEST = 60


def show_history(request: Request) -> None:
    """The shopper's past, and what they did on this page."""
    st.subheader(t("recommend.history.title"), anchor=False)
    frame = past(request.current, request.name) if request.name else None
    if frame is not None and len(frame):
        _show_timeline(request, frame)
    elif not request.acts:
        with st.container(border=True, key="no_history"):
            st.markdown(t("recommend.history.none"))
        return
    _show_table(request, frame)


def _show_timeline(request: Request, frame: pd.DataFrame) -> None:
    timed = frame.dropna(subset=["time"])
    counts = frame["event"].value_counts()
    titles = shop(request.current).titles
    figure = go.Figure()
    there = [kind for kind in KINDS if kind in set(timed["event"])]
    for place, kind in enumerate(there):
        rows = timed[timed["event"] == kind]
        figure.add_scatter(
            x=rows["time"].dt.to_pydatetime().tolist(),
            y=[place] * len(rows),
            mode="markers",
            marker={
                "color": charts.PALETTE[KINDS.index(kind)],
                "size": 9,
                "symbol": "diamond" if kind == "purchase" else "circle",
            },
            customdata=[charts.label(titles.get(name, name)) for name in rows["product_id"]],
            hovertemplate="%{customdata}<br>%{x|%Y-%m-%d %H:%M}<extra></extra>",
        )
    figure.update_yaxes(
        tickvals=list(range(len(there))),
        ticktext=[_kind(kind) for kind in there],
        automargin=True,
        fixedrange=True,
        zeroline=False,
        range=[-0.6, len(there) - 0.4],
    )
    figure.update_xaxes(tickformat="%m-%d", fixedrange=True, showgrid=False)
    figure.update_layout(
        height=90 + 34 * len(there),
        showlegend=False,
        dragmode=False,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
    )
    charts.draw(
        figure,
        title=t(
            "recommend.history.finding",
            seen=f"{counts.get('impression', 0):,}",
            clicked=f"{counts.get('click', 0):,}",
            bought=f"{counts.get('purchase', 0):,}",
            category=charts.cut(_favourite(request, frame)),
        ),
        note=t("recommend.history.note"),
        key="chart_history",
    )


def _favourite(request: Request, frame: pd.DataFrame) -> str:
    """The category acted on most."""
    categories = shop(request.current).categories
    acted = frame.loc[frame["event"].isin(ACTS), "product_id"]
    paths = acted.map(lambda name: leaf(categories.get(name, "")))
    common = paths[paths != ""].value_counts()
    return str(common.index[0]) if len(common) else t("recommend.history.no_category")


def _show_table(request: Request, frame: pd.DataFrame | None) -> None:
    titles = shop(request.current).titles
    now = pd.DataFrame(
        [{"event": event, "product_id": name} for name, event in request.acts],
        columns=["event", "product_id"],
    ).assign(when=t("recommend.history.now"))
    parts = [now]
    if frame is not None:
        acted = frame[frame["event"] != "impression"]
        parts.insert(0, acted.assign(when=acted["time"].dt.strftime("%m-%d %H:%M")))
    rows = pd.concat(parts, ignore_index=True)[::-1].head(_ROWS)
    shown = pd.DataFrame(
        {
            "when": rows["when"],
            "what": [_kind(event) for event in rows["event"]],
            "title": [charts.cut(titles.get(name, name), _LONGEST) for name in rows["product_id"]],
        }
    )
    for name in ("query", "rating"):
        if name in rows and rows[name].notna().any():
            shown[name] = rows[name]
    labels = {str(name): t(f"recommend.history.columns.{name}") for name in shown}
    tables.show(shown, labels=labels, alt=t("recommend.history.table"), key="history_table")


def _kind(event: str) -> str:
    return t(f"recommend.history.kinds.{event}")
