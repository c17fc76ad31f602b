"""The live list: a single click changes the next one, and the page says how."""

import streamlit as st

from engine.bandit.live import Request, next_list
from engine.bandit.system_rankings import read_rankings
from engine.storage.feedback import Feedback, Shown
from engine.tasks.search.answers import PREDICT, SearchInput
from pages.ui.frame import visit
from pages.ui.frame.i18n import t
from pages.ui.parts import answers, charts
from pages.ui.strategy.cards import show_cards
from pages.ui.strategy.change import show_change
from pages.ui.strategy.preview import show_preview
from pages.ui.strategy.setup import Setup, arm_name, policy_name
from pages.ui.strategy.shoppers import choose_shopper

LENGTH, DEPTH = 8, 100
_FRESH = "fresh_list"


def show_live(setup: Setup, query: str) -> None:
    """The list for `query` with its buttons, what changed, and each strategy's probability."""
    visit.begin()
    visit_id = visit.current()
    with st.container(horizontal=True, vertical_alignment="bottom", key="who"):
        shopper = choose_shopper(setup.current)
        st.button(
            t("strategy.live.new_visit"),
            icon=":material/restart_alt:",
            key="new_visit",
            help=t("strategy.live.new_visit_help"),
            on_click=visit.leave,
        )
    if not query:
        with st.container(border=True, key="no_query"):
            st.markdown(f"**{t('strategy.live.empty_title')}**")
            st.markdown(t("strategy.live.empty_text"))
        show_preview(setup)
        return
    answer = answers.ask(setup.current, PREDICT, [SearchInput(query, DEPTH)], setup.run_id)
    if answer is None:
        return
    rankings = read_rankings(answer.value[0])
    request = Request(visit_id, rankings.query, shopper.name, shopper.history)
    with Feedback(setup.current) as feedback:
        fresh = st.session_state.pop(_FRESH, False)
        shown = None if fresh else feedback.open_list(visit_id, rankings.query)
        # A list that another policy chose, or for another shopper, would be the wrong one here.
        if shown is None or (shown.policy, shown.shopper) != (setup.config.policy, shopper.name):
            shown = next_list(
                feedback,
                request,
                rankings,
                setup.strategies,
                setup.similarity,
                setup.config,
                length=LENGTH,
            )
        _show_choice(setup, shown)
        show_change(setup, feedback, shown)
        show_cards(setup, feedback, shown)
    _offer_next()


def _show_choice(setup: Setup, shown: Shown) -> None:
    """Which strategy ranked the list, and how likely each of them was."""
    params = {
        "arm": arm_name(shown.arm),
        "chance": f"{shown.propensity:.0%}",
        "policy": policy_name(shown.policy),
    }
    st.markdown(t("strategy.live.chosen", **params))
    with st.expander(t("strategy.live.chances"), icon=":material/casino:", key="chances"):
        arms = [arm for arm in setup.arms if arm in shown.probabilities]
        figure = charts.bars(
            [arm_name(arm) for arm in arms],
            [100 * shown.probabilities[arm] for arm in arms],
            value_name=t("strategy.live.chance"),
            highlight=arm_name(shown.arm),
            value_format=".0f",
        )
        charts.draw(figure, title=t("strategy.live.chosen_plain", **params), key="chance_bars")
        features = [
            f"{t(f'strategy.features.{name}')} {value:.0%}"
            for name, value in shown.context.items()
            if name != "always"
        ]
        st.caption(" · ".join(features))


def _offer_next() -> None:
    if st.button(
        t("strategy.live.again"),
        icon=":material/skip_next:",
        key="next_list",
        help=t("strategy.live.again_help"),
    ):
        st.session_state[_FRESH] = True
        st.rerun()
