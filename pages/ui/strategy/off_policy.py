"""What would have happened: every strategy and policy judged from the log of another one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
import streamlit as st

from engine.bandit.bandit_log import BanditLog, log_of_feedback, log_of_rollout
from engine.bandit.context import FEATURES
from engine.bandit.first_places import log_of_first_places
from engine.bandit.policies import POLICIES, make_policy
from engine.errors import ShoplabError
from pages.ui.frame.i18n import t
from pages.ui.parts import charts, tables
from pages.ui.parts.errors import show_error
from pages.ui.strategy.inputs import open_inputs, open_rollout, open_simulator
from pages.ui.strategy.setup import Setup, arm_name, policy_name
from pages.ui.strategy.simulator import FIXED, choose_length

Source = Literal["log", "simulator", "live"]
SOURCES: tuple[Source, ...] = ("log", "simulator", "live")
ESTIMATORS = ("dr", "snips", "ips")
# Estimates that rest on fewer lists are only a hint.
_FEW_LISTS = 20


@dataclass(frozen=True)
class _Case:
    """The log to judge from, and each strategy's true success rate where it is known."""

    log: BanditLog
    truth: Mapping[str, float] = field(default_factory=dict)


def show_off_policy(setup: Setup) -> None:
    """The estimates for strategies and policies from the chosen log."""
    st.markdown(t("strategy.off_policy.intro"))
    source = st.segmented_control(
        t("strategy.off_policy.source"),
        SOURCES,
        default=SOURCES[0],
        required=True,
        format_func=lambda name: t(f"strategy.off_policy.sources.{name}"),
        key="log_source",
        persist_state="session",
    )
    source = source or SOURCES[0]
    setup = setup if source == "live" else setup.offline
    st.caption(t(f"strategy.off_policy.source_texts.{source}"))
    lists = choose_length() if source == "simulator" else 0
    try:
        case = _open(setup, source, lists)
    except ShoplabError as error:
        show_error(error)
        return
    if case is not None:
        _show_strategies(setup, case)
        _show_policies(setup, case)


def _open(setup: Setup, source: Source, lists: int) -> _Case | None:
    if source == "live":
        return _Case(log_of_feedback(setup.log(), setup.arms))
    inputs = open_inputs(setup)
    if inputs is None:
        return None
    if source == "simulator":
        simulator = open_simulator(setup, inputs)
        rollout = open_rollout(setup, simulator, FIXED, lists, 0)
        truth = zip(setup.arms, simulator.success_by_arm.tolist(), strict=True)
        return _Case(log_of_rollout(rollout, simulator), dict(truth))
    return _Case(
        log_of_first_places(
            inputs.shown, inputs.model, inputs.rankings, setup.strategies, inputs.visits
        )
    )


def _show_strategies(setup: Setup, case: _Case) -> None:
    estimator = st.segmented_control(
        t("strategy.off_policy.estimator"),
        ESTIMATORS,
        default=ESTIMATORS[0],
        required=True,
        format_func=lambda name: t(f"strategy.off_policy.estimators.{name}"),
        help=t("strategy.off_policy.estimator_help"),
        key="estimator",
        persist_state="session",
    )
    rows = [
        {"arm": arm_name(arm), "estimator": name, **estimate.as_json()}
        | ({"true": case.truth[arm]} if case.truth else {})
        for number, arm in enumerate(setup.arms)
        for name, estimate in case.log.estimates(number).items()
    ]
    estimates = pd.DataFrame(rows)
    chosen = estimates[estimates["estimator"] == (estimator or ESTIMATORS[0])]
    _draw_estimates(chosen.dropna(subset=["value", "low"]))
    if (chosen["effective"] < _FEW_LISTS).any():
        st.caption(t("strategy.off_policy.few", n=_FEW_LISTS))
    names = [t(f"strategy.off_policy.estimators.{name}") for name in estimates["estimator"]]
    alt = t("strategy.off_policy.table")
    _show_table(estimates.assign(estimator=names), alt, key="off_policy_table")


def _draw_estimates(estimates: pd.DataFrame) -> None:
    """The strategies' estimates by one estimator, those with an interval, and which is best."""
    if estimates.empty:
        st.info(t("strategy.off_policy.nothing"), icon=":material/hourglass_empty:")
        return
    best = estimates.sort_values("value").iloc[-1]
    others = estimates[estimates["arm"] != best["arm"]]
    is_clear = len(others) > 0 and bool((others["high"] < best["low"]).all())
    figure = charts.bars_with_interval(
        estimates["arm"].tolist(),
        *((100 * estimates[name]).tolist() for name in ("value", "low", "high")),
        value_name=t("strategy.off_policy.value"),
        highlight=best["arm"],
        value_format=".1f",
    )
    charts.draw(
        figure,
        title=t(
            "strategy.off_policy.clear" if is_clear else "strategy.off_policy.unclear",
            arm=best["arm"],
            value=f"{best['value']:.0%}",
            low=f"{best['low']:.0%}",
            high=f"{best['high']:.0%}",
        ),
        note=t("strategy.off_policy.note"),
        key="off_policy",
    )


def _show_policies(setup: Setup, case: _Case) -> None:
    """The policies, by replay: they learn while they go through the log."""
    rows = [
        {"policy": policy_name(name)}
        | case.log.replay(make_policy(name, len(setup.arms), len(FEATURES))).as_json()
        for name in POLICIES
    ]
    estimates = pd.DataFrame(rows)
    title, most = t("strategy.off_policy.replay"), int(np.nanmax(estimates["effective"]))
    st.markdown(f"**{title}**")
    st.caption(t("strategy.off_policy.replay_note", n=f"{most:,}"))
    _show_table(estimates, title, key="replay_table")


def _show_table(frame: pd.DataFrame, alt: str, key: str) -> None:
    labels = {str(name): t(f"strategy.columns.{name}") for name in frame}
    config = {
        name: st.column_config.NumberColumn(labels[name], format="percent")
        for name in ("value", "low", "high", "true")
        if name in frame
    }
    config["effective"] = st.column_config.NumberColumn(labels["effective"], format="%.0f")
    tables.show(frame, labels=labels, config=config, alt=alt, key=key)
