"""Sliders for variety, novelty and freshness, with what they bring and what they cost."""

import streamlit as st

from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from engine.tasks.interest.answers import MEASURE, InterestAnswer, MixesInput, Price
from engine.tasks.interest.diversify import MOST, Mix
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, charts
from pages.ui.recommend.shop import tells_age

WISHES = ("diversity", "novelty", "freshness")
# What each wish is told by, and how its figures are written.
_FIGURES = {
    "diversity": ("diversity", ".2f"),
    "novelty": ("novelty", ".1f"),
    "freshness": ("age", ".0f"),
}
_STEP = 10
_GRID = (0.0, 0.3, 0.6, MOST)


def served(current: Workspace) -> list[str]:
    """The wishes that the shop's data can fulfil."""
    return [wish for wish in WISHES if wish != "freshness" or tells_age(current)]


def choose_mix(current: Workspace) -> Mix:
    """The sliders; one that the data cannot serve is off and says what it would need."""
    possible = served(current)
    shares = {}
    with st.container(key="mix"):
        for wish, column in zip(WISHES, st.columns(3, gap="medium"), strict=True):
            with column:
                share = st.slider(
                    t(f"recommend.mix.{wish}"), 0, round(100 * MOST), 0, step=_STEP, format="%d %%",
                    help=t(f"recommend.mix.{wish}_help"), key=f"mix_{wish}",
                    disabled=wish not in possible, persist_state="session",
                )  # fmt: skip
            shares[wish] = share / 100 if wish in possible else 0.0
    if "freshness" not in possible:
        st.caption(t("recommend.mix.no_dates"))
    return Mix(**shares)


def chosen_mix(current: Workspace) -> Mix:
    """What the sliders of another view stand on."""
    chosen = {wish: st.session_state.get(f"mix_{wish}", 0) / 100 for wish in served(current)}
    return Mix(**chosen)


def show_price(current: Workspace, run: Run | None, mix: Mix, answer: InterestAnswer) -> None:
    """What the mix did to this list, and its price on held-out pages."""
    if not mix:
        return
    price = _price(current, run, mix) if run else None
    with st.container(border=True, key="price"):
        with st.container(horizontal=True, gap="large"):
            for wish in served(current):
                name, form = _FIGURES[wish]
                was, now = getattr(answer.plain, name), getattr(answer.like, name)
                st.metric(
                    t(f"recommend.mix.figures.{name}"), format(now, form), f"{now - was:+{form}}",
                    delta_color="inverse" if name == "age" else "normal",
                    help=t(f"recommend.mix.figures.{name}_help"), width="content",
                )  # fmt: skip
            if run and price:
                st.metric(
                    t("recommend.mix.figures.price"), f"{price.after:.3f}",
                    f"{price.interval.delta:+.3f}",
                    help=t("recommend.mix.figures.price_help", n=f"{run.n_test:,}"),
                    width="content",
                )  # fmt: skip
        if price:
            st.markdown(escape(_cost(price)))
        elif run is None:
            st.caption(t("recommend.mix.no_price"))


def _price(current: Workspace, run: Run, mix: Mix) -> Price | None:
    answer = answers.ask(current, MEASURE, MixesInput((mix,)), run.run_id)
    return answer.value[0] if answer else None


def _cost(price: Price) -> str:
    interval = price.interval
    return t(
        f"recommend.mix.price.{interval.verdict}",
        delta=f"{abs(interval.delta):.3f}",
        share=f"{abs(interval.delta) / max(price.before, 1e-9):.1%}",
        low=f"{interval.low:+.3f}",
        high=f"{interval.high:+.3f}",
    )


def show_costs(current: Workspace, run: Run) -> None:
    """What each wish costs the more it counts, as curves."""
    wishes = served(current)
    mixes = {(wish, share): Mix(**{wish: share}) for wish in wishes for share in _GRID}
    answer = answers.ask(current, MEASURE, MixesInput(tuple(mixes.values())), run.run_id)
    if answer is None:
        return
    prices = dict(zip(mixes, answer.value, strict=True))
    halves = {wish: prices[wish, 0.6].interval.delta for wish in wishes}
    dearest = min(halves, key=lambda wish: halves[wish])
    shares = [100 * share for share in _GRID]
    charts.draw(
        charts.curve(
            {
                t(f"recommend.mix.{wish}"): (
                    shares,
                    [prices[wish, share].after for share in _GRID],
                )
                for wish in wishes
            },
            x_name=t("recommend.mix.share"),
            y_name="nDCG@10",
            markers=True,
        ),
        title=t(
            "recommend.mix.costs",
            wish=t(f"recommend.mix.{dearest}"),
            delta=f"{halves[dearest]:+.3f}",
        ),
        note=t("recommend.mix.costs_note", n=f"{run.n_test:,}"),
        key="chart_costs",
    )
