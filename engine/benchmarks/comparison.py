"""What a comparison says: figures of both sides, and whether both sides did the same."""

from dataclasses import dataclass
from typing import Literal

Size = Literal["smallest", "usual", "full"]
# Why a side is missing: a key of `benchmarks` in the texts.
Missing = Literal["", "not_installed", "no_browser", "failed"]


@dataclass(frozen=True)
class Figure:
    """One quantity of both sides."""

    name: str
    unit: str
    ours: float
    peer: float


@dataclass(frozen=True)
class Comparison:
    """Shoplab beside one peer at one piece of work.

    `check` says what shows that both did the same work. Where it does not hold, no ratio means
    anything. `missing` says why there are no figures.
    """

    what: str
    peer: str
    figures: tuple[Figure, ...] = ()
    check: str = ""
    holds: bool = True
    missing: Missing = ""
    part: str = ""

    def ratio(self, figure: Figure) -> float | None:
        """Ours by the peer's, where both sides did the same: below 1 takes less than the peer."""
        return figure.ours / figure.peer if self.holds and figure.peer else None
