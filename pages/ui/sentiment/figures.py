"""Charts of moods: praise against blame, and a share over time with its changes."""

from collections.abc import Sequence
from itertools import pairwise

import pandas as pd
import plotly.graph_objects as go

from engine.reviews.trends import Alert, ChangePoint
from pages.ui.frame.i18n import t
from pages.ui.parts import charts


def two_sides(
    names: Sequence[str], praise: Sequence[int], blame: Sequence[int], rest: Sequence[int]
) -> go.Figure:
    """Per name praise to the right, blame to the left of a line; the hover says the rest too."""
    labels = [charts.label(name) for name in names]
    places = list(range(len(labels)))
    figure = go.Figure()
    sides = (("blame", blame, -1, charts.DOWN), ("praise", praise, 1, charts.UP))
    for side, values, sign, colour in sides:
        figure.add_bar(
            y=places,
            x=[sign * value for value in values],
            orientation="h",
            name=t(f"sentiment.sides.{side}"),
            marker_color=colour,
            text=[f"{value:,}" if value else "" for value in values],
            textposition="outside",
            textangle=0,
            cliponaxis=False,
            customdata=[
                [name, value, other]
                for name, value, other in zip(labels, values, rest, strict=True)
            ],
            hovertemplate=f"%{{customdata[0]}}<br>{t(f'sentiment.sides.{side}')}: "
            f"%{{customdata[1]:,}}<br>{t('sentiment.sides.rest')}: %{{customdata[2]:,}}"
            "<extra></extra>",
        )
    reach = 1.2 * max([*praise, *blame, 1])
    figure.add_vline(x=0, line={"color": charts.GREY, "width": 1})
    figure.update_xaxes(visible=False, range=[-reach, reach], fixedrange=True)
    figure.update_yaxes(
        tickvals=places,
        ticktext=labels,
        autorange="reversed",
        showgrid=False,
        automargin=True,
        fixedrange=True,
    )
    return figure.update_layout(
        barmode="relative",
        height=70 + 32 * len(labels),
        margin={"l": 8, "r": 24, "t": 8, "b": 8},
        bargap=0.3,
        dragmode=False,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )


def share_over_time(
    counts: pd.DataFrame,
    changes: Sequence[ChangePoint],
    alerts: Sequence[Alert],
    *,
    x_name: str,
    y_name: str,
) -> go.Figure:
    """The share of hits per period, its level between changes, and the periods that stand out."""
    known = counts[counts["n"] > 0]
    shares = known["hits"] / known["n"]
    figure = charts.curve(
        {y_name: (list(known.index), shares.to_list())}, x_name=x_name, y_name=y_name, markers=True
    )
    figure.data[0].update(customdata=known["n"].to_list(), hovertemplate="%{y:.0%} (%{customdata})")
    edges = [counts.index[0], *(change.when for change in changes), counts.index[-1]]
    levels = [
        float(stretch["hits"].sum() / max(stretch["n"].sum(), 1))
        for stretch in _stretches(counts, [change.when for change in changes])
    ]
    figure.add_scatter(
        x=[edge for pair in pairwise(edges) for edge in pair],
        y=[level for level in levels for _ in range(2)],
        mode="lines",
        line={"color": charts.GREY, "width": 2, "dash": "dash"},
        name=charts.label(t("sentiment.trends.level")),
        hoverinfo="skip",
    )
    if alerts:
        figure.add_scatter(
            x=[alert.when for alert in alerts],
            y=[alert.share for alert in alerts],
            mode="markers",
            marker={"size": 14, "symbol": "diamond", "color": charts.DOWN},
            name=charts.label(t("sentiment.trends.alert")),
            hoverinfo="skip",
        )
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return figure.update_layout(showlegend=True)


def _stretches(counts: pd.DataFrame, edges: Sequence[pd.Timestamp]) -> list[pd.DataFrame]:
    bounds = [counts.index[0], *edges, counts.index[-1] + pd.Timedelta(days=1)]
    return [
        counts[(counts.index >= start) & (counts.index < end)] for start, end in pairwise(bounds)
    ]
