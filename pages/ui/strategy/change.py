"""What the last click changed: the list, and what is believed of its strategy."""

import numpy as np
import streamlit as st

from engine.bandit.live import compare
from engine.bandit.regret import beliefs
from engine.storage.feedback import Feedback, Shown
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts
from pages.ui.parts.product_card import products
from pages.ui.strategy.cards import PRESSED
from pages.ui.strategy.setup import Setup, arm_name


def show_change(setup: Setup, feedback: Feedback, shown: Shown) -> None:
    """What came of the last act on the list before `shown`; nothing without one."""
    before = feedback.list_before(shown)
    act = feedback.last_act(before.list_id) if before else None
    if before is None or act is None:
        return
    lines = [
        t(f"strategy.live.did.{act[1]}", product=_title(setup, act[0])),
        *_list_changes(before, shown, act[0]),
        _belief_change(setup, feedback, before),
    ]
    if st.session_state.pop(PRESSED, False):
        # Whoever pressed a button far down the list does not see its top.
        st.toast("  \n".join(lines[:2]), icon=":material/published_with_changes:")
    with st.container(border=True, key="changed"):
        st.markdown(f"**{t('strategy.live.changed')}**")
        st.markdown("\n".join(f"- {line}" for line in lines))


def _list_changes(before: Shown, shown: Shown, product_id: str) -> list[str]:
    """What moved on the list, the product of the act first of all, and who ranked it."""
    change = compare(before, shown)
    if change:
        up = sum(steps > 0 for steps in change.moved.values())
        lines = [t("strategy.live.moved", up=up, new=len(change.new), gone=len(change.gone))]
    else:
        lines = [t("strategy.live.same")]
    if product_id in change.moved:
        place = shown.products.index(product_id) + 1
        old = place + change.moved[product_id]
        lines.append(t("strategy.live.itself", old=old, now=place))
    if change.arm:
        arms = {"old": arm_name(before.arm), "now": arm_name(shown.arm)}
        lines.append(t("strategy.live.other_arm", **arms))
    return lines


def _belief_change(setup: Setup, feedback: Feedback, before: Shown) -> str:
    """How the mean success rate of the strategy of the list that was acted on moved."""
    log = feedback.log(setup.config.goal)
    row = int(np.flatnonzero(log["list_id"] == before.list_id)[0])
    rewards = log["reward"].iloc[: row + 1]
    old, now = (
        beliefs(setup.arms, log["arm"].iloc[: row + 1], reward)
        .set_index("arm")["mean"]
        .get(before.arm, np.nan)
        for reward in ([*rewards[:-1], 0.0], rewards)
    )
    code = "strategy.live.belief" if old != now else "strategy.live.belief_same"
    return t(code, arm=arm_name(before.arm), old=f"{old:.1%}", now=f"{now:.1%}")


def _title(setup: Setup, product_id: str) -> str:
    catalog = products(setup.current)
    title = catalog[product_id]["title"] if product_id in catalog else product_id
    return escape(charts.cut(title))
