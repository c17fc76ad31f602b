"""Charts of how values spread: of one over its range, and of pairs over a matrix."""

import itertools
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pages.ui.parts.charts import PALETTE, framed, label

_SCALE = [[0, "rgba(37,126,209,0.06)"], [1, "rgba(37,126,209,1)"]]


def histogram(
    edges: Sequence[float], counts: Sequence[int], *, x_name: str, y_name: str
) -> go.Figure:
    """How values spread: `counts[i]` of them lie between `edges[i]` and `edges[i + 1]`."""
    middles = [(low + high) / 2 for low, high in itertools.pairwise(edges)]
    widths = [high - low for low, high in itertools.pairwise(edges)]
    spans = [f"{low:,.4g} – {high:,.4g}" for low, high in itertools.pairwise(edges)]
    figure = go.Figure(
        go.Bar(
            x=middles,
            y=list(counts),
            width=[0.94 * width for width in widths],
            marker_color=PALETTE[0],
            customdata=spans,
            hovertemplate="%{customdata}: %{y:,.0f}<extra></extra>",
        )
    )
    figure.update_xaxes(title=label(x_name), showgrid=False)
    figure.update_yaxes(title=label(y_name))
    return framed(figure)


def heatmap(
    frame: pd.DataFrame, *, x_name: str, y_name: str, value_name: str, value_format: str = ".0f"
) -> go.Figure:
    """A matrix such as a confusion matrix: rows from the top, columns from the left."""
    columns, rows = ([label(name, 24) for name in names] for names in (frame.columns, frame.index))
    figure = go.Figure(
        go.Heatmap(
            z=frame.to_numpy().tolist(),
            x=list(range(len(columns))),
            y=list(range(len(rows))),
            colorscale=_SCALE,
            showscale=False,
            xgap=2,
            ygap=2,
            texttemplate=f"%{{z:{value_format}}}",
            # Plotly would take a transparent cell for a light one.
            textfont={"color": "white"} if st.context.theme.type == "dark" else None,
            customdata=[[[row, column] for column in columns] for row in rows],
            hovertemplate=f"{label(y_name)}: %{{customdata[0]}}<br>{label(x_name)}: "
            f"%{{customdata[1]}}<br>{label(value_name)}: %{{z:{value_format}}}<extra></extra>",
        )
    )
    figure.update_xaxes(
        title=label(x_name),
        tickvals=list(range(len(columns))),
        ticktext=columns,
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(
        title=label(y_name),
        tickvals=list(range(len(rows))),
        ticktext=rows,
        autorange="reversed",
        showgrid=False,
        zeroline=False,
    )
    return framed(figure, height=150 + 32 * len(rows))
