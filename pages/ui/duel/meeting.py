"""One duel: the next list to judge, and how it stands."""

import streamlit as st

from engine.duel.duel import Duel
from engine.duel.store import DuelStore
from engine.errors import InputError
from engine.storage.workspace import Workspace
from pages.ui.duel import opened
from pages.ui.duel.simulation import show_simulation
from pages.ui.duel.standing import show_live
from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts
from pages.ui.parts.errors import show_error
from pages.ui.parts.pictures import beside_picture
from pages.ui.parts.product_card import facts, products

_LONGEST_TITLE = 90


def show_duel(current: Workspace, voter: str) -> None:
    """The list of the next query beside the standing, and the simulated shoppers below."""
    st.button(t("duel.back"), icon=":material/arrow_back:", key="duel_back", on_click=opened.leave)
    try:
        duel = DuelStore(current).duel(opened.duel_id())
    except InputError as error:
        show_error(error)
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        _show_next(current, duel, voter)
    with right:
        show_live(current, duel)
    show_simulation(current, duel)


def _show_next(current: Workspace, duel: Duel, voter: str) -> None:
    """The mixed list of a query that this person has not judged."""
    left = DuelStore(current).left(duel, voter)
    done = len(duel.matches) - len(left)
    st.progress(done / len(duel.matches), text=t("duel.done", done=done, total=len(duel.matches)))
    if not left:
        st.success(t("duel.all_done"), icon=":material/task_alt:")
        return
    number = left[0]
    st.subheader(escape(duel.matches[number].query), anchor=False)
    st.caption(t("duel.ask"))
    catalog = products(current)
    with st.grid(2, min_column_width=260, gap="small", key="duel_list"):
        for place, name in enumerate(duel.mixed(number, voter).products):
            # A catalog that was loaded a moment ago may lack what the duel names.
            if name not in catalog:
                continue
            with st.container(border=True, gap="xsmall"), beside_picture(current, name):
                st.markdown(f"**{escape(charts.cut(catalog[name]['title'], _LONGEST_TITLE))}**")
                st.caption(facts(catalog[name]))
                _show_choice(current, duel, number, voter, place, name)
    _show_choice(current, duel, number, voter, -1, None)


def _show_choice(
    current: Workspace, duel: Duel, number: int, voter: str, place: int, name: str | None
) -> None:
    st.button(
        t("duel.prefer" if name else "duel.none"),
        icon=":material/thumb_up:" if name else ":material/block:",
        # The key holds the query, so that a second press cannot hit the next list.
        key=f"prefer_{number}_{place}",
        on_click=callback(DuelStore(current).vote),
        args=(duel, number, voter, [name] if name else []),
    )
