"""A shopper's recommendations, each with its reason; what they do here changes the list at once."""

from collections.abc import Sequence

import streamlit as st

from engine.tasks.interest.answers import InterestAnswer
from engine.tasks.interest.merchandising import Placed
from engine.tasks.interest.merchandising_file import load_rules
from pages.ui.frame import visit
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, charts
from pages.ui.parts.runs import invite_to_tune
from pages.ui.recommend.cards import show_cards
from pages.ui.recommend.history import show_history
from pages.ui.recommend.rerank_weights import choose_weights
from pages.ui.recommend.shop import place, shop
from pages.ui.recommend.shopper import Request
from pages.ui.recommend.tradeoff import show_tradeoff
from pages.ui.recommend.why import stands_out


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
        show_cards(request, answer, placed, earlier)
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
            t("recommend.list.forget"),
            icon=":material/restart_alt:",
            key="forget",
            type="tertiary",
            help=t("recommend.list.forget_help"),
            on_click=visit.leave,
        )
