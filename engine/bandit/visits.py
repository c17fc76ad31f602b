"""Who a list is for: what a shopper did in this session and before it."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from engine.storage.feedback import GOALS
from engine.tables.tables import Tables, summary

# Product id and event, in order.
Acts = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Visit:
    """A shopper's session.

    `acts` is what was done in this session, `history` what the signed-in shopper did before it.
    """

    acts: Acts = ()
    history: Acts = ()

    def without(self, products: Container[str]) -> "Visit":
        """The visit without what was done with `products`.

        A log is replayed with it: the shopper's history holds the clicks on the replayed list, and
        would give them away.
        """
        return Visit(_leave_out(self.acts, products), _leave_out(self.history, products))


NOBODY = Visit()


def read_visits(shown: pd.DataFrame, histories: Mapping[str, Acts]) -> dict[str, Visit]:
    """The visit of each session in the log, for sessions of shoppers in `histories`."""
    users = shown.drop_duplicates("session_id").set_index("session_id")["user_id"].dropna()
    return {
        str(session): Visit(history=tuple(histories[str(user)]))
        for session, user in users.items()
        if str(user) in histories
    }


@summary
def logged_acts(tables: Tables) -> pd.DataFrame:
    """What the shoppers of a log clicked, put in the cart and bought, in order of time.

    Columns: `user_id`, `product_id`, `event`. Acts of nobody known and of no product are left out.
    """
    log = tables.columns("searches", "user_id", "product_id", "event", "time")
    acts = log[log["event"].isin(GOALS["any"])].dropna(subset=["user_id", "product_id"])
    acts = acts.sort_values("time", kind="stable", ignore_index=True).drop(columns="time")
    return acts.astype("str")


def read_histories(acts: pd.DataFrame) -> dict[str, list[tuple[str, str]]]:
    """The acts of each shopper, by `user_id`, from rows of `logged_acts`."""
    histories: dict[str, list[tuple[str, str]]] = {}
    for user, product, event in acts[["user_id", "product_id", "event"]].itertuples(index=False):
        histories.setdefault(str(user), []).append((str(product), str(event)))
    return histories


def _leave_out(acts: Acts, products: Container[str]) -> Acts:
    return tuple((product, event) for product, event in acts if product not in products)
