"""The products of a shopper's list as cards, each with its reason and what can be done with it."""

from collections.abc import Mapping, Sequence
from typing import cast

import streamlit as st

from engine.storage.feedback import Event
from engine.tasks.interest.answers import InterestAnswer, InterestResult
from engine.tasks.interest.merchandising import Placed
from pages.ui.frame.i18n import t
from pages.ui.parts import cards, charts
from pages.ui.parts.pictures import first_pictures
from pages.ui.parts.product_card import Badge, moved_badges, plain_facts, products
from pages.ui.recommend.shopper import Request, act
from pages.ui.recommend.why import explain

ICONS: dict[Event, str] = {
    "click": "visibility",
    "add_to_cart": "add_shopping_cart",
    "purchase": "shopping_bag",
}
_LONGEST = 90


def show_cards(
    request: Request,
    answer: InterestAnswer,
    placed: Sequence[Placed],
    earlier: Sequence[Placed],
) -> None:
    """A card for each product that was `placed`; badges compare it with the `earlier` list."""
    results = {result.product_id: result for result in answer.results}
    was = {one.product_id: rank for rank, one in enumerate(earlier, start=1)}
    ids = [one.product_id for one in placed]
    if not placed:
        st.info(t("recommend.list.nothing"), icon=":material/search_off:")
    cards.show_cards(
        [
            _card(request, answer, one, results.get(one.product_id), _moved(was, one, rank))
            for rank, one in enumerate(placed, start=1)
        ],
        "list_cards",
        lambda press: act(
            request.current, request.name, ids, press.product_id, cast(Event, press.action)
        ),
    )


def _card(
    request: Request,
    answer: InterestAnswer,
    placed: Placed,
    result: InterestResult | None,
    moved: Sequence[Badge],
) -> cards.Card:
    product = products(request.current)[placed.product_id]
    note = ""
    if result and request.run and answer.query:
        note = t("recommend.list.chance", chance=f"{result.score:.0%}")
    return cards.Card(
        placed.product_id,
        charts.cut(product["title"], _LONGEST),
        [plain_facts(product)],
        [
            cards.Action(event, t(f"recommend.events.{event}"), icon)
            for event, icon in ICONS.items()
        ],
        [*moved, *_badges(placed, result)],
        " · ".join(explain(result, answer)),
        note,
        first_pictures(request.current).get(placed.product_id),
    )


def _badges(placed: Placed, result: InterestResult | None) -> list[Badge]:
    """What the rules did to a product, and whether it is new to everybody."""
    badges = []
    if placed.cause:
        badges.append(Badge(t(f"recommend.rules.causes.{placed.cause}"), "orange"))
    if result and result.reason and not result.reason.facts.clicks:
        badges.append(Badge(t("recommend.list.new_product"), "violet"))
    return badges


def _moved(was: Mapping[str, int], placed: Placed, rank: int) -> list[Badge]:
    """Where a product stands compared with the list before; nothing where there was none."""
    if not was:
        return []
    before = was.get(placed.product_id)
    return moved_badges(None if before is None else before - rank, t("recommend.list.new"))
