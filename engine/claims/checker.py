"""The claim check: every checkable statement of a text, with the fact that supports it."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, get_args

from engine.claims.facts import Fact, product_facts, spoken_facts
from engine.claims.lexicon import Mention, Token, forms_of, is_headline, starts_sentence, tokens_of
from engine.claims.names import name_claims, place_claims
from engine.claims.numbers import find_support, number_claims
from engine.claims.polarity import is_denied, is_needless
from engine.claims.statements import Statements, gather, word_after
from engine.claims.vocabulary_learning import Vocabulary, learn
from engine.tables.tables import Tables, derived

ClaimKind = Literal[
    "number", "brand", "colour", "material", "feature", "ingredient", "content", "attribute",
    "origin", "name", "warranty", "delivery", "certification", "award", "superlative", "health",
]  # fmt: skip
KINDS: tuple[ClaimKind, ...] = get_args(ClaimKind)

# Words between a value and what names it: "made of glass", "the material is glass".
_BETWEEN = {"of", "is", "are"}
# Denying these says nothing about the product unless a fact affirms them.
_DENIED_FREELY = {"brand", "colour", "material", "attribute", "origin", "delivery", "warranty"}


@dataclass(frozen=True)
class Claim:
    """One checkable statement at `text[start:end]`; without a `fact` it is unsupported."""

    kind: ClaimKind
    text: str
    start: int
    end: int
    fact: Fact | None

    @classmethod
    def read(cls, held: Mapping[str, Any]) -> "Claim":
        """The claim that `dataclasses.asdict` wrote, as it comes from another process."""
        fact = held["fact"]
        return cls(**{**held, "fact": Fact(**fact) if fact else None})


class ClaimChecker:
    """Finds what texts claim, with the words of one shop, and traces it to facts."""

    def __init__(self, tables: Tables, vocabulary: Vocabulary) -> None:
        self._tables = tables
        self._vocabulary = vocabulary
        products = tables.products["product_id"]
        self._places = {product_id: place for place, product_id in enumerate(products)}
        # The same few facts are asked about again and again while texts are chosen.
        self._statements: Callable[[tuple[Fact, ...]], Statements] = lru_cache(maxsize=256)(
            lambda facts: gather(facts, vocabulary.lexicon)
        )

    @classmethod
    def from_tables(cls, tables: Tables) -> "ClaimChecker":
        """A checker that knows the catalog's brands and values beside the built-in words."""
        return cls(tables, learn(tables))

    def facts(self, product_id: str, reviews: bool = False) -> list[Fact]:
        """The facts of a product, the title first, on request with its reviews' sentences last.

        Raises KeyError for a product that the catalog does not hold.
        """
        found = product_facts(self._tables.products.iloc[self._places[product_id]])
        if reviews:
            table = self._tables.reviews
            found += spoken_facts(table[table["product_id"] == product_id])
        return found

    def claims(self, text: str, facts: Sequence[Fact]) -> list[Claim]:
        """All claims of a text in their order, each with the first fact that supports it."""
        statements = self._statements(tuple(facts))
        tokens = tokens_of(text)
        found = list(self._worded(text, tokens, statements))
        taken = [(claim.start, claim.end) for claim in found if len(forms_of(claim.text)) > 1]
        for number in number_claims(text):
            span = (number.start, number.end)
            if not _inside(span, taken):
                fact = find_support(number, text, facts, self._vocabulary.units)
                found.append(Claim("number", text[slice(*span)], *span, fact))
        taken = [(claim.start, claim.end) for claim in found]
        spans: list[tuple[ClaimKind, int, int]] = [*name_claims(text, tokens), *place_claims(text)]
        for kind, start, end in spans:
            if not _inside((start, end), taken):
                fact = statements.naming(text[start:end])
                found.append(Claim(kind, text[start:end], start, end, fact))
        return sorted(found, key=lambda claim: (claim.start, claim.end))

    def supported(self, text: str, facts: Sequence[Fact]) -> bool:
        """Whether a text is sound and each of its claims has a fact."""
        return is_sound(text) and all(claim.fact for claim in self.claims(text, facts))

    def facts_used(self, text: str, facts: Sequence[Fact]) -> list[Fact]:
        """The facts that a text states and that the title does not hold, each once."""
        titles = [fact for fact in facts if fact.source == "title"]
        told = [claim for claim in self.claims(text, facts) if claim.fact]
        used = {claim.fact: None for claim in told if claim.fact not in titles}
        return [fact for fact in used if fact is not None]

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
            # Some words are no claim unless a fact says the opposite.
            free = concept.kind in _DENIED_FREELY if denied else concept.kind == "ingredient"
            free = free and statements.supporting(concept, not denied) is None
            if fact is None and (free or is_needless(text, first)):
                continue
            span = (first.start, last.end)
            yield Claim(concept.kind, text[slice(*span)], *span, fact)  # type: ignore[arg-type]


@derived
def shop_checker(tables: Tables) -> ClaimChecker:
    """The claim check of a shop."""
    return ClaimChecker.from_tables(tables)


def is_sound(text: str) -> bool:
    """Whether a text has words, no broken characters, and does not go round in circles."""
    forms = forms_of(text)
    if not forms or "\ufffd" in text or re.search(r"(.)\1{5}", text):
        return False
    runs = Counter(forms[here : here + 5] for here in range(len(forms) - 4))
    return max(runs.values(), default=0) < 3


def _is_meant(mention: Mention, text: str, tokens: Sequence[Token]) -> bool:
    """Whether a word with several meanings is meant as the product's property here."""
    if not mention.concept.soft:
        return True
    before = mention.first - 1
    while before > 0 and tokens[before].form in _BETWEEN:
        before -= 1
    near = [*tokens[max(0, before) : mention.first], *tokens[mention.last :][:1]]
    first = tokens[mention.first]
    named = text[first.start].isupper() and not starts_sentence(text, first)
    if named and not is_headline(text, tokens):
        return True
    return any(token.form in mention.concept.hints for token in near)


def _inside(span: tuple[int, int], spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in spans)
