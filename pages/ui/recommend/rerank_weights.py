"""Sliders for how much diversity, novelty and freshness count on a list."""

import streamlit as st

from engine.storage.workspace import Workspace
from engine.tasks.interest.reranking import MOST, RerankWeights
from pages.ui.frame.i18n import t
from pages.ui.recommend.shop import tells_age

OBJECTIVES = ("diversity", "novelty", "freshness")
_STEP = 10


def possible_objectives(current: Workspace) -> list[str]:
    """The objectives that the shop's data can serve."""
    return [name for name in OBJECTIVES if name != "freshness" or tells_age(current)]


def choose_weights(current: Workspace) -> RerankWeights:
    """The sliders; one that the data cannot serve is off and says what it would need."""
    possible = possible_objectives(current)
    shares = {}
    with st.container(key="rerank"):
        for name, column in zip(OBJECTIVES, st.columns(3, gap="medium"), strict=True):
            share = column.slider(
                t(f"recommend.rerank.{name}"),
                0,
                round(100 * MOST),
                0,
                step=_STEP,
                format="%d %%",
                help=t(f"recommend.rerank.{name}_help"),
                key=f"rerank_{name}",
                disabled=name not in possible,
                persist_state="session",
            )
            shares[name] = share / 100 if name in possible else 0.0
    if "freshness" not in possible:
        st.caption(t("recommend.rerank.no_dates"))
    return RerankWeights(**shares)


def chosen_weights(current: Workspace) -> RerankWeights:
    """What the sliders of another view stand at."""
    names = possible_objectives(current)
    return RerankWeights(
        **{name: st.session_state.get(f"rerank_{name}", 0) / 100 for name in names}
    )
