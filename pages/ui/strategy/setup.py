"""What all views of this page share: the strategies, and how the next one is chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd
import streamlit as st

from engine.bandit.arms import InterestModel, Strategy, strategies
from engine.bandit.live import EXPLORATION, BanditConfig
from engine.bandit.policies import POLICIES
from engine.bandit.popularity import read_popularity
from engine.bandit.similarity import ProductSimilarity, read_similarity
from engine.storage.feedback import GOALS, Feedback
from engine.storage.runs import Run, list_runs, run_id_of
from engine.storage.workspace import Workspace
from engine.tasks.interest.answers import PREDICT, InterestInput
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts import answers

_MOST_EXPLORATION = 0.3


@dataclass(frozen=True)
class Setup:
    """The shop, the run whose search answers are ranked, and how strategies are chosen.

    `interest` is the run of the interest model, empty without one.
    """

    current: Workspace
    run_id: str
    config: BanditConfig
    interest: str = ""

    @property
    def offline(self) -> "Setup":
        """The setup for thousands of lists at once: no strategy asks a model for each of them."""
        return replace(self, interest="")

    @cached_property
    def similarity(self) -> ProductSimilarity:
        """The similarity of the shop's products. Never change it."""
        return _similarity(self.current)

    @cached_property
    def strategies(self) -> Sequence[Strategy]:
        """The strategies that compete."""
        without_model = strategies(self.similarity, _popularity(self.current))
        return [*without_model, InterestModel(self._predict)] if self.interest else without_model

    @property
    def arms(self) -> list[str]:
        """Their names."""
        return [strategy.name for strategy in self.strategies]

    def log(self) -> pd.DataFrame:
        """Every list of this workspace with its reward, see `Feedback.log`."""
        with Feedback(self.current) as feedback:
            return feedback.log(self.config.goal)

    def _predict(self, item: InterestInput) -> Sequence[str] | None:
        answer = answers.ask(self.current, PREDICT, [item], self.interest, by_page=True)
        return [result.product_id for result in answer.value[0].results] if answer else None


@session.per_shop()
def _similarity(current: Workspace) -> ProductSimilarity:
    return read_similarity(session.tables(current))


@session.per_shop()
def _popularity(current: Workspace) -> Mapping[str, float]:
    return read_popularity(session.tables(current))


def choose_setup(current: Workspace, run: Run | None) -> Setup:
    """The controls above all views; `run` is that of the search model, if there is one."""
    config = _choose_config()
    st.caption(t(f"strategy.policy_texts.{config.policy}"))
    interest = next((run.run_id for run in list_runs(current, "interest")), "")
    return Setup(current, run_id_of(run), config, interest)


def _choose_config() -> BanditConfig:
    policies, goals = {name: policy_name(name) for name in POLICIES}, list(GOALS)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="setup"):
        policy = st.selectbox(
            t("strategy.policy"),
            list(policies),
            format_func=policies.__getitem__,
            help=t("strategy.policy_help"),
            key="policy",
            persist_state="session",
        )
        goal = st.segmented_control(
            t("strategy.goal"),
            goals,
            default=goals[0],
            required=True,
            format_func=lambda name: t(f"strategy.goals.{name}"),
            help=t("strategy.goal_help"),
            key="goal",
            persist_state="session",
        )
        percent = st.slider(
            t("strategy.exploration"),
            0,
            round(100 * _MOST_EXPLORATION),
            round(100 * EXPLORATION),
            step=5,
            format="%d%%",
            help=t("strategy.exploration_help"),
            key="exploration",
            persist_state="session",
        )
    return BanditConfig(policy, goal or goals[0], percent / 100)


def arm_name(arm: str) -> str:
    """A strategy in the user's language."""
    return t(f"strategy.arms.{arm}")


def policy_name(policy: str) -> str:
    """A policy in the user's language."""
    return t(f"strategy.policies.{policy}")
