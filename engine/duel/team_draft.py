"""Team-draft interleaving: one list from two, such that a click says which one is preferred.

In every round both systems pick their best product that is not in the list yet, like captains
choosing teams; a coin says who picks first. Every product belongs to the system that picked it, and
the system whose products are clicked more wins the list.

Source: Radlinski, Kurup and Joachims (CIKM 2008), algorithm 2.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Team = Literal["first", "second"]
Winner = Literal["first", "second", "tie"]


@dataclass(frozen=True)
class Mixed:
    """A mixed list: product ids from the top, each with the team that picked it."""

    products: tuple[str, ...]
    teams: tuple[Team, ...]


def team_draft(
    first: Sequence[str], second: Sequence[str], length: int, rng: np.random.Generator
) -> Mixed:
    """The mixed list of two rankings, at most `length` long.

    It ends early where the system whose turn it is has no product left, since a tail of the other
    one alone would collect clicks for nothing. So the teams differ by one product at most.
    """
    rankings: dict[Team, Sequence[str]] = {"first": first, "second": second}
    products: list[str] = []
    teams: list[Team] = []
    order: tuple[Team, ...] = ()
    while len(products) < length:
        if not order:
            order = ("first", "second") if rng.random() < 0.5 else ("second", "first")
        team, *rest = order
        order = tuple(rest)
        product = next((name for name in rankings[team] if name not in products), None)
        if product is None:
            break
        products.append(product)
        teams.append(team)
    return Mixed(tuple(products), tuple(teams))


def winner(mixed: Mixed, clicked: Collection[str]) -> Winner:
    """The team with more clicked products; `tie` for as many, and for none."""
    credit = {"first": 0, "second": 0}
    for product, team in zip(mixed.products, mixed.teams, strict=True):
        credit[team] += product in clicked
    if credit["first"] == credit["second"]:
        return "tie"
    return "first" if credit["first"] > credit["second"] else "second"
