"""A shopper's recommendations, each with its reason; what they do here changes the list at once."""

from collections.abc import Sequence

import streamlit as st

from engine.storage.feedback import Event
from engine.tasks.interest.answers import InterestAnswer
from engine.tasks.interest.merchandising import Placed
from engine.tasks.interest.merchandising_file import load_rules
from pages.ui.frame import visit
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, charts
from pages.ui.parts.product_card import facts, products
from pages.ui.parts.runs import invite_to_tune
from pages.ui.recommend.history import show_history
from pages.ui.recommend.rerank_weights import choose_weights
from pages.ui.recommend.shop import place, shop
from pages.ui.recommend.shopper import Request, act
from pages.ui.recommend.tradeoff import show_tradeoff
from pages.ui.recommend.why import explain, stands_out

BUTTONS: dict[Event, str] = {
    "click": ":material/visibility:",
    "add_to_cart": ":material/add_shopping_cart:",
    "purchase": ":material/shopping_bag:",
}
_LONGEST = 90


def show_list(request: Request) -> None:
    """The list with its controls, beside what the shopper did."""
    current = request.current
    weights = choose_weights(current)
    reply = request.ask(weights)
    if reply is None:
        return
    answer, rules = reply.value[0], load_rules(current)
    answers.show_times({"tuned" if request.run else "untuned": reply})
    show_tradeoff(current, request.run, weights, answer)
    placed = place(current, answer, rules)
    before = request.ask(weights, acts=-1) if request.acts else None
    earlier = place(current, before.value[0], rules) if before else []
    left, right = st.columns([3, 2], gap="large")
    with left, st.container(key="recommended"):
        st.markdown(f"**{escape(_rests_on(answer, placed))}**")
        if request.run and not answer.query:
            st.caption(t("recommend.list.unmeasured"))
        if request.run and len(answer.history) > 1 and not _names_reasons(answer):
            st.caption(t("recommend.list.flat"))
        _show_change(request, earlier, placed)
        if rules:
            st.caption(t("recommend.list.rules_apply"))
        _show_cards(request, answer, placed, earlier)
        if request.run is None:
            invite_to_tune("interest")
    with right, st.container(key="history"):
        show_history(request)


def _rests_on(answer: InterestAnswer, placed: Sequence[Placed]) -> str:
    """What the list is based on: the history, the search, or only what everybody clicks."""
    query = charts.cut(answer.query)
    if answer.cold:
        return t("recommend.list.cold_query", query=query) if query else t("recommend.list.cold")
    shown = {one.product_id for one in placed}
    kin = sum(
        result.reason is not None and result.reason.facts.category > 0
        for result in answer.results
        if result.product_id in shown
    )
    code = "query" if query else "history"
    n = len(answer.history)
    return t(f"recommend.list.{code}", n=n, kin=kin, k=len(placed), query=query)


def _names_reasons(answer: InterestAnswer) -> bool:
    """Whether a product of the history is the reason for any result."""
    return any(stands_out(result.reason, answer) for result in answer.results if result.reason)


def _show_change(request: Request, earlier: Sequence[Placed], now: Sequence[Placed]) -> None:
    """What the last act on this page did to the list."""
    if not request.acts:
        st.caption(t("recommend.list.hint"))
        return
    product, event = request.acts[-1]
    was = [one.product_id for one in earlier]
    ids = [one.product_id for one in now]
    new = sum(name not in was for name in ids)
    up = sum(name in was and was.index(name) > ids.index(name) for name in ids)
    title = charts.cut(shop(request.current).titles.get(product, product), 50)
    with st.container(border=True, key="changed"):
        done = t(f"recommend.did.{event}", title=title)
        code = "changed" if was != ids else "same"
        st.markdown(escape(done))
        st.markdown(escape(t(f"recommend.list.{code}", new=new, up=up)))
        st.button(
            t("recommend.list.forget"), icon=":material/restart_alt:", key="forget",
            type="tertiary", help=t("recommend.list.forget_help"), on_click=visit.leave,
        )  # fmt: skip


def _show_cards(
    request: Request,
    answer: InterestAnswer,
    placed: Sequence[Placed],
    earlier: Sequence[Placed],
) -> None:
    catalog = products(request.current)
    results = {result.product_id: result for result in answer.results}
    was = {one.product_id: rank for rank, one in enumerate(earlier, start=1)}
    ids = [one.product_id for one in placed]
    if not placed:
        st.info(t("recommend.list.nothing"), icon=":material/search_off:")
    for rank, one in enumerate(placed, start=1):
        product, result = catalog[one.product_id], results.get(one.product_id)
        badges = [_moved(was.get(one.product_id), rank)] if was else []
        if one.cause:
            badges.append(f":orange-badge[{t(f'recommend.rules.causes.{one.cause}')}]")
        if result and result.reason and not result.reason.facts.clicks:
            badges.append(f":violet-badge[{t('recommend.list.new_product')}]")
        with st.container(border=True, gap="xsmall", key=f"card_{rank}"):
            title = escape(charts.cut(product["title"], _LONGEST))
            st.markdown(" ".join([f"**{rank}\\. {title}**", *badges]))
            st.caption(facts(product))
            if reasons := explain(result, answer):
                st.markdown(escape(" · ".join(reasons)))
            with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
                for event, icon in BUTTONS.items():
                    st.button(
                        t(f"recommend.events.{event}"), icon=icon, type="tertiary",
                        key=f"{event}_{rank}", on_click=act,
                        args=(request.current, request.name, ids, one.product_id, event),
                    )  # fmt: skip
                if result and request.run and answer.query:
                    st.caption(t("recommend.list.chance", chance=f"{result.score:.0%}"))


def _moved(was: int | None, rank: int) -> str:
    if was is None:
        return f":violet-badge[{t('recommend.list.new')}]"
    if was == rank:
        return ""
    mark, colour = ("▲", "green") if was > rank else ("▼", "orange")
    return f":{colour}-badge[{mark} {abs(was - rank)}]"
