"""What the assistant says, and what every sentence of it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from engine.codec import decode, encode

Action = Literal["answer", "ask_back", "hand_over"]
ACTIONS: tuple[Action, ...] = get_args(Action)
SourceKind = Literal["catalog", "reviews", "policy", "orders"]
Kind = Literal[
    "search",
    "product",
    "compare",
    "opinion",
    "policy",
    "order",
    "order_help",
    "smalltalk",
    "complaint",
    "human",
    "outside",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Source:
    """One place that a sentence rests on.

    `id` names the product, review, order or passage of the policy; `title` says it to people;
    `field` is the column or the heading, `quote` what stands there, word by word. A number that is
    counted or summed has the counted rows in `rows`: the row's id and its value.
    """

    kind: SourceKind
    id: str
    title: str = ""
    field: str = ""
    quote: str = ""
    rows: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Sentence:
    """One thing said; without sources it says nothing about the shop."""

    text: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Reply:
    """The answer to one message.

    `reason` is the code of why a person takes over or a question is asked back ("" for an answer);
    `confidence` the calibrated probability of `kind`, `kinds` those of all kinds; `products` the
    ids of what it speaks of; `written` a generator's wording that the sources support, "" without
    one, and `note` the code of why a generator's wording was dropped.
    """

    action: Action
    kind: Kind
    language: str
    sentences: tuple[Sentence, ...]
    reason: str = ""
    confidence: float = 1.0
    kinds: Mapping[str, float] = field(default_factory=dict)
    products: tuple[str, ...] = ()
    written: str = ""
    note: str = ""

    @property
    def plain(self) -> str:
        """The sentences themselves, one a line."""
        return "\n".join(sentence.text for sentence in self.sentences)

    @property
    def text(self) -> str:
        """What the customer reads."""
        return self.written or self.plain

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every source once, in the order of the sentences."""
        every = (source for sentence in self.sentences for source in sentence.sources)
        return tuple(dict.fromkeys(every))

    def as_json(self) -> dict[str, Any]:
        """The reply as the command line prints it and as chats keep it."""
        fields: dict[str, Any] = encode(self)
        return fields | {"text": self.text, "sources": encode(self.sources)}


def read_reply(fields: Mapping[str, Any]) -> Reply:
    """The reply that `as_json` wrote. Raises InputError for anything else."""
    return decode(Reply, fields)


def with_written(reply: Reply, text: str) -> Reply:
    """`reply` in a generator's words."""
    return replace(reply, written=text, note="")


def without_written(reply: Reply, note: str) -> Reply:
    """`reply` in its own words, with the code of why."""
    return replace(reply, written="", note=note)
