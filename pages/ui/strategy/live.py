"""The live list: one press of a button changes the next one, and it is said how."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from engine.bandit.live import Request, compare, next_list
from engine.bandit.regret import beliefs
from engine.errors import ShoplabError
from engine.storage.feedback import Event, Feedback, Shown
from engine.tasks.search.answers import PREDICT, SearchInput
from pages.ui.frame import visit
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, charts
from pages.ui.parts.errors import show_error
from pages.ui.parts.product_card import facts, products
from pages.ui.strategy.setup import Setup, arm_name, policy_name
from pages.ui.strategy.shoppers import choose_shopper

_FRESH, _PRESSED = "fresh_list", "pressed"
LENGTH, DEPTH = 8, 100
_LONGEST_TITLE = 90
_BUTTONS: dict[Event, str] = {
    "click": ":material/visibility:",
    "add_to_cart": ":material/add_shopping_cart:",
    "purchase": ":material/shopping_bag:",
}


def show_live(setup: Setup, query: str) -> None:
    """The list for `query` with its buttons, what changed, and who had what chance."""
    visit.begin()
    played = visit.current()
    with st.container(horizontal=True, vertical_alignment="bottom", key="who"):
        shopper = choose_shopper(setup.current)
        st.button(
            t("strategy.live.new_visit"), icon=":material/restart_alt:", key="new_visit",
            help=t("strategy.live.new_visit_help"), on_click=visit.leave,
        )  # fmt: skip
    if not query:
        with st.container(border=True, key="no_query"):
            st.markdown(f"**{t('strategy.live.empty_title')}**")
            st.markdown(t("strategy.live.empty_text"))
        return
    payload = [SearchInput(query, DEPTH)]
    answer = answers.ask(setup.current, PREDICT, payload, setup.run_id)
    if answer is None:
        return
    found = answer.value[0]
    request = Request(played, found.query, shopper.name, shopper.history)
    with Feedback(setup.current) as feedback:
        fresh = st.session_state.pop(_FRESH, False)
        shown = None if fresh else feedback.open_list(played, found.query)
        # A list of another policy or for another shopper would say nothing of these.
        if shown is None or (shown.policy, shown.shopper) != (setup.policy, shopper.name):
            shown = next_list(
                feedback, request, found, setup.strategies, setup.shelf, policy=setup.policy,
                length=LENGTH, goal=setup.goal, least=setup.least,
            )  # fmt: skip
        _show_choice(setup, shown)
        _show_change(setup, feedback, shown)
        _show_list(setup, feedback, shown)


def _show_choice(setup: Setup, shown: Shown) -> None:
    about = {
        "arm": arm_name(shown.arm), "chance": f"{shown.propensity:.0%}",
        "policy": policy_name(shown.policy),
    }  # fmt: skip
    st.markdown(t("strategy.live.chosen", **about))
    with st.expander(t("strategy.live.chances"), icon=":material/casino:", key="chances"):
        arms = [arm for arm in setup.arms if arm in shown.probabilities]
        figure = charts.bars(
            [arm_name(arm) for arm in arms],
            [100 * shown.probabilities[arm] for arm in arms],
            value_name=t("strategy.live.chance"),
            highlight=arm_name(shown.arm),
            value_format=".0f",
        )
        charts.draw(figure, title=t("strategy.live.chosen_plain", **about), key="chance_bars")
        st.caption(" · ".join(_told(shown)))


def _told(shown: Shown) -> list[str]:
    """What the policy was told of this search."""
    return [
        f"{t(f'strategy.features.{name}')} {value:.0%}"
        for name, value in shown.context.items()
        if name != "always"
    ]


def _show_change(setup: Setup, feedback: Feedback, shown: Shown) -> None:
    """What the last press did to the list and to the beliefs."""
    before = feedback.list_before(shown)
    act = feedback.last_act(before.list_id) if before else None
    if before is None or act is None:
        return
    change, catalog = compare(before, shown), products(setup.current)
    name, event = act
    lines = [t(f"strategy.live.did.{event}", product=_name(catalog, name))]
    if not change:
        lines.append(t("strategy.live.same"))
    else:
        up = sum(steps > 0 for steps in change.moved.values())
        lines.append(t("strategy.live.moved", up=up, new=len(change.new), gone=len(change.gone)))
    if name in shown.products:
        places = {"old": before.products.index(name) + 1, "now": shown.products.index(name) + 1}
        if places["old"] != places["now"]:
            lines.append(t("strategy.live.itself", **places))
    if change.arm:
        code = "strategy.live.other_arm"
        lines.append(t(code, old=arm_name(before.arm), now=arm_name(shown.arm)))
    lines.append(_belief(setup, feedback, before))
    if st.session_state.pop(_PRESSED, False):
        # Whoever pressed a button far down the list does not see its top.
        st.toast("  \n".join(lines[:2]), icon=":material/published_with_changes:")
    with st.container(border=True, key="changed"):
        st.markdown(f"**{t('strategy.live.changed')}**")
        st.markdown("\n".join(f"- {line}" for line in lines))


def _belief(setup: Setup, feedback: Feedback, before: Shown) -> str:
    """How the belief in the strategy of the list that was acted on moved."""
    log = feedback.log(setup.goal)
    row = int(np.flatnonzero(log["list_id"] == before.list_id)[0])
    without = log["reward"].to_numpy(copy=True)
    without[row] = 0.0
    rates = [
        beliefs(setup.arms, log["arm"].iloc[: row + 1], reward[: row + 1].tolist())
        .set_index("arm")["mean"]
        .get(before.arm, np.nan)
        for reward in (without, log["reward"].to_numpy())
    ]
    code = "strategy.live.belief" if rates[0] != rates[1] else "strategy.live.belief_same"
    return t(code, arm=arm_name(before.arm), old=f"{rates[0]:.1%}", now=f"{rates[1]:.1%}")


def _show_list(setup: Setup, feedback: Feedback, shown: Shown) -> None:
    catalog, likes = products(setup.current), feedback.likes(shown.visit)
    if not shown.products:
        st.info(t("strategy.live.nothing", arm=arm_name(shown.arm)), icon=":material/search_off:")
    before = feedback.list_before(shown)
    moved = compare(before, shown).moved if before else {}
    with st.grid(2, min_column_width=330, gap="small", key="cards"):
        for place, name in enumerate(shown.products, start=1):
            # A catalog that was loaded a moment ago may lack what an older list names.
            if name in catalog:
                with st.container(border=True, gap="xsmall", key=f"card_{place}"):
                    _show_card(
                        setup, shown, catalog[name], place, moved.get(name, 0), name in likes
                    )
    if st.button(
        t("strategy.live.again"), icon=":material/skip_next:", key="next_list",
        help=t("strategy.live.again_help"),
    ):  # fmt: skip
        st.session_state[_FRESH] = True
        st.rerun()


def _name(catalog: Mapping[str, Mapping[str, Any]], name: str) -> str:
    return escape(charts.cut(catalog[name]["title"] if name in catalog else name))


def _show_card(
    setup: Setup, shown: Shown, product: Mapping[str, Any], place: int, steps: int, liked: bool
) -> None:
    name = str(product["product_id"])
    mark = f" :green-badge[▲ {steps}]" if steps > 0 else ""
    title = escape(charts.cut(product["title"], _LONGEST_TITLE))
    st.markdown(f"**{place}\\. {title}**{mark}")
    st.caption(facts(product))
    with st.container(horizontal=True, gap="xsmall"):
        event: Event = "unlike" if liked else "like"
        heart = ":material/heart_check:" if liked else ":material/favorite:"
        _button(setup, shown, name, event, place, heart)
        for event, icon in _BUTTONS.items():
            _button(setup, shown, name, event, place, icon)


def _button(setup: Setup, shown: Shown, name: str, event: Event, place: int, icon: str) -> None:
    st.button(
        t(f"strategy.events.{event}"), icon=icon, type="tertiary",
        key=f"{'like' if event == 'unlike' else event}_{place}",
        on_click=_press, args=(setup, shown.list_id, name, event),
    )  # fmt: skip


def _press(setup: Setup, list_id: str, name: str, event: Event) -> None:
    try:
        with Feedback(setup.current) as feedback:
            feedback.record(list_id, name, event)
        st.session_state[_PRESSED] = True
    except ShoplabError as error:
        show_error(error)
