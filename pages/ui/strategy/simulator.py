"""The simulated crowd: how a policy learns from it, beside an A/B test of the same length."""

import pandas as pd
import streamlit as st

from engine.bandit.off_policy import Estimate
from engine.bandit.regret import beliefs, mean_regret, right_winner, saved, traffic
from engine.bandit.simulator import Course, Crowd
from engine.errors import ShoplabError
from pages.ui.frame.i18n import t
from pages.ui.parts import charts, tables
from pages.ui.parts.errors import show_error
from pages.ui.strategy.board import show_beliefs
from pages.ui.strategy.inputs import World, open_course, open_crowd, open_world
from pages.ui.strategy.setup import Setup, arm_name, policy_name

FIXED = "fixed_split"
LENGTHS = (500, 1000, 3000)
SEEDS = 5
COME = "crowd_came"
_LENGTH_KEY = "crowd_lists"
_SHARE = 0.5


def show_crowd(setup: Setup) -> None:
    """What the crowd is, whether it can be trusted, and what the policy made of it."""
    setup = setup.offline
    st.warning(t("strategy.crowd.simulation"), icon=":material/science:")
    lists = choose_length()
    if not came(setup):
        st.button(
            t("strategy.crowd.come"), icon=":material/groups:", type="primary", key="come",
            on_click=_come, args=(setup,),
        )  # fmt: skip
        return
    try:
        world = open_world(setup)
    except ShoplabError as error:
        show_error(error)
        return
    if world is None:
        return
    crowd = open_crowd(setup, world)
    with st.spinner(t("strategy.crowd.running")):
        runs = {
            name: [open_course(setup, crowd, name, lists, seed) for seed in range(SEEDS)]
            for name in dict.fromkeys((setup.policy, FIXED))
        }
    _show_regret(setup, runs, lists)
    _show_traffic(setup, crowd, runs[setup.policy][0])
    with st.expander(t("strategy.crowd.trust"), icon=":material/fact_check:", key="trust"):
        _show_trust(setup, world, crowd)


def came(setup: Setup) -> bool:
    """Whether somebody asked for this shop's crowd in this session."""
    return bool(st.session_state.get(COME) == setup.current.name)


def _come(setup: Setup) -> None:
    st.session_state[COME] = setup.current.name


def choose_length() -> int:
    """How many lists the crowd sees."""
    chosen = st.segmented_control(
        t("strategy.crowd.lists"),
        LENGTHS,
        default=LENGTHS[0],
        required=True,
        format_func=lambda n: f"{n:,}",
        key=_LENGTH_KEY,
        persist_state="session",
    )
    return chosen or LENGTHS[0]


def _show_regret(setup: Setup, runs: dict[str, list[Course]], lists: int) -> None:
    curves = {name: mean_regret(courses) for name, courses in runs.items()}
    step = max(lists // 100, 1)
    figure = charts.curve(
        {
            policy_name(name): (curve.index[::step].tolist(), curve["mean"].iloc[::step].tolist())
            for name, curve in curves.items()
        },
        x_name=t("strategy.board.lists"),
        y_name=t("strategy.crowd.regret"),
        from_zero=True,
    )
    gain = saved(runs[setup.policy], runs[FIXED])
    charts.draw(
        figure,
        title=_finding(setup, gain, lists),
        note=t("strategy.crowd.regret_note", seeds=SEEDS),
        key="regret_curve",
    )
    rows = st.columns(len(curves))
    for column, (name, curve) in zip(rows, curves.items(), strict=True):
        end = curve.iloc[-1]
        column.metric(
            t("strategy.crowd.lost_by", policy=policy_name(name)),
            f"{end['mean']:,.1f}",
            help=t("strategy.crowd.interval", low=f"{end['low']:,.1f}", high=f"{end['high']:,.1f}"),
        )


def _finding(setup: Setup, gain: Estimate, lists: int) -> str:
    if setup.policy == FIXED:
        return t("strategy.crowd.is_fixed")
    about = {
        "policy": policy_name(setup.policy), "n": f"{lists:,}", "value": f"{gain.value:,.1f}",
        "low": f"{gain.low:,.1f}", "high": f"{gain.high:,.1f}",
    }  # fmt: skip
    code = "saves" if gain.low > 0 else "loses" if gain.high < 0 else "unclear"
    return t(f"strategy.crowd.{code}", **about)


def _show_traffic(setup: Setup, crowd: Crowd, course: Course) -> None:
    shares = traffic(course, [arm_name(arm) for arm in setup.arms])
    favourite = str(shares.iloc[-1].idxmax())
    code = "favours" if shares.iloc[-1].max() >= _SHARE else "spreads"
    charts.draw(
        charts.stacked_area(
            shares, x_name=t("strategy.board.lists"), y_name=t("strategy.crowd.share")
        ),
        title=t(
            f"strategy.crowd.{code}",
            arm=favourite,
            share=f"{shares.iloc[-1].max():.0%}",
            best=arm_name(setup.arms[crowd.best]),
        ),
        note=t("strategy.crowd.traffic_note"),
        key="traffic",
    )
    shown = [setup.arms[arm] for arm in course.arm]
    show_beliefs(beliefs(setup.arms, shown, course.reward.tolist()), key="crowd")
    right = t("strategy.crowd.right" if right_winner(course, crowd) else "strategy.crowd.wrong")
    st.caption(right)


def _show_trust(setup: Setup, world: World, crowd: Crowd) -> None:
    """The click model on sessions it has not seen, and what the crowd knows of each strategy."""
    seen = world.check
    code = "better" if seen.low > 0 else "no_better"
    places = list(range(1, len(seen.positions) + 1))
    charts.draw(
        charts.curve(
            {
                t("strategy.crowd.click_model"): (places, list(seen.positions)),
                t("strategy.crowd.position_only"): (places, list(seen.positions_only)),
            },
            x_name=t("strategy.crowd.position"),
            y_name=t("strategy.crowd.perplexity"),
            markers=True,
        ),
        title=t(
            f"strategy.crowd.{code}",
            ours=f"{seen.perplexity:.3f}",
            baseline=f"{seen.position_only:.3f}",
            low=f"{seen.low:.1%}",
            high=f"{seen.high:.1%}",
        ),
        note=t("strategy.crowd.perplexity_note", sessions=f"{seen.sessions:,}"),
        key="perplexity",
    )
    worth = crowd.share @ crowd.worth
    rows = [
        {"arm": arm_name(arm), "true": float(worth[n]), "guessed": float(crowd.guessed[n])}
        for n, arm in enumerate(setup.arms)
    ]
    labels = {name: t(f"strategy.columns.{name}") for name in rows[0]}
    percent = {
        name: st.column_config.NumberColumn(labels[name], format="percent")
        for name in ("true", "guessed")
    }
    st.markdown(t("strategy.crowd.about", queries=f"{len(crowd.queries):,}"))
    tables.show(
        pd.DataFrame(rows), labels=labels, config=percent, alt=t("strategy.crowd.truth"),
        key="truth",
    )  # fmt: skip
