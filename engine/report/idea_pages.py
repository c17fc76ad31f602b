"""The idea board: what people want to try, with the evidence that decides its confidence."""

from collections.abc import Mapping

from engine.evidence.ledger import state
from engine.evidence.words import say_citation, say_state
from engine.ideas.board import IdeaBoard
from engine.ideas.canvases import CANVASES, FIELDS, name_canvas, say_hypothesis
from engine.ideas.card import TEXT_FIELDS, Card
from engine.ideas.score import Score, score
from engine.messages import say
from engine.report.content import Block, Claim, Page, Table, Text
from engine.report.words import text
from engine.storage.workspace import Workspace


def score_card(workspace: Workspace, card: Card) -> Score:
    """The score of a card by the evidence that still holds."""
    return score(card, [state(workspace, citation) for citation in card.evidence])


def board_page(workspace: Workspace, cards: list[Card], language: str) -> Page:
    """All cards in one table, those first that are worth most."""
    votes = IdeaBoard(workspace).votes()
    scores = {card.id: score_card(workspace, card) for card in cards}
    rows = [
        (
            card.title,
            say(f"ideas.columns.{card.column}", language),
            f"{scores[card.id].value:.2f}",
            say(f"ideas.levels.{scores[card.id].level}", language),
            f"{votes.get(card.id, 0):,}",
        )
        for card in sorted(cards, key=lambda card: -scores[card.id].value)
    ]
    head = tuple(
        text(f"columns.{name}", language)
        for name in ("idea", "column", "score", "evidence", "votes")
    )
    table = Table(text("ideas.table", language), head, tuple(rows))
    how = Text(text("ideas.score", language))
    return Page("ideas", text("ideas.title", language), (table, how))


def card_key(card: Card) -> str:
    """What the page of a card is called among those to choose from."""
    return f"card:{card.id}"


def card_page(workspace: Workspace, card: Card, language: str) -> Page:
    """One card: what it says, and every piece of evidence with whether it still holds."""
    blocks: list[Block] = []
    for name in TEXT_FIELDS:
        if written := card.text(name):
            label = say(f"ideas.fields.{name}.name", language)
            mark = f" ({text('ideas.draft', language)})" if name in card.drafts else ""
            blocks.append(Text(written, f"{label}{mark}"))
    blocks += [
        Text(answers, name_canvas(canvas, language))
        for canvas in CANVASES
        if (answers := _answers(canvas, card.canvases.get(canvas, {}), language))
    ]
    found = score_card(workspace, card)
    level = say(f"ideas.levels.{found.level}", language)
    blocks.append(Text(text("ideas.confidence", language, level=level, value=f"{found.value:.2f}")))
    for citation in card.evidence:
        holds = state(workspace, citation)
        sentence = say_citation(citation, language)
        blocks.append(Claim(sentence, say_state(holds, language), holds=holds.valid))
    return Page(card_key(card), card.title, tuple(blocks))


def _answers(canvas: str, answers: Mapping[str, str], language: str) -> str:
    sentence = say_hypothesis(answers, language) if canvas == "hypothesis" else ""
    return sentence or "\n".join(answers[name] for name in FIELDS[canvas] if answers.get(name))
