"""The shop as a network: which products or categories hang together, in groups."""

import math
from typing import Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine.storage.workspace import Workspace
from engine.tasks.cross_sell.network import Network, draw_network
from pages.ui.cross_sell.orders import orders
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts, tables

Level = Literal["products", "categories"]
LEVELS: tuple[Level, ...] = ("products", "categories")
# Two baskets for a pair of products; a pair of categories meets by chance more often.
_LEAST = {"products": 2, "categories": 5}
_GROUPS, _NODES = 6, 12
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "hexagon", "star")
_LABELLED = 3
_LONGEST = 22
_COLUMNS = ("first", "second", "together", "lift")


def show_network(current: Workspace) -> None:
    """The strongest groups of the shop as a graph, and their ties as a table."""
    level = st.segmented_control(
        t("cross_sell.network.level"),
        LEVELS,
        default=LEVELS[0],
        required=True,
        format_func=lambda name: t(f"cross_sell.network.levels.{name}"),
        key="network_level",
        persist_state="session",
    )
    network = _network(current, level or LEVELS[0])
    if not network.ties:
        st.info(t("cross_sell.network.none"), icon=":material/hub:")
        return
    strongest = max(network.ties, key=lambda tie: tie.together * math.log(tie.lift))
    first, second = (network.nodes[place].name for place in (strongest.first, strongest.second))
    charts.draw(
        figure(network),
        title=t(
            "cross_sell.network.finding",
            groups=len({node.group for node in network.nodes}),
            first=charts.cut(first),
            second=charts.cut(second),
            n=strongest.together,
            lift=f"{strongest.lift:,.1f}",
        ),
        note=t("cross_sell.network.note"),
        key="chart_network",
    )
    with st.expander(t("cross_sell.network.table"), icon=":material/table_chart:"):
        tables.show(
            _as_table(network),
            labels={name: t(f"cross_sell.network.columns.{name}") for name in _COLUMNS},
            alt=t("cross_sell.network.table"),
            key="ties",
        )
    st.caption(escape(t("cross_sell.network.how")))


@session.per_shop()
def _network(current: Workspace, level: Level) -> Network:
    shop = orders(current)
    if level == "products":
        matrix, names = shop.matrix, [shop.titles[name] for name in shop.product_ids]
    else:
        matrix, names = shop.by_category
    return draw_network(matrix, names, _LEAST[level], _GROUPS, _NODES)


def figure(network: Network) -> go.Figure:
    """Nodes as large as they are bought often, ties as wide as they are strong.

    A group has a colour and a shape of its own; its most bought nodes carry their name, all tell it
    when pointed at.
    """
    drawn = go.Figure()
    for tie in network.ties:
        ends = (network.nodes[tie.first], network.nodes[tie.second])
        drawn.add_scatter(
            x=[node.x for node in ends],
            y=[node.y for node in ends],
            mode="lines",
            line={"color": charts.GREY, "width": 0.8 + min(math.log(tie.together), 4)},
            opacity=0.5,
            hoverinfo="skip",
            showlegend=False,
        )
    largest = max(node.count for node in network.nodes)
    for group in sorted({node.group for node in network.nodes}):
        members = [node for node in network.nodes if node.group == group]
        named = sorted(members, key=lambda node: -node.count)[:_LABELLED]
        drawn.add_scatter(
            x=[node.x for node in members],
            y=[node.y for node in members],
            mode="markers+text",
            text=[charts.label(node.name, _LONGEST) if node in named else "" for node in members],
            textposition="top center",
            textfont={"size": 11},
            cliponaxis=False,
            marker={
                "size": [9 + 20 * math.sqrt(node.count / largest) for node in members],
                "color": charts.PALETTE[group % len(charts.PALETTE)],
                "symbol": _SYMBOLS[group % len(_SYMBOLS)],
                "line": {"width": 1, "color": "rgba(127,127,127,0.6)"},
            },
            customdata=[[charts.label(node.name, 80), node.count] for node in members],
            hovertemplate="%{customdata[0]}<br>"
            + charts.label(t("cross_sell.network.baskets"))
            + ": %{customdata[1]:,}<extra></extra>",
            showlegend=False,
        )
    drawn.update_xaxes(visible=False, fixedrange=True)
    drawn.update_yaxes(visible=False, fixedrange=True)
    rows = 1 + max(node.group for node in network.nodes) // 3
    return drawn.update_layout(
        height=100 + 340 * rows, margin={"l": 60, "r": 60, "t": 24, "b": 8}, dragmode=False
    )


def _as_table(network: Network) -> pd.DataFrame:
    rows = [
        {
            "first": network.nodes[tie.first].name,
            "second": network.nodes[tie.second].name,
            "together": tie.together,
            "lift": round(tie.lift, 1),
        }
        for tie in network.ties
    ]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    return frame.sort_values("together", ascending=False, kind="stable", ignore_index=True)
