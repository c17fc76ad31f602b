"""What all views of the strategy page share: the strategies, the policy, and what counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd
import streamlit as st

from engine.bandit.arms import Strategy, Wanted, strategies
from engine.bandit.live import GUARANTEED
from engine.bandit.policies import POLICIES
from engine.bandit.similarity import Shelf, make_shelf
from engine.storage.feedback import GOALS, Feedback
from engine.storage.runs import Run, list_runs, run_id_of
from engine.storage.workspace import Workspace
from engine.tasks.interest.answers import PREDICT
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts import answers

_MOST = 0.3


@dataclass(frozen=True)
class Setup:
    """The shop, whose answers are ranked, how the next strategy is chosen, and for what goal.

    `interest` is the run that weighs products for a shopper, empty without one.
    """

    current: Workspace
    run_id: str
    policy: str
    goal: str
    least: float
    interest: str = ""

    @property
    def offline(self) -> "Setup":
        """The setup for thousands of lists at once: no strategy asks a model for each of them."""
        return replace(self, interest="")

    @cached_property
    def shelf(self) -> Shelf:
        """What strategies know of the shop's products. Never change it."""
        return _shelf(self.current)

    @cached_property
    def strategies(self) -> Sequence[Strategy]:
        """The strategies that compete."""
        found = strategies(self.shelf)
        return [*found, Wanted(self._weigh)] if self.interest else found

    def _weigh(self, item: Mapping[str, Any]) -> Sequence[str]:
        found = answers.ask(self.current, PREDICT, [dict(item)], self.interest)
        # The list goes on without the model where it cannot answer.
        chosen: Sequence[str] = item["among"]
        return [one["product_id"] for one in found.value[0]["results"]] if found else chosen

    @property
    def arms(self) -> list[str]:
        """Their names."""
        return [strategy.name for strategy in self.strategies]

    def log(self) -> pd.DataFrame:
        """Every list of this workspace with its reward, see `Feedback.log`."""
        with Feedback(self.current) as feedback:
            return feedback.log(self.goal)


@session.per_shop()
def _shelf(current: Workspace) -> Shelf:
    return make_shelf(session.tables(current))


def choose_setup(current: Workspace, run: Run | None) -> Setup:
    """The controls above all views."""
    names = {name: policy_name(name) for name in POLICIES}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="setup"):
        policy = st.selectbox(
            t("strategy.policy"),
            list(names),
            format_func=names.__getitem__,
            help=t("strategy.policy_help"),
            key="policy",
            persist_state="session",
        )
        goal = st.segmented_control(
            t("strategy.goal"),
            list(GOALS),
            default=next(iter(GOALS)),
            required=True,
            format_func=lambda name: t(f"strategy.goals.{name}"),
            help=t("strategy.goal_help"),
            key="goal",
            persist_state="session",
        )
        least = st.slider(
            t("strategy.least"),
            0,
            round(100 * _MOST),
            round(100 * GUARANTEED),
            step=5,
            format="%d%%",
            help=t("strategy.least_help"),
            key="least",
            persist_state="session",
        )
    st.caption(t(f"strategy.policy_texts.{policy}"))
    run_id = run_id_of(run)
    interest = next((one.run_id for one in list_runs(current, "interest")), "")
    return Setup(current, run_id, policy, goal or next(iter(GOALS)), least / 100, interest)


def arm_name(arm: str) -> str:
    """A strategy in the user's language."""
    return t(f"strategy.arms.{arm}")


def policy_name(policy: str) -> str:
    """A policy in the user's language."""
    return t(f"strategy.policies.{policy}")
