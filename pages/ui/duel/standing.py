"""How a duel stands, looked at again every few seconds while people vote."""

from collections.abc import Sequence
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from engine.duel.cite import cite_duel
from engine.duel.duel import Duel, Standing, Voters, path, stand
from engine.duel.store import DuelStore
from engine.duel.team_draft import Winner
from engine.storage.workspace import Workspace
from pages.ui.duel import opened
from pages.ui.duel.sides import side_name
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts, evidence

_SECONDS = 4
ICONS = {
    "none": ":material/hourglass_empty:",
    "open": ":material/help:",
    "first": ":material/trophy:",
    "second": ":material/trophy:",
}


def show_live(current: Workspace, duel: Duel) -> None:
    """What people's votes say so far, and the button that says who is who."""
    _refresh(current, duel)
    if not opened.is_unmasked(duel.duel_id):
        st.button(
            t("duel.unmask"),
            icon=":material/visibility:",
            help=t("duel.unmask_help"),
            key="duel_unmask",
            on_click=opened.unmask,
            args=(duel.duel_id,),
        )
        return
    for mask, side in zip(duel.masks, (duel.first, duel.second), strict=True):
        st.markdown(f"**{t(f'duel.masks.{mask}')}**: {escape(side_name(current, side))}")
    standing = stand(DuelStore(current).winners(duel, "people"))
    if standing.decided:
        evidence.offer(current, partial(cite_duel, duel, standing, "people"), "duel")


@st.fragment(run_every=_SECONDS)
def _refresh(current: Workspace, duel: Duel) -> None:
    store = DuelStore(current)
    st.markdown(f"**{t('duel.standing')}**")
    st.caption(t("duel.voters", n=store.people(duel)))
    show_standing(current, duel, store.winners(duel, "people"), "people")


def show_standing(
    current: Workspace, duel: Duel, winners: Sequence[Winner], voters: Voters
) -> None:
    """The verdict in words, the share with its interval as it went, and what it rests on."""
    standing = stand(winners)
    st.info(escape(_verdict(current, duel, standing)), icon=ICONS[standing.verdict])
    if not standing.decided:
        return
    charts.draw(
        _figure(path(winners)),
        title=t(
            "duel.chart",
            name=names_of(current, duel)[0],
            share=f"{standing.share.value:.0%}",
            low=f"{standing.share.low:.0%}",
            high=f"{standing.share.high:.0%}",
        ),
        note=t("duel.chart_note", n=standing.decided, ties=standing.ties),
        key=f"duel_chart_{voters}",
    )


def names_of(current: Workspace, duel: Duel) -> tuple[str, str]:
    """What both sides are called in this tab: by their masks until it asked who is who."""
    if opened.is_unmasked(duel.duel_id):
        return side_name(current, duel.first), side_name(current, duel.second)
    one, other = duel.masks
    return t(f"duel.masks.{one}"), t(f"duel.masks.{other}")


def _verdict(current: Workspace, duel: Duel, standing: Standing) -> str:
    first, second = names_of(current, duel)
    if standing.verdict == "second":
        first, second = second, first
    code = "clear" if standing.verdict in ("first", "second") else standing.verdict
    return t(f"duel.verdict.{code}", winner=first, loser=second, n=standing.decided)


def _figure(standings: Sequence[Standing]) -> go.Figure:
    """The share over the decided lists, its interval as a band, and a line at one half."""
    counts = [one.decided for one in standings]
    lows, highs = [one.share.low for one in standings], [one.share.high for one in standings]
    figure = go.Figure()
    figure.add_scatter(x=counts, y=highs, mode="lines", line={"width": 0}, hoverinfo="skip")
    figure.add_scatter(
        x=counts,
        y=lows,
        mode="lines",
        line={"width": 0},
        fill="tonexty",
        fillcolor="rgba(37,126,209,0.2)",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=counts,
        y=[one.share.value for one in standings],
        mode="lines+markers" if len(counts) < 10 else "lines",
        line={"color": charts.UP, "width": 2.5},
        customdata=list(zip(lows, highs, strict=True)),
        hovertemplate="%{y:.0%} [%{customdata[0]:.0%}, %{customdata[1]:.0%}]<extra></extra>",
    )
    figure.add_hline(y=0.5, line={"color": charts.GREY, "width": 1.5, "dash": "dot"})
    return figure.update_layout(
        height=280,
        showlegend=False,
        dragmode=False,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={"title": t("duel.lists"), "fixedrange": True, "rangemode": "tozero"},
        yaxis={
            "title": t("duel.share"),
            "fixedrange": True,
            "range": [0, 1],
            "tickformat": ".0%",
        },
    )
