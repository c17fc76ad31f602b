"""What a card is worth trying: impact times confidence over effort.

Confidence is not felt but read off the evidence: it is that of the strongest piece that still
holds. The steps follow the confidence meter of Gilad (2019), who weighs opinions far below data and
data below experiments; an interval that leaves zero open shows that something was measured and
not that it helps, so it counts about half.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.evidence.citation import Citation, CitationState
from engine.ideas.card import Card

Level = Literal[
    "none", "opinion", "log", "offline_open", "offline", "experiment_open", "experiment"
]
CONFIDENCE: dict[Level, float] = {
    "none": 0.1,
    "opinion": 0.2,
    "log": 0.4,
    "offline_open": 0.35,
    "offline": 0.6,
    "experiment_open": 0.5,
    "experiment": 0.9,
}
_OFFLINE = ("run", "comparison", "judgments")


@dataclass(frozen=True)
class Score:
    """The value of a card with the level of evidence and the citation that decided it."""

    impact: int
    effort: int
    level: Level
    decided_by: Citation | None = None

    @property
    def confidence(self) -> float:
        """From 0 to 1."""
        return CONFIDENCE[self.level]

    @property
    def value(self) -> float:
        """Impact × confidence ÷ effort."""
        return self.impact * self.confidence / self.effort


def level_of(citation: Citation, state: CitationState) -> Level:
    """How much a citation says; a grey one, and one that shows a loss, says nothing for an idea."""
    if not state.valid or citation.is_loss:
        return "none"
    match citation.kind:
        case "opinion":
            return "opinion"
        case "experiment":
            return "experiment_open" if _leaves_open(citation) else "experiment"
        case kind if kind in _OFFLINE:
            return "offline_open" if _leaves_open(citation) else "offline"
    return "log"


def score(card: Card, states: Sequence[CitationState]) -> Score:
    """The score of `card`; `states` are those of its evidence, in order."""
    levels = [level_of(*pair) for pair in zip(card.evidence, states, strict=True)]
    if not levels:
        return Score(card.impact, card.effort, "none")
    best = max(range(len(levels)), key=lambda place: CONFIDENCE[levels[place]])
    decided_by = card.evidence[best] if levels[best] != "none" else None
    return Score(card.impact, card.effort, levels[best], decided_by)


def _leaves_open(citation: Citation) -> bool:
    """Whether nothing may have been gained: zero is inside, or nobody knows how sure it is."""
    return citation.includes_zero or not citation.has_interval
