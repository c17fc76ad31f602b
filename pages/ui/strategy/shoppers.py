"""Who is signed in: one of the log's shoppers with their history, or nobody."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from engine.bandit.visits import Acts, read_histories
from engine.storage.workspace import Workspace
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts import charts

_MOST = 20
_LATEST = 30


@dataclass(frozen=True)
class Shopper:
    """A shopper's id (empty for nobody) and what they did according to the log."""

    name: str = ""
    history: Acts = ()


def choose_shopper(current: Workspace) -> Shopper:
    """Let the user act as one of the log's most active shoppers; without a log, as nobody."""
    acts = histories(current)
    if not acts:
        return Shopper()
    most_active = sorted(acts, key=lambda name: (-len(acts[name]), name))[:_MOST]
    labels = {"": t("strategy.live.nobody")} | {
        name: t("strategy.live.known", name=charts.cut(name), n=len(acts[name]))
        for name in most_active
    }
    chosen = st.selectbox(
        t("strategy.live.shopper"),
        list(labels),
        format_func=labels.__getitem__,
        help=t("strategy.live.shopper_help"),
        key="shopper",
        persist_state="session",
    )
    return Shopper(chosen, tuple(acts[chosen][-_LATEST:])) if chosen in acts else Shopper()


@session.per_shop()
def histories(current: Workspace) -> Mapping[str, Acts]:
    """What each shopper of the log did."""
    return read_histories(session.tables(current).searches)
