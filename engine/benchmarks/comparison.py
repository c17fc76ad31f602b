"""What a comparison says: figures of both sides, and whether both sides did the same."""

from dataclasses import dataclass
from typing import Literal

Size = Literal["smallest", "usual", "full"]
# Why a side is missing: a key of `benchmarks` in the texts.
Missing = Literal["", "not_installed", "failed"]


@dataclass(frozen=True)
class Figure:
    """One quantity of both sides; the peer may have none."""

    name: str
    unit: str
    ours: float
    peer: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours by the peer's: below 1 takes less than the peer."""
        return self.ours / self.peer if self.peer else None


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
        """The ratio of one of its figures, where both sides did the same."""
        return figure.ratio if self.holds else None
