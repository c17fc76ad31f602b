"""What the shop's rules do to a list: before and after them, side by side."""

from collections.abc import Sequence
from itertools import zip_longest

import streamlit as st

from engine.storage.workspace import Workspace
from engine.tasks.interest.answers import InterestAnswer
from engine.tasks.interest.merchandising import Placed, Rules
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts
from pages.ui.parts.product_card import move_badge, products
from pages.ui.parts.runs import invite_to_tune
from pages.ui.recommend.rerank_weights import chosen_weights
from pages.ui.recommend.rule_buttons import show_pin_and_hide
from pages.ui.recommend.shop import FIRST, place, shop
from pages.ui.recommend.shopper import Request

_LONGEST = 60


def show_preview(request: Request, rules: Rules) -> None:
    """The first places without and with the rules, and the clicks to expect of both."""
    reply = request.ask(chosen_weights(request.current))
    if reply is None:
        return
    answer, current = reply.value[0], request.current
    before, after = place(current, answer, Rules()), place(current, answer, rules)
    st.markdown(f"**{_headline(before, after)}**")
    for column, side in zip(st.columns(2, gap="medium"), ("before", "after"), strict=True):
        column.markdown(t(f"recommend.rules.preview.{side}"))
    ids = [one.product_id for one in after]
    for rank, (old, new) in enumerate(zip_longest(before, after), start=1):
        left, right = st.columns(2, gap="medium")
        if old is not None:
            with left, st.container(border=True, gap="xsmall"):
                _show_title(current, old, rank, _fate(current, old.product_id, ids, rules))
        if new is not None:
            with right, st.container(border=True, gap="xsmall"):
                _show_title(current, new, rank, _cause(new, rank))
                show_pin_and_hide(current, new.product_id, str(rank))
    _show_clicks(request, answer, before, after)
    if request.run is None:
        invite_to_tune("interest")


def _headline(before: Sequence[Placed], after: Sequence[Placed]) -> str:
    """How many products the rules bring in and how many they move."""
    old, ids = ([one.product_id for one in some] for some in (before, after))
    new = sum(name not in old for name in ids)
    moved = sum(name in old and old.index(name) != ids.index(name) for name in ids)
    code = "changed" if ids != old else "same"
    return t(f"recommend.rules.preview.{code}", new=new, moved=moved)


def _show_title(current: Workspace, placed: Placed, rank: int, badges: str) -> None:
    title = escape(charts.cut(products(current)[placed.product_id]["title"], _LONGEST))
    st.markdown(f"{rank}\\. {title} {badges}")


def _fate(current: Workspace, name: str, after: Sequence[str], rules: Rules) -> str:
    """What became of a product of the old list."""
    if name in after:
        return ""
    fate = "hidden" if name in rules.hidden else "pushed_out"
    if rules.in_stock and name in shop(current).sold_out:
        fate = "sold_out"
    colour = "gray" if fate == "pushed_out" else "red"
    return f":{colour}-badge[{t(f'recommend.rules.fates.{fate}')}]"


def _cause(placed: Placed, rank: int) -> str:
    """How a product of the new list came to its place."""
    badges = []
    if placed.cause:
        badges.append(f":orange-badge[{t(f'recommend.rules.causes.{placed.cause}')}]")
    if placed.was is None or placed.was > FIRST:
        badges.append(f":violet-badge[{t('recommend.list.new')}]")
    elif placed.was != rank:
        badges.append(move_badge(placed.was - rank, down="gray"))
    return " ".join(badges)


def _show_clicks(
    request: Request,
    answer: InterestAnswer,
    before: Sequence[Placed],
    after: Sequence[Placed],
) -> None:
    """What the model expects the rules to cost, where it gives probabilities of clicks."""
    if request.run is None or not answer.query:
        st.caption(t("recommend.rules.preview.no_clicks"))
        return
    chances = {result.product_id: result.score for result in answer.results}
    without, with_rules = (
        sum(chances[one.product_id] for one in some if one.product_id in chances)
        for some in (before, after)
    )
    unscored = sum(one.product_id not in chances for one in after)
    code = "unknown" if unscored else "clicks"
    figures = {"before": f"{without:.2f}", "after": f"{with_rules:.2f}", "n": unscored}
    st.caption(t(f"recommend.rules.preview.{code}", **figures))
