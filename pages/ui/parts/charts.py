"""Accessible charts, each titled with its finding.

Each function below makes a Plotly figure; `draw` shows it with the finding as its title. Text from
users is escaped, because Plotly interprets a subset of HTML in labels and hover text.
"""

import html
from collections.abc import Mapping, Sequence
from datetime import datetime

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pages.ui.frame.i18n import escape

# Each has a contrast of at least 3 to both themes' backgrounds, and any two stay apart for eyes
# with deuteranopia and protanopia (tests/test_pages_frame.py measures both).
PALETTE = ("#257ED1", "#D9730D", "#138756", "#A63695", "#7B8794")
GREY = PALETTE[-1]
UP, DOWN = PALETTE[0], PALETTE[1]
_LONGEST_LABEL = 40
_DASHES = ("solid", "dash", "dot")
_PATTERNS = ("", "/", ".")


def cut(text: object, longest: int = _LONGEST_LABEL) -> str:
    """`text` on one line, at most `longest` characters long."""
    plain = " ".join(str(text).split())
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def label(text: object, longest: int = _LONGEST_LABEL) -> str:
    """`text` cut to `longest` characters and escaped for a figure."""
    return html.escape(cut(text, longest)).replace("$", "&#36;")


def draw(
    figure: go.Figure, *, title: str, alt: str = "", note: str = "", key: str | None = None
) -> None:
    """Show `figure` under `title`, the finding in a sentence; `note` says how to read it.

    `alt` is what a screen reader says; without it, the title.
    """
    st.markdown(f"**{escape(title)}**")
    if note:
        st.caption(escape(note))
    st.plotly_chart(
        figure, config={"displayModeBar": False, "scrollZoom": False}, alt=alt or title, key=key
    )


def bars(
    names: Sequence[str],
    values: Sequence[float],
    *,
    value_name: str,
    highlight: str | None = None,
    value_format: str = ",.0f",
) -> go.Figure:
    """Horizontal bars in the given order, from the top; `highlight` stands out by colour."""
    return bars_with_interval(
        names, values, value_name=value_name, highlight=highlight, value_format=value_format
    )


def bars_with_interval(
    names: Sequence[str],
    values: Sequence[float],
    lows: Sequence[float] | None = None,
    highs: Sequence[float] | None = None,
    *,
    value_name: str,
    highlight: str | None = None,
    value_format: str = ".3f",
) -> go.Figure:
    """Horizontal bars with the interval from `lows` to `highs` around each value."""
    labels = [label(name) for name in names]
    chosen = [PALETTE[0] if highlight in (None, name) else GREY for name in names]
    error = None
    if lows is not None and highs is not None:
        error = {
            "type": "data",
            "symmetric": False,
            "array": [high - value for high, value in zip(highs, values, strict=True)],
            "arrayminus": [value - low for low, value in zip(lows, values, strict=True)],
            "color": GREY,
            "thickness": 1.5,
        }
    figure = go.Figure(
        go.Bar(
            # Positions instead of names, because two names may look the same once they are cut.
            y=list(range(len(labels))),
            x=list(values),
            orientation="h",
            # A fainter fill where an interval crosses the bar, so that it stays visible.
            marker={
                "color": chosen if error is None else [_faint(colour) for colour in chosen],
                "line": {"color": chosen, "width": 1.5},
            },
            error_x=error,
            text=[format(value, value_format) for value in values],
            textposition="outside" if error is None else "none",
            textangle=0,
            cliponaxis=False,
            customdata=labels,
            hovertemplate=f"%{{customdata}}<br>{label(value_name)}: %{{x:{value_format}}}"
            "<extra></extra>",
        )
    )
    figure.update_yaxes(
        tickvals=list(range(len(labels))), ticktext=labels, autorange="reversed", showgrid=False
    )
    # With numbers beside the bars no axis is needed.
    figure.update_xaxes(title=label(value_name), visible=error is not None)
    return framed(figure, height=(70 if error else 20) + 30 * len(labels))


