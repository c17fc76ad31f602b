"""Which ideas are worth trying first: impact over effort, with earned confidence as colour."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine.ideas.board import IdeaBoard
from engine.ideas.card import LEAST, MOST
from engine.ideas.example import example_card
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n
from pages.ui.frame.i18n import t
from pages.ui.ideas.standing import Standing, column_name, formula, level_name, stand
from pages.ui.parts import charts, tables

# Cards in one cell stand beside each other.
_STEP = 0.22


def show_matrix(current: Workspace) -> None:
    """The chart, the formula with the leader's numbers, and every score as a table."""
    board = IdeaBoard(current)
    cards = board.cards() or (example_card(i18n.language()),)
    ordered = sorted((stand(current, card) for card in cards), key=lambda one: -one.score.value)
    leader = ordered[0]
    charts.draw(
        _figure(ordered),
        title=t(
            "ideas.matrix.finding",
            title=charts.cut(leader.card.title, 60),
            score=f"{leader.score.value:.2f}",
            confidence=f"{leader.score.confidence:.0%}",
        ),
        note=t("ideas.matrix.note"),
        key="ideas_matrix",
    )
    st.latex(formula(leader.score))
    st.caption(t("ideas.matrix.computed"))
    _show_table(ordered, board.votes())


def _figure(standings: Sequence[Standing]) -> go.Figure:
    places: Counter[tuple[int, int]] = Counter()
    xs, ys = [], []
    for one in standings:
        cell = (one.card.effort, one.card.impact)
        xs.append(cell[0] + _STEP * (places[cell] % 3))
        ys.append(cell[1] - _STEP * (places[cell] // 3))
        places[cell] += 1
    shares = [one.score.confidence for one in standings]
    figure = go.Figure(
        go.Scatter(
            x=xs,
            y=ys,
            mode="markers+text",
            # Ranks instead of titles, which would run into each other on a phone.
            text=[str(rank) for rank in range(1, len(standings) + 1)],
            textposition="middle center",
            textfont={"color": "white", "size": 13},
            cliponaxis=False,
            marker={
                "size": 28,
                "color": shares,
                "colorscale": [[0, charts.DOWN], [0.5, charts.GREY], [1, charts.UP]],
                "cmin": 0,
                "cmax": 1,
                "colorbar": {
                    "title": {"text": t("ideas.formula.confidence"), "side": "top"},
                    "tickformat": ".0%",
                    "orientation": "h",
                    "y": 1.0,
                    "yanchor": "bottom",
                    "thickness": 12,
                },
            },
            customdata=[
                [charts.label(one.card.title, 80), charts.label(level_name(one.score.level), 120)]
                for one in standings
            ],
            hovertemplate="%{customdata[0]}<br>%{marker.color:.0%}: %{customdata[1]}"
            "<extra></extra>",
        )
    )
    ticks = list(range(LEAST, MOST + 1))
    span = [LEAST - 0.5, MOST + 0.7]
    return figure.update_layout(
        height=440,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        showlegend=False,
        xaxis={
            "title": t("ideas.effort"),
            "tickvals": ticks,
            "range": span,
            "fixedrange": True,
            "zeroline": False,
        },
        yaxis={
            "title": t("ideas.impact"),
            "tickvals": ticks,
            "range": span,
            "fixedrange": True,
            "zeroline": False,
        },
    )


def _show_table(standings: Sequence[Standing], votes: dict[str, int]) -> None:
    frame = pd.DataFrame(
        [
            {
                "rank": rank,
                "title": one.card.title,
                "column": column_name(one.card.column),
                "impact": one.card.impact,
                "effort": one.card.effort,
                "confidence": one.score.confidence,
                "score": one.score.value,
                "votes": votes.get(one.card.id, 0),
                "why": level_name(one.score.level),
            }
            for rank, one in enumerate(standings, start=1)
        ]
    )
    labels = {str(name): t(f"ideas.matrix.columns.{name}") for name in frame.columns}
    number = st.column_config.NumberColumn
    config = {
        "confidence": number(labels["confidence"], format="percent"),
        "score": number(labels["score"], format="%.2f"),
    }
    tables.show(
        frame, labels=labels, config=config, alt=t("ideas.matrix.table"), key="ideas_scores"
    )
