"""The shop's own rules for every list: the controls, the rules in force, and what they do."""

from functools import partial

import streamlit as st

from engine.storage.workspace import Workspace
from engine.tasks.interest.merchandising import Rules
from engine.tasks.interest.merchandising_file import can_undo, load_rules, undo_rules
from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts
from pages.ui.recommend.rule_buttons import Change, change
from pages.ui.recommend.rule_form import choose_boost, choose_product, choose_stock
from pages.ui.recommend.rule_preview import show_preview
from pages.ui.recommend.shop import shop
from pages.ui.recommend.shopper import Request

_LONGEST = 40


def show_rules(request: Request) -> None:
    """The rules in force with the controls to change them, and what they do to this list."""
    current = request.current
    st.markdown(t("recommend.rules.intro"))
    rules = load_rules(current)
    left, right = st.columns([2, 5], gap="large")
    with left, st.container(key="rules"):
        choose_stock(current, rules)
        choose_product(current)
        choose_boost(current)
        _show_active(current, rules)
    with right, st.container(key="preview"):
        show_preview(request, rules)


def _show_active(current: Workspace, rules: Rules) -> None:
    """Every rule in force with a button that ends it, then undo and reset."""
    titles = shop(current).titles
    st.markdown(f"**{t('recommend.rules.in_force')}**")
    if not rules:
        st.caption(t("recommend.rules.none"))
    for kind, names in (("pinned", rules.pinned), ("hidden", rules.hidden)):
        for name in names:
            title = charts.cut(titles.get(name, name), _LONGEST)
            summary = t(f"recommend.rules.summary.{kind}", title=title)
            _show_rule(current, summary, f"{kind}_{name}", partial(Rules.free, product_id=name))
    for number, boost in enumerate(rules.boosts):
        value, places = charts.cut(boost.value), boost.places
        summary = t(f"recommend.rules.summary.{boost.field}", value=value, places=places)
        _show_rule(current, summary, f"boost_{number}", partial(Rules.drop, boost=boost))
    with st.container(horizontal=True):
        st.button(
            t("recommend.rules.undo"),
            icon=":material/undo:",
            key="rules_undo",
            disabled=not can_undo(current),
            on_click=callback(undo_rules),
            args=(current,),
        )
        st.button(
            t("recommend.rules.reset"),
            icon=":material/delete_sweep:",
            key="rules_reset",
            disabled=not rules,
            on_click=change,
            args=(current, lambda _: Rules()),
        )


def _show_rule(current: Workspace, summary: str, key: str, without: Change) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(escape(summary), width="stretch")
        st.button(
            t("recommend.rules.end"),
            icon=":material/close:",
            key=f"end_{key}",
            type="tertiary",
            on_click=change,
            args=(current, without),
        )
