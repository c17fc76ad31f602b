"""Asks a generator for a draft of one field of a card, from the rest of it and its evidence."""

from collections.abc import Sequence

from engine.claims.facts import sentences
from engine.evidence.citation import Citation
from engine.evidence.words import say_figure
from engine.ideas.card import LONGEST_TEXT, TEXT_FIELDS, Card
from engine.messages import say

MOST_SENTENCES = 3
_LONGEST_GIVEN = 300


def draft_prompt(
    card: Card, field: str, citations: Sequence[Citation], language: str
) -> tuple[str, str]:
    """What the generator is told: its task, and the card as data.

    What people wrote is cut and put on one line each, so that it stays data.
    """
    lines = [say("ideas.draft.given", language, title=_given(card.title))]
    lines += [
        f"- {say(f'ideas.fields.{name}.name', language)}: {_given(card.text(name))}"
        for name in TEXT_FIELDS
        if name != field and card.text(name)
    ]
    if citations:
        lines.append(say("ideas.draft.evidence", language))
        # A small model repeats the ids and dates that it is told.
        lines += [f"- {say_figure(one, language)}" for one in citations]
    lines.append(
        say("ideas.draft.ask", language, prompt=say(f"ideas.fields.{field}.prompt", language))
    )
    return say("ideas.draft.system", language), "\n".join(lines)


def fit_draft(text: str) -> str:
    """The first sentences of a draft that fit a field."""
    kept = ""
    for sentence in sentences(" ".join(text.replace("*", "").split()))[:MOST_SENTENCES]:
        longer = f"{kept} {sentence}".strip() if sentence.isascii() else f"{kept}{sentence}"
        if len(longer) > LONGEST_TEXT:
            break
        kept = longer
    return kept or text.strip()[:LONGEST_TEXT]


def _given(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_GIVEN]
