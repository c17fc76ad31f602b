"""Simulated shoppers: how a policy learns from them, beside an A/B test of the same length."""

from functools import partial

import pandas as pd
import streamlit as st

from engine.bandit.off_policy import Estimate
from engine.bandit.perplexity import Perplexity
from engine.bandit.regret import beliefs, finds_best_arm, mean_regret, regret_saved, traffic
from engine.bandit.simulator import Rollout, Simulator
from engine.course.checks.strategy import SIMULATED
from engine.errors import ShoplabError
from engine.evaluation.compare import Interval
from engine.evidence.ledger import cite_simulation
from pages.ui.frame.i18n import t
from pages.ui.parts import acts, charts, evidence, tables
from pages.ui.parts.errors import show_error
from pages.ui.strategy.inputs import open_inputs, open_rollout, open_simulator
from pages.ui.strategy.learning import show_beliefs
from pages.ui.strategy.setup import Setup, arm_name, policy_name

FIXED = "fixed_split"
LENGTHS = (500, 1000, 3000)
SEEDS = 5
_STARTED = "simulation_started"
_LARGE_SHARE = 0.5


def show_simulator(setup: Setup) -> None:
    """What the policy makes of simulated shoppers, and how far they can be trusted."""
    setup = setup.offline
    st.warning(t("strategy.simulator.simulation"), icon=":material/science:")
    lists = choose_length()
    if not _is_started(setup):
        st.button(
            t("strategy.simulator.start"),
            icon=":material/groups:",
            type="primary",
            key="start_simulation",
            on_click=_start,
            args=(setup,),
        )
        return
    try:
        inputs = open_inputs(setup)
    except ShoplabError as error:
        show_error(error)
        return
    if inputs is None:
        return
    simulator = open_simulator(setup, inputs)
    policy = setup.config.policy
    with st.spinner(t("strategy.simulator.running")):
        rollouts = {
            name: [open_rollout(setup, simulator, name, lists, seed) for seed in range(SEEDS)]
            for name in dict.fromkeys((policy, FIXED))
        }
    acts.note(setup.current, SIMULATED, policy=policy, lists=lists, arms=[*setup.arms])
    gain = regret_saved(rollouts[policy], rollouts[FIXED])
    _show_regret(policy, rollouts, lists, gain)
    if policy != FIXED:
        interval = Interval(gain.value, gain.low, gain.high)
        cite = partial(cite_simulation, setup.current, setup.run_id, policy, interval, lists)
        evidence.offer(setup.current, cite, "simulation")
    _show_traffic(setup, simulator, rollouts[policy][0])
    with st.expander(t("strategy.simulator.trust"), icon=":material/fact_check:", key="trust"):
        _show_perplexity(inputs.perplexity)
        _show_truth(setup, simulator)


def choose_length() -> int:
    """How many lists are simulated."""
    chosen = st.segmented_control(
        t("strategy.simulator.lists"),
        LENGTHS,
        default=LENGTHS[0],
        required=True,
        format_func=lambda n: f"{n:,}",
        key="simulated_lists",
        persist_state="session",
    )
    return chosen or LENGTHS[0]


def _is_started(setup: Setup) -> bool:
    """Whether somebody asked for this shop's simulation in this session."""
    return bool(st.session_state.get(_STARTED) == setup.current.name)


def _start(setup: Setup) -> None:
    st.session_state[_STARTED] = setup.current.name


