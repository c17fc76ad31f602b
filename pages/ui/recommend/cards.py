"""The products of a shopper's list as cards, each with its reason and what can be done with it."""

from collections.abc import Sequence

import streamlit as st

from engine.storage.feedback import Event
from engine.tasks.interest.answers import InterestAnswer, InterestResult
from engine.tasks.interest.merchandising import Placed
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts
from pages.ui.parts.pictures import beside_picture
from pages.ui.parts.product_card import facts, move_badge, products
from pages.ui.recommend.shopper import Request, act
from pages.ui.recommend.why import explain

BUTTONS: dict[Event, str] = {
    "click": ":material/visibility:",
    "add_to_cart": ":material/add_shopping_cart:",
    "purchase": ":material/shopping_bag:",
}
_LONGEST = 90


def show_cards(
    request: Request,
    answer: InterestAnswer,
    placed: Sequence[Placed],
    earlier: Sequence[Placed],
) -> None:
    """A card for each product that was `placed`; badges compare it with the `earlier` list."""
    catalog = products(request.current)
    results = {result.product_id: result for result in answer.results}
    was = {one.product_id: rank for rank, one in enumerate(earlier, start=1)}
    ids = [one.product_id for one in placed]
    if not placed:
        st.info(t("recommend.list.nothing"), icon=":material/search_off:")
    for rank, one in enumerate(placed, start=1):
        product, result = catalog[one.product_id], results.get(one.product_id)
        badges = [_moved(was.get(one.product_id), rank)] if was else []
        badges += _badges(one, result)
        with st.container(border=True, gap="xsmall", key=f"card_{rank}"):
            title = escape(charts.cut(product["title"], _LONGEST))
            with beside_picture(request.current, one.product_id):
                st.markdown(" ".join([f"**{rank}\\. {title}**", *badges]))
                st.caption(facts(product))
                if reasons := explain(result, answer):
                    st.markdown(escape(" · ".join(reasons)))
            with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
                _show_buttons(request, ids, one.product_id, rank)
                if result and request.run and answer.query:
                    st.caption(t("recommend.list.chance", chance=f"{result.score:.0%}"))


def _show_buttons(request: Request, ids: Sequence[str], product_id: str, rank: int) -> None:
    for event, icon in BUTTONS.items():
        st.button(
            t(f"recommend.events.{event}"),
            icon=icon,
            type="tertiary",
            key=f"{event}_{rank}",
            on_click=act,
            args=(request.current, request.name, ids, product_id, event),
        )


def _badges(placed: Placed, result: InterestResult | None) -> list[str]:
    """What the rules did to a product, and whether it is new to everybody."""
    badges = []
    if placed.cause:
        badges.append(f":orange-badge[{t(f'recommend.rules.causes.{placed.cause}')}]")
    if result and result.reason and not result.reason.facts.clicks:
        badges.append(f":violet-badge[{t('recommend.list.new_product')}]")
    return badges


def _moved(was: int | None, rank: int) -> str:
    return f":violet-badge[{t('recommend.list.new')}]" if was is None else move_badge(was - rank)
