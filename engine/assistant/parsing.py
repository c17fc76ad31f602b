"""A customer's message as it is understood: language, products, kinds."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.assistant.answers import Message
from engine.assistant.product_resolution import ProductNames, ResolvedProducts
from engine.assistant.understanding import Understanding, cue_pattern, cues, language_of
from engine.models.vector_cache import VectorCache

# No kind is believed below the first probability, and none is doubted from the last on.
BELIEVED, LIKELY, CERTAIN = 0.30, 0.60, 0.80
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]|<[^<>]{0,200}>"
)


@dataclass(frozen=True)
class ParsedMessage:
    """A message as it is understood.

    `masked` is the text with the shop's names replaced, `customer` the id of who is signed in (""
    for a guest), `resolved` the products that the message means. `kinds` are the probabilities of
    what it wants, the likeliest first.
    """

    text: str
    masked: str
    customer: str
    language: str
    resolved: ResolvedProducts
    kinds: Mapping[str, float]

    @property
    def likeliest(self) -> str:
        """The likeliest kind."""
        return next(iter(self.kinds))

    def matches(self, table: str, key: str) -> bool:
        """Whether the text holds a word of one entry of a table of cues."""
        return bool(cue_pattern(table, key, self.language).search(self.text))


class MessageParser:
    """What understands the messages to one shop, whose main language is `language`."""

    def __init__(self, names: ProductNames, vectors: VectorCache, language: str) -> None:
        self.names = names
        self.vectors = vectors
        self.language = language
        self._understanding: dict[str, Understanding] = {}
        self.understanding(language)

    def understanding(self, language: str) -> Understanding:
        """What tells kinds apart in a language."""
        if language not in self._understanding:
            self._understanding[language] = Understanding(language, self.vectors)
        return self._understanding[language]

    def parse(self, text: str, message: Message) -> ParsedMessage:
        """`message` with the plain `text` that is left of its own."""
        language = language_of(text, self.language)
        own = self.names.resolve(text + _group_size(text, language))
        resolved = self._resolve_in_context(text, own, message.context, language)
        masked = self.names.mask(text, own, language)
        kinds = self.understanding(language).kinds(masked)
        return ParsedMessage(text, masked, message.customer, language, resolved, kinds)

    def _resolve_in_context(
        self, text: str, own: ResolvedProducts, context: Sequence[str], language: str
    ) -> ResolvedProducts:
        """The products meant, those of earlier messages where this one names none."""
        refers = bool(cue_pattern("refers", "this", language).search(text))
        if own.specific or (own.identity and not refers):
            return own
        for earlier in reversed(context):
            before = self.names.resolve(earlier)
            if not before.rows:
                continue
            both = [row for row in before.rows if row in set(own.rows)]
            rows = both or list(before.rows)
            for place, key in enumerate(("first", "second")):
                if len(rows) > place and cue_pattern("refers", key, language).search(text):
                    rows = rows[place : place + 1]
                    break
            terms = own.terms if before.specific else (*before.identity, *own.values)
            return ResolvedProducts(tuple(rows), terms, before.specific)
        return own


def plain_text(text: str) -> str:
    """A text in one line, without tags and invisible characters."""
    return " ".join(_HIDDEN.sub(" ", text).split())


def _group_size(text: str, language: str) -> str:
    """A group in a message ("for six people") as shops write it, to be read after the message."""
    match = cue_pattern("people", "words", language).search(text)
    number = next((group for group in match.groups() if group), "") if match else ""
    if not number:
        return ""
    digits = dict(entry.split("=") for entry in cues("people", language)["numbers"])
    (template,) = cues("people", language)["written"]
    return f" {template.format(n=digits.get(number.lower(), number))}"
