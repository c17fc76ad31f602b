"""A duel: who meets on which queries, how a person's lists are mixed, and who is ahead."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np

from engine.codec import Text, decode, encode
from engine.duel.confidence import Share, always_valid
from engine.duel.team_draft import Mixed, Winner, team_draft

LENGTH = 6
# So many products of each ranking are kept.
DEPTH = 20
MOST_QUERIES = 60
# Who clicked: people of the room, or shoppers simulated from the log. They are never added up.
Voters = Literal["people", "simulated"]
Verdict = Literal["none", "open", "first", "second"]


@dataclass(frozen=True)
class Side:
    """A run, or `untuned`, with the system that answers for it; `team` where it is another's."""

    run: Text
    system: Text = ""
    team: Text = ""


@dataclass(frozen=True)
class Match:
    """A query with both sides' rankings as product ids."""

    query: Text
    first: tuple[str, ...]
    second: tuple[str, ...]


@dataclass(frozen=True)
class Duel:
    """Two sides on the same queries.

    `seed` decides how lists are mixed, and which side goes by which of the two masks.
    """

    duel_id: Text
    first: Side
    second: Side
    matches: tuple[Match, ...]
    seed: int
    created: float
    data_fingerprint: Text

    @property
    def masks(self) -> tuple[str, str]:
        """What the first and the second side are called while nobody may know."""
        return ("amber", "teal") if self.seed % 2 else ("teal", "amber")

    def mixed(self, number: int, voter: str) -> Mixed:
        """The list of one query for one voter: the same at every look, another for each voter."""
        text = f"{self.duel_id}\n{self.seed}\n{number}\n{voter}"
        draw = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8])
        match = self.matches[number]
        return team_draft(match.first, match.second, LENGTH, np.random.default_rng(draw))

    def as_json(self) -> dict[str, object]:
        """The duel in JSON's own kinds."""
        return cast(dict[str, object], encode(self))

    @classmethod
    def from_json(cls, value: object) -> "Duel":
        """The duel that `as_json` gave."""
        return decode(cls, value)


@dataclass(frozen=True)
class Standing:
    """How a duel stands: lists won by each side and those that nobody won."""

    share: Share
    ties: int

    @property
    def decided(self) -> int:
        """Lists that one of the two won."""
        return self.share.wins + self.share.losses

    @property
    def verdict(self) -> Verdict:
        """Who is preferred, `open` while the interval holds one half, `none` before any list."""
        if not self.decided:
            return "none"
        if self.share.low > 0.5:
            return "first"
        return "second" if self.share.high < 0.5 else "open"


def stand(winners: Iterable[Winner]) -> Standing:
    """The standing after these lists."""
    counts: Mapping[str, int] = _count(winners)
    return Standing(always_valid(counts["first"], counts["second"]), counts["tie"])


def path(winners: Sequence[Winner], points: int = 60) -> list[Standing]:
    """The standing after each decided list, at most `points` of them, the last one always."""
    decided = [n for n, one in enumerate(winners, start=1) if one != "tie"]
    step = -(-len(decided) // points) or 1
    chosen = sorted({*decided[::step], *decided[-1:]})
    return [stand(winners[:n]) for n in chosen]


def _count(winners: Iterable[Winner]) -> dict[str, int]:
    counts = {"first": 0, "second": 0, "tie": 0}
    for one in winners:
        counts[one] += 1
    return counts
