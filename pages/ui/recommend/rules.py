"""The shop's own rules for every list, with the list before and after them side by side."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import zip_longest

import streamlit as st

from engine.storage.workspace import Workspace
from engine.tasks.interest.answers import InterestAnswer
from engine.tasks.interest.merchandising import (
    FIELDS,
    MOST_PLACES,
    Boost,
    Field,
    Placed,
    Rules,
    Shop,
)
from engine.tasks.interest.merchandising_file import can_undo, change_rules, load_rules, undo_rules
from engine.text.words import normalise
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts
from pages.ui.parts.product_card import products
from pages.ui.parts.runs import invite_to_tune
from pages.ui.recommend.rerank_weights import chosen_weights
from pages.ui.recommend.shop import FIRST, columns, place, shop
from pages.ui.recommend.shopper import Request

_LONGEST, _FOUND, _VALUES = 60, 30, 300
_PLACES = 5


def show_rules(request: Request) -> None:
    """The rules in force with the controls to change them, and what they do to this list."""
    current = request.current
    st.markdown(t("recommend.rules.intro"))
    rules = load_rules(current)
    left, right = st.columns([2, 5], gap="large")
    with left, st.container(key="rules"):
        _choose_stock(current, rules)
        _choose_product(current)
        _choose_boost(current)
        _show_rules(current, rules)
    with right, st.container(key="preview"):
        _show_preview(request, rules)


def _choose_stock(current: Workspace, rules: Rules) -> None:
    column = columns(current).columns.get("stock")
    if column is None:
        st.caption(t("recommend.rules.no_stock"))
        return
    key = f"in_stock_{rules.in_stock}"
    st.toggle(
        t("recommend.rules.in_stock"),
        rules.in_stock,
        help=escape(t("recommend.rules.in_stock_help", column=charts.cut(column))),
        key=key,
        on_change=_change,
        args=(current, partial(Rules.only_stock, wanted=not rules.in_stock)),
    )


def _choose_product(current: Workspace) -> None:
    """Any product of the catalog, to pin or hide it."""
    known = shop(current)
    text = st.text_input(
        t("recommend.rules.find"), placeholder=t("recommend.rules.find_placeholder"),
        icon=":material/search:", max_chars=100, key="rule_find",
    )  # fmt: skip
    if not text:
        return
    found = _find(known, text)
    if not found:
        st.caption(t("recommend.rules.none_found"))
        return
    name = st.selectbox(
        t("recommend.rules.product"), found, key="rule_product",
        format_func=lambda one: charts.cut(known.titles[one], _LONGEST),
    )  # fmt: skip
    with st.container(horizontal=True):
        _button(current, "pin", name, "found", partial(Rules.pin, product_id=name))
        _button(current, "hide", name, "found", partial(Rules.hide, product_id=name))


def _find(known: Shop, text: str) -> list[str]:
    wanted = normalise(text).split()
    found = []
    for name, title in known.titles.items():
        if name == text.strip() or all(word in normalise(title) for word in wanted):
            found.append(name)
        if len(found) == _FOUND:
            break
    return found


def _choose_boost(current: Workspace) -> None:
    """Products of a kind that move up by some places."""
    known, has = shop(current), columns(current).columns
    earns = {"margin", "cost"} & has.keys()
    possible: list[Field] = [name for name in FIELDS if name != "margin" or earns]
    possible = [name for name in possible if name in ("margin", "category") or _has(known, name)]
    with st.container(border=True, key="boost"):
        st.markdown(f"**{t('recommend.rules.boost')}**")
        if not earns:
            st.caption(t("recommend.rules.no_margin"))
        labels = {name: t(f"recommend.rules.fields.{name}") for name in possible}
        chosen = st.selectbox(
            t("recommend.rules.by"), possible, key="boost_field", format_func=labels.__getitem__
        )
        value = _choose_value(known, chosen)
        places = st.slider(t("recommend.rules.places"), 1, MOST_PLACES, _PLACES, key="boost_places")
        st.button(
            t("recommend.rules.add"), icon=":material/arrow_upward:", key="boost_add",
            disabled=value is None, on_click=_change,
            args=(current, partial(Rules.boost, boost=Boost(chosen, value or "", places))),
        )  # fmt: skip


def _has(known: Shop, field: Field) -> bool:
    return bool(known.brands if field == "brand" else known.prices)


def _choose_value(known: Shop, field: Field) -> str | None:
    """The category, brand or price that a boost is about; None if there is nothing to choose."""
    if field == "margin":
        return ""
    if field in ("price_from", "price_to"):
        middle = sorted(known.prices.values())[len(known.prices) // 2]
        price = st.number_input(
            t("recommend.rules.price"), min_value=0.0, value=float(middle), key="boost_price"
        )
        return f"{price:.15g}"
    values = known.categories if field == "category" else known.brands
    offered = sorted(set(values.values()))[:_VALUES]
    found: str | None = st.selectbox(
        t(f"recommend.rules.fields.{field}"), offered, key=f"boost_{field}",
        format_func=lambda value: charts.cut(value, _LONGEST), label_visibility="collapsed",
    )  # fmt: skip
    return found


def _show_rules(current: Workspace, rules: Rules) -> None:
    """Every rule in force with a button that ends it, then undo and reset."""
    titles = shop(current).titles
    st.markdown(f"**{t('recommend.rules.in_force')}**")
    if not rules:
        st.caption(t("recommend.rules.none"))
    for kind, names in (("pinned", rules.pinned), ("hidden", rules.hidden)):
        for name in names:
            title = charts.cut(titles.get(name, name), 40)
            summary = t(f"recommend.rules.summary.{kind}", title=title)
            _show_rule(current, summary, f"{kind}_{name}", partial(Rules.free, product_id=name))
    for number, boost in enumerate(rules.boosts):
        value, places = charts.cut(boost.value), boost.places
        summary = t(f"recommend.rules.summary.{boost.field}", value=value, places=places)
        _show_rule(current, summary, f"boost_{number}", partial(Rules.drop, boost=boost))
    with st.container(horizontal=True):
        st.button(
            t("recommend.rules.undo"), icon=":material/undo:", key="rules_undo",
            disabled=not can_undo(current), on_click=_undo, args=(current,),
        )  # fmt: skip
        st.button(
            t("recommend.rules.reset"), icon=":material/delete_sweep:", key="rules_reset",
            disabled=not rules, on_click=_change, args=(current, lambda _: Rules()),
        )  # fmt: skip


def _undo(current: Workspace) -> None:
    undo_rules(current)


def _show_rule(
    current: Workspace, summary: str, key: str, change: Callable[[Rules], Rules]
) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(escape(summary), width="stretch")
        st.button(
            t("recommend.rules.end"), icon=":material/close:", key=f"end_{key}", type="tertiary",
            on_click=_change, args=(current, change),
        )  # fmt: skip


def _change(current: Workspace, change: Callable[[Rules], Rules]) -> None:
    change_rules(current, change)


def _button(
    current: Workspace, kind: str, name: str, where: str, change: Callable[[Rules], Rules]
) -> None:
    icon = {"pin": ":material/push_pin:", "hide": ":material/visibility_off:"}[kind]
    st.button(
        t(f"recommend.rules.{kind}"), icon=icon, key=f"{kind}_{where}",
        type="secondary" if where == "found" else "tertiary",
        on_click=_change, args=(current, change),
    )  # fmt: skip


def _show_preview(request: Request, rules: Rules) -> None:
    reply = request.ask(chosen_weights(request.current))
    if reply is None:
        return
    answer, current = reply.value[0], request.current
    before, after = place(current, answer, Rules()), place(current, answer, rules)
    ids = [one.product_id for one in after]
    old = [one.product_id for one in before]
    new = sum(name not in old for name in ids)
    moved = sum(name in old and old.index(name) != ids.index(name) for name in ids)
    code = "changed" if ids != old else "same"
    st.markdown(f"**{t(f'recommend.rules.preview.{code}', new=new, moved=moved)}**")
    for column, side in zip(st.columns(2, gap="medium"), ("before", "after"), strict=True):
        column.markdown(t(f"recommend.rules.preview.{side}"))
    for rank, (one, other) in enumerate(zip_longest(before, after), start=1):
        left, right = st.columns(2, gap="medium")
        if one is not None:
            with left:
                _show_row(current, one, rank, _fate(current, one.product_id, ids, rules))
        if other is not None:
            with right:
                _show_row(current, other, rank, _cause(other, rank), buttons=True)
    _show_clicks(request, answer, before, after)
    if request.run is None:
        invite_to_tune("interest")


def _fate(current: Workspace, name: str, after: Sequence[str], rules: Rules) -> str:
    """What became of a product of the old list."""
    if name in after:
        return ""
    gone = "hidden" if name in rules.hidden else "pushed_out"
    if rules.in_stock and name in shop(current).sold_out:
        gone = "sold_out"
    colour = "gray" if gone == "pushed_out" else "red"
    return f":{colour}-badge[{t(f'recommend.rules.fates.{gone}')}]"


def _cause(one: Placed, rank: int) -> str:
    """How a product of the new list came to its place."""
    badges = []
    if one.cause:
        badges.append(f":orange-badge[{t(f'recommend.rules.causes.{one.cause}')}]")
    if one.was is None or one.was > FIRST:
        badges.append(f":violet-badge[{t('recommend.list.new')}]")
    elif one.was != rank:
        mark, colour = ("▲", "green") if one.was > rank else ("▼", "gray")
        badges.append(f":{colour}-badge[{mark} {abs(one.was - rank)}]")
    return " ".join(badges)


def _show_row(
    current: Workspace, one: Placed, rank: int, badges: str, buttons: bool = False
) -> None:
    name = one.product_id
    title = escape(charts.cut(products(current)[name]["title"], _LONGEST))
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"{rank}\\. {title} {badges}")
        if buttons:
            with st.container(horizontal=True, gap="xsmall"):
                _button(current, "pin", name, str(rank), partial(Rules.pin, product_id=name))
                _button(current, "hide", name, str(rank), partial(Rules.hide, product_id=name))


def _show_clicks(
    request: Request,
    answer: InterestAnswer,
    before: Sequence[Placed],
    after: Sequence[Placed],
) -> None:
    """What the model expects the rules to cost, where it gives chances of clicks."""
    chances = {result.product_id: result.score for result in answer.results}
    if request.run is None or not answer.query:
        st.caption(t("recommend.rules.preview.no_clicks"))
        return
    sums = [
        sum(chances[one.product_id] for one in some if one.product_id in chances)
        for some in (before, after)
    ]
    unknown = sum(one.product_id not in chances for one in after)
    code = "unknown" if unknown else "clicks"
    st.caption(
        t(
            f"recommend.rules.preview.{code}",
            before=f"{sums[0]:.2f}", after=f"{sums[1]:.2f}", n=unknown,
        )
    )  # fmt: skip
