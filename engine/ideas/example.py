"""The card that an empty board begins with: an example, filled in as a good one would be."""

from engine.evidence.ledger import cite_opinion
from engine.ideas.canvases import FIELDS, example
from engine.ideas.card import TEXT_FIELDS, Card
from engine.messages import say


def example_card(language: str) -> Card:
    """The example in `language`; it is on no board until somebody takes it over."""
    texts = {name: say(f"ideas.fields.{name}.example", language) for name in TEXT_FIELDS}
    canvases = {
        canvas: {name: example(canvas, name, language) for name in names}
        for canvas, names in FIELDS.items()
    }
    card = Card(
        title=say("ideas.example.title", language),
        column="framed",
        impact=4,
        effort=2,
        evidence=(cite_opinion(say("ideas.example.opinion", language)),),
        canvases=canvases,
        example=True,
    )
    return card.with_texts(texts)
