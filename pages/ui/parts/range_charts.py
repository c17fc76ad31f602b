"""Charts of money and of what moves it, in the manner of `pages.ui.parts.charts`."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from pages.ui.parts.charts import DOWN, GREY, PALETTE, UP, framed, label

# Of the width of a waterfall, on each side.
_LABEL_SHARE = 0.25
# So few days or months have a mark each: there is no half of one.
_FEW = 10


def waterfall(
    names: Sequence[str], amounts: Sequence[float], *, total: str, texts: Sequence[str]
) -> go.Figure:
    """Steps from 0 that add up to `total`, the last bar; `texts` are all bars' labels.

    From the top, since names stand upright only beside bars that lie.
    """
    titles = [label(name) for name in (*names, total)]
    figure = go.Figure(
        go.Waterfall(
            y=list(range(len(titles))),
            x=[*amounts, sum(amounts)],
            orientation="h",
            customdata=titles,
            measure=["relative"] * len(amounts) + ["total"],
            text=list(texts),
            textposition="outside",
            cliponaxis=False,
            increasing={"marker": {"color": UP}},
            decreasing={"marker": {"color": DOWN}},
            totals={"marker": {"color": GREY}},
            connector={"line": {"color": GREY, "width": 1}},
            hovertemplate="%{customdata}: %{text}<extra></extra>",
        )
    )
    reached = np.cumsum([0.0, *amounts])
    # Room on both sides for the labels outside the bars, which Plotly leaves out of account.
    room = _LABEL_SHARE * (reached.max() - reached.min() or 1.0)
    figure.update_xaxes(visible=False, range=[reached.min() - room, reached.max() + room])
    figure.update_yaxes(
        tickvals=list(range(len(titles))), ticktext=titles, autorange="reversed", showgrid=False
    )
    return framed(figure, height=320)


def tornado(
    names: Sequence[str],
    lows: Sequence[float],
    highs: Sequence[float],
    *,
    start: float,
    value_name: str,
    end_names: tuple[str, str],
) -> go.Figure:
    """One bar an input from the value at its low to that at its high end, around `start`."""
    rows = list(range(len(names)))
    figure = go.Figure()
    for name, ends, colour in zip(end_names, (lows, highs), (DOWN, UP), strict=True):
        figure.add_bar(
            y=rows,
            x=[end - start for end in ends],
            base=start,
            orientation="h",
            name=label(name),
            marker_color=colour,
            customdata=[
                [label(title), format(end, ",.0f")] for title, end in zip(names, ends, strict=True)
            ],
            hovertemplate=f"%{{customdata[0]}}, {label(name)}: %{{customdata[1]}}<extra></extra>",
        )
    figure.add_vline(x=start, line={"color": GREY, "width": 1.5})
    if min(*lows, *highs, start) < 0 < max(*lows, *highs, start):
        figure.add_vline(x=0, line={"color": GREY, "width": 1.5, "dash": "dot"})
    figure.update_yaxes(
        tickvals=rows, ticktext=[label(name) for name in names], autorange="reversed"
    )
    figure.update_xaxes(title=label(value_name), zeroline=False)
    figure.update_layout(barmode="overlay")
    return framed(figure, height=110 + 30 * len(rows))


def band(
    xs: Sequence[float],
    middle: Sequence[float],
    bands: Sequence[tuple[str, Sequence[float], Sequence[float]]],
    *,
    name: str,
    x_name: str,
    y_name: str,
    y_format: str = ",.0f",
    zero: bool = True,
) -> go.Figure:
    """A line within named bands from low to high, the narrowest last; `zero` draws a line at 0."""
    figure = go.Figure()
    for place, (title, lows, highs) in enumerate(bands):
        colour = PALETTE[(place + 1) % len(PALETTE)] if len(bands) > 1 else PALETTE[0]
        dash = ("dash", "dot")[place % 2]
        edge = {"color": colour, "width": 1.5, "dash": dash}
        shared = {"mode": "lines", "line": edge, "legendgroup": title}
        figure.add_scatter(x=list(xs), y=list(highs), name=label(title), **shared)
        fill = {"showlegend": False, "fill": "tonexty", "fillcolor": _transparent(colour)}
        figure.add_scatter(x=list(xs), y=list(lows), name=label(title), **shared, **fill)
    figure.add_scatter(
        x=list(xs),
        y=list(middle),
        name=label(name),
        mode="lines",
        line={"color": PALETTE[0], "width": 2.5},
    )
    if zero:
        figure.add_hline(y=0, line={"color": GREY, "width": 1.5, "dash": "dot"})
    few = len(xs) <= _FEW
    figure.update_xaxes(title=label(x_name), showgrid=False, dtick=1 if few else None)
    figure.update_yaxes(title=label(y_name), tickformat=y_format, zeroline=False)
    figure.update_layout(hovermode="x unified")
    return framed(figure)


def add_points(
    figure: go.Figure,
    xs: Sequence[float],
    points: Sequence[tuple[float, float, float]],
    *,
    name: str,
) -> None:
    """Add measured points to a figure, each a value with the low and high end of its interval."""
    figure.add_scatter(
        x=list(xs),
        y=[value for value, _, _ in points],
        name=label(name),
        mode="markers",
        marker={"color": PALETTE[0], "size": 10},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [high - value for value, _, high in points],
            "arrayminus": [value - low for value, low, _ in points],
            "color": GREY,
            "thickness": 1.5,
        },
    )


def add_line(figure: go.Figure, xs: Sequence[float], ys: Sequence[float], *, name: str) -> None:
    """Add a line to be compared with."""
    line = {"color": PALETTE[1], "width": 2, "dash": "dot"}
    figure.add_scatter(x=list(xs), y=list(ys), name=label(name), mode="lines+markers", line=line)


def mark(figure: go.Figure, x: float, text: str) -> go.Figure:
    """The figure with a vertical line at `x` and a word on it."""
    figure.add_vline(
        x=x,
        line={"color": GREY, "width": 2, "dash": "dot"},
        annotation={"text": label(text), "yanchor": "bottom"},
    )
    return figure.update_layout(margin_t=28)


def _transparent(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.12)"
