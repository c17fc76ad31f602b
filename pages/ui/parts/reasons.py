"""Why a model answered as it did: how much each word of the query counted."""

from collections.abc import Iterable, Sequence

import plotly.graph_objects as go
import streamlit as st

from engine.tasks.search.answers import SearchExplanation
from pages.ui.frame.i18n import t
from pages.ui.parts import charts

_MOST_FEATURES = 8


def word_bars(weights: Sequence[tuple[str, float]]) -> go.Figure:
    """Signed shares in reading order: what speaks for the answer to the right, against to the left.

    The two directions differ in colour and in sign.
    """
    labels = [charts.label(word, 48) for word, _ in weights]
    against = any(share < 0 for _, share in weights)
    form = "+.0%" if against else ".0%"
    shares = [share for _, share in weights]
    figure = go.Figure(
        go.Bar(
            y=list(range(len(labels))),
            x=shares,
            orientation="h",
            marker_color=[charts.UP if share >= 0 else charts.DOWN for share in shares],
            text=[format(share, form) for share in shares],
            textposition="outside",
            cliponaxis=False,
            customdata=labels,
            hovertemplate=f"%{{customdata}}: %{{x:{form}}}<extra></extra>",
        )
    )
    reach = 1.25 * max([abs(share) for share in shares] or [1.0])
    low = -reach if against else 0
    figure.update_xaxes(visible=False, range=[low, reach], fixedrange=True)
    figure.update_yaxes(
        tickvals=list(range(len(labels))),
        ticktext=labels,
        autorange="reversed",
        showgrid=False,
        automargin=True,
        fixedrange=True,
    )
    return figure.update_layout(
        height=40 + 34 * len(labels),
        margin={"l": 8, "r": 40, "t": 4, "b": 4},
        bargap=0.35,
        dragmode=False,
    )


def strongest(weights: Sequence[tuple[str, float]]) -> str:
    """The word that speaks most for the answer; empty where none does."""
    best = max(weights, key=lambda weight: weight[1], default=("", 0.0))
    return charts.cut(best[0], 24) if best[1] > 0 else ""


def weightiest(weights: Sequence[tuple[str, float]], most: int) -> list[tuple[str, float]]:
    """The `most` words that count most, in their order: a long text has too many for a chart."""
    least = min(sorted((abs(share) for _, share in weights), reverse=True)[:most], default=0.0)
    return [pair for pair in weights if abs(pair[1]) >= least][:most]


def show_search(explanation: SearchExplanation) -> None:
    """Why a product was found: by the model's closeness and by shared words."""
    ranks = {"bm25": explanation.rank_bm25, "dense": explanation.rank_dense}
    with st.container(horizontal=True, key="why_facts"):
        st.metric(t("search.reasons.cosine"), f"{explanation.cosine:.2f}", border=True)
        for kind, rank in ranks.items():
            text = t("search.reasons.unranked") if rank is None else f"#{rank}"
            st.metric(t(f"search.reasons.rank_{kind}"), text, border=True)
    _show_order(explanation.order)
    _show_words(_shares(explanation.weights), "meaning")
    _show_words([weight for weight in _shares(explanation.words.items()) if weight[1]], "words")


def _shares(weights: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """The weights so that their absolute values add up to 1."""
    parts = [(word, float(weight)) for word, weight in weights]
    total = sum(abs(weight) for _, weight in parts) or 1.0
    return [(word, weight / total) for word, weight in parts]


def _show_order(order: Sequence[tuple[str, float]]) -> None:
    """What counts for the product in a learned order, the largest first."""
    largest = _shares(order)[:_MOST_FEATURES]
    if not largest:
        return
    name, share = max(largest, key=lambda pair: abs(pair[1]))
    named = [(t(f"search.features.{feature}"), value) for feature, value in largest]
    charts.draw(
        word_bars(named),
        title=t(
            f"search.reasons.{'order' if share > 0 else 'order_against'}",
            feature=t(f"search.features.{name}"),
        ),
        note=t("search.reasons.order_note"),
        key="why_order",
    )


def _show_words(weights: Sequence[tuple[str, float]], kind: str) -> None:
    word = strongest(weights)
    if not word:
        st.markdown(t(f"search.reasons.{kind}_none"))
        return
    charts.draw(
        word_bars(weights),
        title=t(f"search.reasons.{kind}", word=word),
        note=t(f"search.reasons.{kind}_note"),
        key=f"why_{kind}",
    )