def _show_regret(
    policy: str, rollouts: dict[str, list[Rollout]], lists: int, gain: Estimate
) -> None:
    curves = {name: mean_regret(runs) for name, runs in rollouts.items()}
    step = max(lists // 100, 1)
    figure = charts.curve(
        {
            policy_name(name): (curve.index[::step].tolist(), curve["mean"].iloc[::step].tolist())
            for name, curve in curves.items()
        },
        x_name=t("strategy.learning.lists"),
        y_name=t("strategy.simulator.regret"),
        from_zero=True,
    )
    charts.draw(
        figure,
        title=_comparison(policy, gain, lists),
        note=t("strategy.simulator.regret_note", seeds=SEEDS),
        key="regret_curve",
    )
    for column, (name, curve) in zip(st.columns(len(curves)), curves.items(), strict=True):
        end = curve.iloc[-1]
        low, high = f"{end['low']:,.1f}", f"{end['high']:,.1f}"
        column.metric(
            t("strategy.simulator.lost_by", policy=policy_name(name)),
            f"{end['mean']:,.1f}",
            help=t("strategy.simulator.interval", low=low, high=high),
        )


def _comparison(policy: str, gain: Estimate, lists: int) -> str:
    """The policy against an A/B test in a sentence."""
    if policy == FIXED:
        return t("strategy.simulator.is_fixed")
    code = "saves" if gain.low > 0 else "loses" if gain.high < 0 else "unclear"
    return t(
        f"strategy.simulator.{code}",
        policy=policy_name(policy),
        n=f"{lists:,}",
        value=f"{gain.value:,.1f}",
        low=f"{gain.low:,.1f}",
        high=f"{gain.high:,.1f}",
    )


def _show_traffic(setup: Setup, simulator: Simulator, rollout: Rollout) -> None:
    """How one rollout's traffic moved, and what was learned from it."""
    shares = traffic(rollout, [arm_name(arm) for arm in setup.arms])
    last = shares.iloc[-1]
    code = "favours" if last.max() >= _LARGE_SHARE else "spreads"
    charts.draw(
        charts.stacked_area(
            shares, x_name=t("strategy.learning.lists"), y_name=t("strategy.simulator.share")
        ),
        title=t(
            f"strategy.simulator.{code}",
            arm=str(last.idxmax()),
            share=f"{last.max():.0%}",
            best=arm_name(setup.arms[simulator.best_arm]),
        ),
        note=t("strategy.simulator.traffic_note"),
        key="traffic",
    )
    shown = [setup.arms[arm] for arm in rollout.arm]
    show_beliefs(beliefs(setup.arms, shown, rollout.reward.tolist()), key="simulator")
    code = "right" if finds_best_arm(rollout, simulator) else "wrong"
    st.caption(t(f"strategy.simulator.{code}"))


def _show_perplexity(perplexity: Perplexity) -> None:
    """The click model on sessions it hasn't seen."""
    code = "better" if perplexity.low > 0 else "no_better"
    places = list(range(1, len(perplexity.positions) + 1))
    charts.draw(
        charts.curve(
            {
                t("strategy.simulator.click_model"): (places, perplexity.positions),
                t("strategy.simulator.position_only"): (places, perplexity.positions_only),
            },
            x_name=t("strategy.simulator.position"),
            y_name=t("strategy.simulator.perplexity"),
            markers=True,
        ),
        title=t(
            f"strategy.simulator.{code}",
            ours=f"{perplexity.perplexity:.3f}",
            baseline=f"{perplexity.position_only:.3f}",
            low=f"{perplexity.low:.1%}",
            high=f"{perplexity.high:.1%}",
        ),
        note=t("strategy.simulator.perplexity_note", sessions=f"{perplexity.sessions:,}"),
        key="perplexity",
    )


def _show_truth(setup: Setup, simulator: Simulator) -> None:
    """What the simulated shoppers truly think of each strategy, and how much of it is predicted."""
    truth = pd.DataFrame(
        {
            "arm": [arm_name(arm) for arm in setup.arms],
            "true": simulator.success_by_arm,
            "unseen": simulator.unseen,
        }
    )
    labels = {name: t(f"strategy.columns.{name}") for name in truth.columns}
    percent = {
        name: st.column_config.NumberColumn(labels[name], format="percent")
        for name in ("true", "unseen")
    }
    st.markdown(t("strategy.simulator.about", queries=f"{len(simulator.queries):,}"))
    alt = t("strategy.simulator.truth")
    tables.show(truth, labels=labels, config=percent, alt=alt, key="truth")