def forest(
    names: Sequence[str],
    values: Sequence[float],
    lows: Sequence[float],
    highs: Sequence[float],
    *,
    value_name: str,
    value_format: str = "+.3f",
) -> go.Figure:
    """Differences with their intervals, one below the other, and a line at 0.

    An interval that excludes 0 is coloured by its side and filled; one that includes it is grey
    and hollow.
    """
    labels = [label(name) for name in names]
    clear = [low > 0 or high < 0 for low, high in zip(lows, highs, strict=True)]
    sides = [UP if value > 0 else DOWN for value in values]
    figure = go.Figure()
    for row, name in enumerate(labels):
        colour = sides[row] if clear[row] else GREY
        hover = "<br>".join(
            [name, " ".join(format(x, value_format) for x in (values[row], lows[row], highs[row]))]
        )
        figure.add_scatter(
            x=[lows[row], values[row], highs[row]],
            y=[row, row, row],
            mode="lines+markers",
            line={"color": colour, "width": 2.5},
            marker={"size": [0, 11, 0], "symbol": "circle" if clear[row] else "circle-open"},
            hovertemplate=f"{hover}<extra></extra>",
        )
    figure.add_vline(x=0, line={"color": GREY, "width": 1.5, "dash": "dot"})
    figure.update_yaxes(
        tickvals=list(range(len(labels))),
        ticktext=labels,
        autorange="reversed",
        showgrid=False,
        zeroline=False,
    )
    figure.update_xaxes(title=label(value_name), tickformat="+.2f", zeroline=False)
    figure.update_layout(showlegend=False)
    return framed(figure, height=80 + 34 * len(labels))


def curve(
    lines: Mapping[str, tuple[Sequence[object], Sequence[float]]],
    *,
    x_name: str,
    y_name: str,
    markers: bool = False,
    from_zero: bool = False,
) -> go.Figure:
    """One line per entry of `lines`: name → (x values, y values)."""
    figure = go.Figure()
    for position, (name, (xs, ys)) in enumerate(lines.items()):
        figure.add_scatter(
            x=list(xs),
            y=list(ys),
            name=label(name),
            mode="lines+markers" if markers else "lines",
            line={"color": _colour(position), "width": 2.5, "dash": _pick(_DASHES, position)},
        )
    figure.update_xaxes(title=label(x_name), showgrid=False)
    figure.update_yaxes(title=label(y_name), rangemode="tozero" if from_zero else "normal")
    figure.update_layout(showlegend=len(lines) > 1, hovermode="x unified")
    return framed(figure)


def stacked_area(frame: pd.DataFrame, *, x_name: str, y_name: str, share: bool = True) -> go.Figure:
    """How a mix changes: index = time, one column per part; `share` draws parts of 100 %."""
    figure = go.Figure()
    for position, name in enumerate(frame.columns):
        figure.add_scatter(
            x=list(frame.index),
            y=frame[name].to_list(),
            name=label(name),
            stackgroup="mix",
            groupnorm="percent" if share else None,
            line={"color": _colour(position), "width": 0.5},
            fillcolor=_colour(position),
            fillpattern={"shape": _pick(_PATTERNS, position), "solidity": 0.2},
            hovertemplate="%{y:.0f} %" if share else "%{y:,.0f}",
        )
    figure.update_xaxes(title=label(x_name), showgrid=False)
    figure.update_yaxes(title=label(y_name), ticksuffix=" %" if share else "")
    figure.update_layout(hovermode="x unified")
    return framed(figure)


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.4)"


def _colour(position: int) -> str:
    return PALETTE[position % len(PALETTE)]


def _pick(marks: Sequence[str], position: int) -> str:
    """A dash or pattern that tells series apart once the palette repeats."""
    return marks[position // len(PALETTE) % len(marks)]


def framed(figure: go.Figure, height: int = 320) -> go.Figure:
    """`figure` with the margins, legend and axes that all charts share; `height` in pixels."""
    if any(isinstance(x, datetime) for trace in figure.data for x in (trace.x or ())[:1]):
        # Plotly would name the months in English.
        figure.update_xaxes(tickformat="%m-%d", hoverformat="%Y-%m-%d")
    return figure.update_layout(
        height=height,
        margin={"l": 8, "r": 40, "t": 8, "b": 8},
        bargap=0.3,
        dragmode=False,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        xaxis={"automargin": True, "fixedrange": True},
        yaxis={"automargin": True, "fixedrange": True},
    )
