"""What the evidence of a card is worth: its states, its score, and both in words."""

from dataclasses import dataclass

from engine.evidence.citation import CitationState
from engine.evidence.ledger import state
from engine.ideas.card import Card
from engine.ideas.score import Level, Score, score
from engine.messages import say
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n
from pages.ui.frame.i18n import t

COLOURS: dict[Level, str] = {
    "none": "gray",
    "opinion": "gray",
    "log": "orange",
    "offline_open": "orange",
    "offline": "blue",
    "experiment_open": "blue",
    "experiment": "green",
}


@dataclass(frozen=True)
class Standing:
    """A card with the states of its evidence, in order, and its score."""

    card: Card
    states: tuple[CitationState, ...]
    score: Score


def stand(current: Workspace, card: Card) -> Standing:
    """How a card stands now."""
    states = tuple(state(current, citation) for citation in card.evidence)
    return Standing(card, states, score(card, states))


def level_name(level: Level) -> str:
    """A level of evidence in words."""
    return say(f"ideas.levels.{level}", i18n.language())


def column_name(column: str) -> str:
    """A column of the board."""
    return say(f"ideas.columns.{column}", i18n.language())


def field_name(name: str) -> str:
    """A field of a card."""
    return say(f"ideas.fields.{name}.name", i18n.language())


def badge(one: Score) -> str:
    """The confidence as Markdown: a number and the level's colour."""
    text = t("ideas.confidence", share=f"{one.confidence:.0%}")
    return f":{COLOURS[one.level]}-badge[{text}]"


def formula(one: Score) -> str:
    """The score with its parts, as LaTeX on two lines, since it stands in a narrow column."""
    names = {name: t(f"ideas.formula.{name}") for name in ("impact", "confidence", "effort")}
    top = rf"\text{{{names['impact']}}} \times \text{{{names['confidence']}}}"
    numbers = rf"\frac{{{one.impact} \times {one.confidence:.2f}}}{{{one.effort}}}"
    words = rf"\frac{{{top}}}{{\text{{{names['effort']}}}}}"
    return rf"\begin{{aligned}} {words} &= {numbers} \\ &= {one.value:.2f} \end{{aligned}}"
