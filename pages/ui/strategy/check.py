"""What would have happened: every strategy and policy judged from a log that another one wrote."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import pandas as pd
import streamlit as st

from engine.bandit.bandit_log import log_of_course, log_of_feedback
from engine.bandit.context import FEATURES
from engine.bandit.first_places import first_places
from engine.bandit.off_policy import Estimate
from engine.bandit.policies import POLICIES, Policy, make_policy
from engine.errors import ShoplabError
from pages.ui.frame.i18n import t
from pages.ui.parts import charts, tables
from pages.ui.parts.errors import show_error
from pages.ui.strategy.inputs import open_course, open_crowd, open_world
from pages.ui.strategy.setup import Setup, arm_name, policy_name
from pages.ui.strategy.simulator import FIXED, choose_length

Source = Literal["log", "crowd", "live"]
SOURCES: tuple[Source, ...] = ("log", "crowd", "live")
ESTIMATORS = ("dr", "snips", "ips")
_HARDLY = 20


class Judged(Protocol):
    """A log that strategies and policies can be judged from."""

    def estimates(self, arm: int) -> dict[str, Estimate]:
        """What a strategy would have earned, by estimator."""

    def replay(self, policy: Policy, seed: int = 0) -> Estimate:
        """What a policy would have earned."""


@dataclass(frozen=True)
class _Case:
    log: Judged
    truth: Mapping[str, float]


def show_check(setup: Setup) -> None:
    """The off-policy table of the chosen log."""
    st.markdown(t("strategy.check.intro"))
    source = st.segmented_control(
        t("strategy.check.source"),
        SOURCES,
        default="log",
        required=True,
        format_func=lambda name: t(f"strategy.check.sources.{name}"),
        key="check_source",
        persist_state="session",
    )
    source = source or "log"
    setup = setup if source == "live" else setup.offline
    st.caption(t(f"strategy.check.source_texts.{source}"))
    lists = choose_length() if source == "crowd" else 0
    try:
        case = _open(setup, source, lists)
    except ShoplabError as error:
        show_error(error)
        return
    if case is not None:
        _show_arms(setup, case)
        _show_policies(setup, case)


def _open(setup: Setup, source: Source, lists: int) -> _Case | None:
    if source == "live":
        return _Case(log_of_feedback(setup.log(), setup.arms), {})
    world = open_world(setup)
    if world is None:
        return None
    if source == "crowd":
        crowd = open_crowd(setup, world)
        course = open_course(setup, crowd, FIXED, lists, 0)
        truth = crowd.share @ crowd.worth
        return _Case(
            log_of_course(course, crowd), dict(zip(setup.arms, truth.tolist(), strict=True))
        )
    places = first_places(world.shown, world.model, world.answers, setup.strategies, world.visits)
    return _Case(places, {})


def _show_arms(setup: Setup, case: _Case) -> None:
    estimator = st.segmented_control(
        t("strategy.check.estimator"),
        ESTIMATORS,
        default=ESTIMATORS[0],
        required=True,
        format_func=lambda name: t(f"strategy.check.estimators.{name}"),
        help=t("strategy.check.estimator_help"),
        key="estimator",
        persist_state="session",
    )
    found = {arm: case.log.estimates(place) for place, arm in enumerate(setup.arms)}
    rows = [
        {"arm": arm_name(arm), "estimator": name, **estimate.as_json()}
        | ({"true": case.truth[arm]} if case.truth else {})
        for arm, estimates in found.items()
        for name, estimate in estimates.items()
    ]
    frame = pd.DataFrame(rows)
    chosen = frame[frame["estimator"] == (estimator or ESTIMATORS[0])]
    sure = chosen.dropna(subset=["value", "low"])
    if sure.empty:
        st.info(t("strategy.check.nothing"), icon=":material/hourglass_empty:")
    else:
        best = sure.sort_values("value").iloc[-1]
        others = sure[sure["arm"] != best["arm"]]
        apart = bool((others["high"] < best["low"]).all()) and len(others) > 0
        figure = charts.bars_with_interval(
            sure["arm"].tolist(),
            *((100 * sure[name]).tolist() for name in ("value", "low", "high")),
            value_name=t("strategy.check.value"),
            highlight=best["arm"],
            value_format=".1f",
        )
        charts.draw(
            figure,
            title=t(
                "strategy.check.clear" if apart else "strategy.check.unclear",
                arm=best["arm"],
                value=f"{best['value']:.0%}",
                low=f"{best['low']:.0%}",
                high=f"{best['high']:.0%}",
            ),
            note=t("strategy.check.note"),
            key="off_policy",
        )
    if (chosen["effective"] < _HARDLY).any():
        st.caption(t("strategy.check.few", n=_HARDLY))
    named = frame.assign(
        estimator=[t(f"strategy.check.estimators.{name}") for name in frame["estimator"]]
    )
    _table(named, t("strategy.check.table"), key="off_policy_table")


def _show_policies(setup: Setup, case: _Case) -> None:
    """The policies themselves, by replay: they learn while they go through the log."""
    rows = [
        {"policy": policy_name(name)}
        | case.log.replay(make_policy(name, len(setup.arms), len(FEATURES))).as_json()
        for name in POLICIES
    ]
    frame = pd.DataFrame(rows)
    st.markdown(f"**{t('strategy.check.replay')}**")
    st.caption(t("strategy.check.replay_note", n=f"{int(np.nanmax(frame['effective'])):,}"))
    _table(frame, t("strategy.check.replay"), key="replay_table")


def _table(frame: pd.DataFrame, alt: str, key: str) -> None:
    labels = {str(name): t(f"strategy.columns.{name}") for name in frame}
    config = {
        name: st.column_config.NumberColumn(labels[name], format="percent")
        for name in ("value", "low", "high", "true")
        if name in frame
    }
    config["effective"] = st.column_config.NumberColumn(labels["effective"], format="%.0f")
    tables.show(frame, labels=labels, config=config, alt=alt, key=key)
