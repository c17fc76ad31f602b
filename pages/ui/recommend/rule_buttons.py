"""Buttons that change the shop's rules."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from engine.storage.workspace import Workspace
from engine.tasks.interest.merchandising import Rules
from engine.tasks.interest.merchandising_file import change_rules
from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import t

Change = Callable[[Rules], Rules]


@callback
def change(current: Workspace, new_rules: Change) -> None:
    """Put changed rules into force, as a widget's callback."""
    change_rules(current, new_rules)


def show_pin_and_hide(
    current: Workspace, product_id: str, place: str, *, prominent: bool = False
) -> None:
    """A button to pin a product and one to hide it; `place` tells them from others on the page."""
    buttons = (
        ("pin", ":material/push_pin:", partial(Rules.pin, product_id=product_id)),
        ("hide", ":material/visibility_off:", partial(Rules.hide, product_id=product_id)),
    )
    with st.container(horizontal=True, gap="small" if prominent else "xsmall"):
        for kind, icon, new_rules in buttons:
            st.button(
                t(f"recommend.rules.{kind}"),
                icon=icon,
                key=f"{kind}_{place}",
                type="secondary" if prominent else "tertiary",
                on_click=change,
                args=(current, new_rules),
            )
