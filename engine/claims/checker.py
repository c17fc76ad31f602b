"""The claim check: finds every checkable statement in a text and the fact that supports it."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast, get_args

from engine.claims.facts import Fact, product_facts, review_facts
from engine.claims.lexicon import Mention, Token, forms_of, is_headline, starts_sentence, tokens_of
from engine.claims.names import name_claims, place_claims
from engine.claims.numbers import find_support, number_claims
from engine.claims.polarity import is_denied, is_needless
from engine.claims.statements import Statements, gather_statements, word_after
from engine.claims.vocabulary_learning import Vocabulary, learn_vocabulary
from engine.tables.tables import Tables, derived

ClaimKind = Literal[
    "number",
    "brand",
    "colour",
    "material",
    "feature",
    "ingredient",
    "content",
    "attribute",
    "origin",
    "name",
    "warranty",
    "delivery",
    "certification",
    "award",
    "superlative",
    "health",
]
KINDS: tuple[ClaimKind, ...] = get_args(ClaimKind)

# Words between a value and what names it: "made of glass", "the material is glass".
_BETWEEN = {"of", "is", "are"}
# "Not leather" is a claim only if a fact says leather: these kinds can be denied freely.
_DENIED_FREELY = {"brand", "colour", "material", "attribute", "origin", "delivery", "warranty"}


@dataclass(frozen=True)
class Claim:
    """A checkable statement at `text[start:end]`; without a `fact`, it is unsupported."""

    kind: ClaimKind
    text: str
    start: int
    end: int
    fact: Fact | None


class ClaimChecker:
    """Finds the claims in texts about a shop's products and the facts that support them."""

    def __init__(self, tables: Tables, vocabulary: Vocabulary) -> None:
        self._tables = tables
        self._vocabulary = vocabulary
        products = tables.products["product_id"]
        self._places = {product_id: place for place, product_id in enumerate(products)}
        # While texts are selected, the same few facts come up again and again.
        self._statements: Callable[[tuple[Fact, ...]], Statements] = lru_cache(maxsize=256)(
            lambda facts: gather_statements(facts, vocabulary.lexicon)
        )

    @classmethod
    def from_tables(cls, tables: Tables) -> "ClaimChecker":
        """A checker with the catalog's brands and values besides the built-in words."""
        return cls(tables, learn_vocabulary(tables))

    def facts(self, product_id: str, reviews: bool = False) -> list[Fact]:
        """The facts of a product, the title first; with `reviews`, their sentences come last.

        Raises KeyError for a product that is not in the catalog.
        """
        facts = product_facts(self._tables.products.iloc[self._places[product_id]])
        if reviews:
            table = self._tables.reviews
            facts += review_facts(table[table["product_id"] == product_id])
        return facts

    def claims(self, text: str, facts: Sequence[Fact]) -> list[Claim]:
        """All claims of a text in order, each with the first fact that supports it."""
        statements = self._statements(tuple(facts))
        tokens = tokens_of(text)
        claims = list(self._worded(text, tokens, statements))
        taken = [(claim.start, claim.end) for claim in claims if len(forms_of(claim.text)) > 1]
        for number in number_claims(text):
            span = (number.start, number.end)
            if not _inside(span, taken):
                fact = find_support(number, text, facts, self._vocabulary.units)
                claims.append(Claim("number", text[slice(*span)], *span, fact))
        taken = [(claim.start, claim.end) for claim in claims]
        spans: list[tuple[ClaimKind, int, int]] = [*name_claims(text, tokens), *place_claims(text)]
        for kind, start, end in spans:
            if not _inside((start, end), taken):
                fact = statements.naming(text[start:end])
                claims.append(Claim(kind, text[start:end], start, end, fact))
        return sorted(claims, key=lambda claim: (claim.start, claim.end))

    def supported(self, text: str, facts: Sequence[Fact]) -> bool:
        """Whether a text is sound and each of its claims is supported."""
        return is_sound(text) and all(claim.fact for claim in self.claims(text, facts))

    def facts_used(self, text: str, facts: Sequence[Fact]) -> list[Fact]:
        """The facts that a text states beyond the title, each once."""
        titles = [fact for fact in facts if fact.source == "title"]
        supported = [claim for claim in self.claims(text, facts) if claim.fact]
        stated = {claim.fact: None for claim in supported if claim.fact not in titles}
        return [fact for fact in stated if fact is not None]

    def _worded(
        self, text: str, tokens: Sequence[Token], statements: Statements
    ) -> Iterator[Claim]:
        lexicon = self._vocabulary.lexicon
        mentions = [m for m in lexicon.find(text, tokens) if _is_meant(m, text, tokens)]
        taken = {place for m in mentions for place in range(m.first, m.last)}
        mentions += [
            m
            for m in statements.own.find(text, tokens)
            if not taken.intersection(range(m.first, m.last))
        ]
        for mention in mentions:
            first, last = tokens[mention.first], tokens[mention.last - 1]
            concept = mention.concept
            denied = is_denied(text, first, last)
            fact = statements.supporting(concept, denied, word_after(mention, tokens))
            # Some words are a claim only if a fact says the opposite.
            exempt = concept.kind in _DENIED_FREELY if denied else concept.kind == "ingredient"
            exempt = exempt and statements.supporting(concept, not denied) is None
            if fact is None and (exempt or is_needless(text, first)):
                continue
            span = (first.start, last.end)
            yield Claim(cast(ClaimKind, concept.kind), text[slice(*span)], *span, fact)


@derived
def shop_checker(tables: Tables) -> ClaimChecker:
    """The claim checker of a shop."""
    return ClaimChecker.from_tables(tables)


def is_sound(text: str) -> bool:
    """Whether a text has words, no broken characters, and does not repeat itself."""
    forms = forms_of(text)
    if not forms or "\ufffd" in text or re.search(r"(.)\1{5}", text):
        return False
    runs = Counter(forms[start : start + 5] for start in range(len(forms) - 4))
    return max(runs.values(), default=0) < 3


def _is_meant(mention: Mention, text: str, tokens: Sequence[Token]) -> bool:
    """Whether an ambiguous word means a property of the product here."""
    if not mention.concept.soft:
        return True
    before = mention.first - 1
    while before > 0 and tokens[before].form in _BETWEEN:
        before -= 1
    neighbours = [*tokens[max(0, before) : mention.first], *tokens[mention.last :][:1]]
    first = tokens[mention.first]
    named = text[first.start].isupper() and not starts_sentence(text, first)
    if named and not is_headline(text, tokens):
        return True
    return any(token.form in mention.concept.hints for token in neighbours)


def _inside(span: tuple[int, int], spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in spans)
