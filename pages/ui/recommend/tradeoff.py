"""What reranking brings to a list, and what it costs on held-out pages."""

import streamlit as st

from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from engine.tasks.interest.answers import MEASURE, InterestAnswer, Tradeoff, TradeoffsInput
from engine.tasks.interest.reranking import MOST, RerankWeights
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, charts
from pages.ui.recommend.rerank_weights import possible_objectives

# The trait that shows each objective, and the format of its figures.
_TRAITS = {
    "diversity": ("diversity", ".2f"),
    "novelty": ("novelty", ".1f"),
    "freshness": ("age", ".0f"),
}
_GRID = (0.0, 0.3, 0.6, MOST)
# The share at which the objectives are compared.
_COMPARED = 0.6


def show_tradeoff(
    current: Workspace, run: Run | None, weights: RerankWeights, answer: InterestAnswer
) -> None:
    """What the weights did to this list, and what they cost on held-out pages."""
    if not weights:
        return
    tradeoff = _measure(current, run, weights) if run else None
    with st.container(border=True, key="tradeoff"):
        with st.container(horizontal=True, gap="large"):
            for name in possible_objectives(current):
                _show_trait(name, answer)
            if run and tradeoff:
                st.metric(
                    t("recommend.rerank.figures.tradeoff"),
                    f"{tradeoff.after:.3f}",
                    f"{tradeoff.interval.delta:+.3f}",
                    help=t("recommend.rerank.figures.tradeoff_help", n=f"{run.n_test:,}"),
                    width="content",
                )
        if tradeoff:
            st.markdown(escape(_verdict(tradeoff)))
        elif run is None:
            st.caption(t("recommend.rerank.no_tradeoff"))


def _show_trait(objective: str, answer: InterestAnswer) -> None:
    trait, form = _TRAITS[objective]
    was, now = getattr(answer.plain, trait), getattr(answer.like, trait)
    st.metric(
        t(f"recommend.rerank.figures.{trait}"),
        format(now, form),
        f"{now - was:+{form}}",
        delta_color="inverse" if trait == "age" else "normal",
        help=t(f"recommend.rerank.figures.{trait}_help"),
        width="content",
    )


def _measure(current: Workspace, run: Run, weights: RerankWeights) -> Tradeoff | None:
    reply = answers.ask(current, MEASURE, TradeoffsInput((weights,)), run.run_id)
    return reply.value[0] if reply else None


def _verdict(tradeoff: Tradeoff) -> str:
    interval = tradeoff.interval
    return t(
        f"recommend.rerank.tradeoff.{interval.verdict}",
        delta=f"{abs(interval.delta):.3f}",
        share=f"{abs(interval.delta) / max(tradeoff.before, 1e-9):.1%}",
        low=f"{interval.low:+.3f}",
        high=f"{interval.high:+.3f}",
    )


def show_tradeoffs(current: Workspace, run: Run) -> None:
    """What each objective costs the more it counts, as curves."""
    objectives = possible_objectives(current)
    points = [(name, share) for name in objectives for share in _GRID]
    weights = tuple(RerankWeights(**{name: share}) for name, share in points)
    reply = answers.ask(current, MEASURE, TradeoffsInput(weights), run.run_id)
    if reply is None:
        return
    tradeoffs = dict(zip(points, reply.value, strict=True))
    costs = {name: tradeoffs[name, _COMPARED].interval.delta for name in objectives}
    costliest = min(costs, key=lambda name: costs[name])
    shares = [100 * share for share in _GRID]
    charts.draw(
        charts.curve(
            {
                t(f"recommend.rerank.{name}"): (
                    shares,
                    [tradeoffs[name, share].after for share in _GRID],
                )
                for name in objectives
            },
            x_name=t("recommend.rerank.share"),
            y_name="nDCG@10",
            markers=True,
        ),
        title=t(
            "recommend.rerank.costs",
            objective=t(f"recommend.rerank.{costliest}"),
            delta=f"{costs[costliest]:+.3f}",
        ),
        note=t("recommend.rerank.costs_note", n=f"{run.n_test:,}"),
        key="chart_costs",
    )
