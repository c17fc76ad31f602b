"""Who is signed in: one of the log's shoppers with their history, or nobody."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from engine.bandit.visits import Acts, logged_acts
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
    counts = _most_active(current)
    if not counts:
        return Shopper()
    labels = {"": t("strategy.live.nobody")} | {
        name: t("strategy.live.known", name=charts.cut(name), n=n) for name, n in counts.items()
    }
    chosen = st.selectbox(
        t("strategy.live.shopper"),
        list(labels),
        format_func=labels.__getitem__,
        help=t("strategy.live.shopper_help"),
        key="shopper",
        persist_state="session",
    )
    return Shopper(chosen, _history(current, chosen)) if chosen in counts else Shopper()


@session.per_shop()
def _most_active(current: Workspace) -> Mapping[str, int]:
    """The shoppers with the most acts, and how many they have."""
    acts = logged_acts(session.tables(current))
    counts = acts["user_id"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return {str(name): int(count) for name, count in counts.head(_MOST).items()}


@session.per_shop(256)
def _history(current: Workspace, name: str) -> Acts:
    """The latest acts of a shopper."""
    acts = logged_acts(session.tables(current))
    latest = acts[acts["user_id"] == name].tail(_LATEST)
    return tuple(zip(latest["product_id"], latest["event"], strict=True))
