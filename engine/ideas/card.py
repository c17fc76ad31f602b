"""A card of the idea board, and the bounds within which people may fill it in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from engine.codec import Text, decode, encode
from engine.errors import InputError
from engine.evidence.citation import Citation
from engine.ideas.canvases import CANVASES, FIELDS
from engine.storage.labels import tidy_label

# From a thought to a test of it: each column asks for more evidence than the one before.
Column = Literal["spark", "framed", "measured", "tested"]
COLUMNS: tuple[Column, ...] = get_args(Column)
TEXT_FIELDS = ("customer", "pain", "idea", "model", "metric", "risk", "cost_of_error")
LONGEST_TEXT = 600
LEAST, MOST = 1, 5
MOST_CITATIONS = 12


@dataclass(frozen=True)
class Card:
    """One idea.

    `model` is how a model helps, `metric` what would show that it works, `cost_of_error` what a
    wrong answer costs whom. `impact` and `effort` are 1 to 5. `evidence` are the citations
    attached, `canvases` the answers by canvas and field, `drafts` the fields whose text a model
    wrote and nobody has changed or confirmed. `version` counts the changes: a card is saved over
    the version that it came from, and 0 is new. `author` is the name of who changed it last.
    """

    id: Text = ""
    title: Text = ""
    customer: Text = ""
    pain: Text = ""
    idea: Text = ""
    model: Text = ""
    metric: Text = ""
    risk: Text = ""
    cost_of_error: Text = ""
    column: Column = "spark"
    impact: int = 3
    effort: int = 3
    evidence: tuple[Citation, ...] = ()
    canvases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    drafts: frozenset[str] = frozenset()
    example: bool = False
    author: Text = ""
    version: int = 0

    def as_json(self) -> dict[str, object]:
        """The card in JSON's own kinds."""
        value = cast(dict[str, object], encode(self))
        return value | {"drafts": sorted(self.drafts)}

    @classmethod
    def from_json(cls, value: object) -> "Card":
        """The card that `as_json` gave. Raises InputError for a value that is none."""
        return decode(cls, value)

    def text(self, name: str) -> str:
        """The text of one of `TEXT_FIELDS`, or the title."""
        return str(getattr(self, name))

    def with_texts(self, texts: Mapping[str, str], *, drafts: Iterable[str] = ()) -> "Card":
        """The card with other texts: those of `drafts` are marked, those that changed are not."""
        changed = {name for name, text in texts.items() if text != self.text(name)}
        marks = (self.drafts - changed) | frozenset(drafts)
        return change(self, **texts, drafts=marks)


def change(card: Card, **values: object) -> Card:
    """`card` with other values, checked. Raises InputError for one that does not fit."""
    return decode(Card, {**vars(card), **values})


def tidy_card(card: Card) -> Card:
    """The card within its bounds: texts cut, numbers within 1 to 5, evidence once each.

    Raises InputError for a card without a title or an idea.
    """
    texts = {name: _tidy(card.text(name)) for name in TEXT_FIELDS}
    title = tidy_label(_readable(card.title)) or tidy_label(texts["idea"])
    if not title:
        raise InputError("ideas.no_title")
    evidence = tuple({one.id: one for one in card.evidence}.values())
    if len(evidence) > MOST_CITATIONS:
        raise InputError("ideas.too_much_evidence", most=MOST_CITATIONS)
    return change(
        card,
        **texts,
        title=title,
        author=tidy_label(_readable(card.author)),
        impact=_bound(card.impact),
        effort=_bound(card.effort),
        evidence=evidence,
        canvases=_tidy_canvases(card.canvases),
        drafts=frozenset(name for name in card.drafts if texts.get(name)),
    )


def _tidy_canvases(canvases: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Only what a canvas asks and somebody answered."""
    kept: dict[str, dict[str, str]] = {}
    for canvas in CANVASES:
        answers = canvases.get(canvas, {})
        texts = {name: _tidy(answers.get(name, "")) for name in FIELDS[canvas]}
        if filled := {name: text for name, text in texts.items() if text}:
            kept[canvas] = filled
    return kept


def _tidy(text: str) -> str:
    """A text of at most `LONGEST_TEXT` characters, its lines kept, without runs of blanks."""
    lines = (" ".join(line.split()) for line in _readable(text).splitlines())
    return "\n".join(line for line in lines if line)[:LONGEST_TEXT].strip()


def _readable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _bound(value: int) -> int:
    return min(max(value, LEAST), MOST)
