"""Answers to questions about products: what the catalog says of them, in its own words."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.assistant.message_vectors import Likeness
from engine.assistant.product_resolution import ResolvedProducts, Term
from engine.assistant.rendering import FactRenderer, as_text, once
from engine.assistant.reply import Sentence
from engine.assistant.understanding import cue_pattern, cues
from engine.claims import Fact
from engine.claims.vocabulary import is_about, kind_of_column
from engine.messages import LANGUAGES, say
from engine.text.quantities import quantities
from engine.text.words import STOPWORDS, words

# An answer names so many products, and looks for a fact in so many.
MOST, LOOKED_AT = 4, 12
# A fact so much nearer to a question than usual ones answers it.
NEAR = 2.5
# What it counts if fact and question share all words that tell something.
SHARED = 1.6
# Of many products the facts that share words with the question are compared with it in meaning.
COMPARED, FACTS = 40, 16
# Statements of a question that say which product is meant, not what is asked of it.
_UNASKED = ("name", "brand", "number", "origin", "superlative")


class FactAnswers:
    """What the catalog says to a question about the products meant."""

    def __init__(self, renderer: FactRenderer, likeness: Likeness, repeated: Sequence[str]) -> None:
        self.renderer = renderer
        self.names = renderer.names
        self.checker = renderer.checker
        self.likeness = likeness
        self._repeated = repeated
        self._spread = Counter(word for text in repeated for word in set(words(text)))

    def answer(self, message: str, resolved: ResolvedProducts, language: str) -> list[Sentence]:
        """The facts that answer, nothing where there are none.

        Values in the message ("in black") narrow the products down, or are themselves asked for:
        then the answer is what is listed, one way or the other. Of many products the answer names
        those that the catalog says something of.
        """
        values = [term for term in resolved.values if not is_cue(message, term, language)]
        fitting = self.names.keep(resolved.rows, values) if values else list(resolved.rows)
        narrowed = replace(resolved, rows=tuple(fitting))
        asks = asked_for(message, language)
        if asks and asks != ["details"] and fitting:
            sentences = [
                one for row in fitting[:LOOKED_AT] for one in self._first(row, asks, language)
            ]
            if sentences or not values:
                return once(sentences)[:MOST]
        if fitting:
            claimed = self._claimed(message, narrowed, values, language)
            if claimed is not None:
                return claimed
            if asks == ["details"]:
                return self.renderer.about(fitting[0], language)
            sentences = self._similar(message, narrowed, language) if resolved.specific else []
            if sentences or not values:
                return sentences
            listed = [
                self.renderer.sentence(row, fact, language)
                for row in fitting[:MOST]
                for fact in self.renderer.holding(row, values)[:2]
            ]
            return once(listed)
        return self._unlisted(message, resolved, values, language)

    def stock(self, resolved: ResolvedProducts, language: str) -> list[Sentence]:
        """What a column on stock says of the products meant; nothing without such a column."""
        return [
            one for row in resolved.rows[:MOST] for one in self._first(row, ["stock"], language)
        ]

    def stated(self, message: str, resolved: ResolvedProducts, language: str) -> list[Sentence]:
        """The facts that support statements of a message; nothing where none does."""
        return self._claimed(message, resolved, (), language) or []

    def _unlisted(
        self, message: str, resolved: ResolvedProducts, values: Sequence[Term], language: str
    ) -> list[Sentence]:
        """What is listed for the products in place of the values asked for."""
        claimed = self._claimed(message, resolved, (), language)
        if claimed:
            return claimed
        rows = resolved.rows[:LOOKED_AT]
        categories = {self.names.category_of(row) for row in rows}
        # A column that holds the value for alike products holds another one for these.
        columns = {
            term.field
            for term in values
            if categories & {self.names.category_of(int(row)) for row in self.names.having(term)}
        }
        other = [
            self.renderer.sentence(row, fact, language)
            for row in rows
            for fact in self.renderer.facts(row)
            if fact.is_attribute and fact.name in columns
        ]
        return self._instead(other, language)

    def _instead(self, sentences: Sequence[Sentence], language: str) -> list[Sentence]:
        if not sentences:
            return []
        none = Sentence(say("assistant.catalog.not_listed", language), sentences[0].sources)
        return [none, *once(sentences)[:MOST]]

    def _first(self, row: int, asks: Sequence[str], language: str) -> list[Sentence]:
        """The surest fact of a product for each thing asked for."""
        return [
            self.renderer.sentence(row, fact, language)
            for ask in asks
            for fact in self._answering(row, ask, language)[:1]
        ]

    def _answering(self, row: int, ask: str, language: str) -> list[Fact]:
        facts = self.renderer.facts(row)
        if ask in ("price", "brand", "category"):
            return [fact for fact in facts if fact.name == ask]
        if ask.startswith("dimension:"):
            return [fact for fact in facts[::-1] if _measures(fact, ask.partition(":")[2])]
        columns = [fact for fact in facts if fact.is_attribute]
        listed = [word for one in LANGUAGES for word in cues("columns", one).get(ask, ())]
        answering = [
            fact
            for fact in columns
            if kind_of_column(fact.name) == ask or any(is_about(fact.name, one) for one in listed)
        ]
        if ask in ("colour", "material"):
            return list(dict.fromkeys([*answering, *self._of_kind(row, ask)]))
        for dimension in cues("dimensions", language).get(ask, ()):
            answering += [
                fact for fact in (*columns, *facts[1:], *facts[:1]) if _measures(fact, dimension)
            ]
        if shapes := cues("values", language).get(ask):
            shape = re.compile(rf"(?:{'|'.join(shapes)})", re.IGNORECASE)
            answering += [fact for fact in columns if shape.fullmatch(fact.value.strip())]
        return list(dict.fromkeys(answering))

    def _of_kind(self, row: int, kind: str) -> list[Fact]:
        """The facts that name a colour or a material: in a column, the title, or a sentence."""
        facts = self.renderer.facts(row)
        columns = [one for one in facts if one.is_attribute and kind_of_column(one.name) == kind]
        claims = (claim for fact in facts for claim in self.checker.claims(fact.value, facts))
        named = [claim.fact for claim in claims if claim.kind == kind and claim.fact]
        return list(dict.fromkeys([*columns, *named]))

    def _claimed(
        self, message: str, resolved: ResolvedProducts, narrowing: Sequence[Term], language: str
    ) -> list[Sentence] | None:
        """What supports the statements in a question; None where it states nothing checkable."""
        named = [(term.start, term.end) for term in (*resolved.identity, *narrowing)]
        named += resolved.exact
        supporting, other, stated = [], [], False
        for row in resolved.rows[:LOOKED_AT]:
            facts = self.renderer.facts(row)
            for claim in self.checker.claims(message, facts):
                inside = any(start < claim.end and claim.start < end for start, end in named)
                if inside or claim.kind in _UNASKED:
                    continue
                stated = True
                if claim.fact:
                    supporting.append(self.renderer.sentence(row, claim.fact, language))
                elif claim.kind in ("colour", "material"):
                    kind = self._of_kind(row, claim.kind)[:1]
                    other += [self.renderer.sentence(row, fact, language) for fact in kind]
                if not claim.fact:
                    # "Free of PVC" supports no PVC, yet answers the question.
                    near = [fact for fact in facts if claim.text.lower() in fact.value.lower()]
                    supporting += [self.renderer.sentence(row, fact, language) for fact in near[:1]]
        if not stated:
            return None
        return once(supporting)[:MOST] or self._instead(other, language)

    def _similar(self, message: str, resolved: ResolvedProducts, language: str) -> list[Sentence]:
        """The facts nearest to a question in meaning, where they are near enough."""
        masked = self.names.mask(message, resolved, language)
        question = set(words(masked)) - STOPWORDS
        facts = [
            (row, fact)
            for row in resolved.rows[:COMPARED]
            for fact in self.renderer.facts(row)
            if fact.name not in ("title", "price", "brand", "category")
        ]
        if len(facts) > FACTS:
            facts.sort(key=lambda one: -len(question & set(words(as_text(one[1])))))
        facts = facts[:FACTS]
        texts = [as_text(fact) for _, fact in facts]
        shared = np.array([self._shared(question, text) for text in texts])
        likeness = self.likeness.of(masked, texts) + SHARED * shared
        near = [facts[at] for at in np.argsort(-likeness) if likeness[at] >= NEAR]
        return [self.renderer.sentence(row, fact, language) for row, fact in near[:2]]

    def _shared(self, question: set[str], text: str) -> float:
        """The share of a question's words that a text holds, rare words counting more."""
        worth = {word: self._rarity(word) for word in question}
        shared = sum(worth[word] for word in question & set(words(text)))
        return shared / (sum(worth.values()) or 1.0)

    def _rarity(self, word: str) -> float:
        return float(np.log(1 + len(self._repeated) / (1 + self._spread[word])))


def asked_for(message: str, language: str) -> list[str]:
    """What a question asks for by its words, such as `price`, `colour` and `size`.

    A quantity that it names asks for what is measured so: `dimension:` and the base unit.
    """
    asks = [
        key for key in cues("ask", language) if cue_pattern("ask", key, language).search(message)
    ]
    measured = {one.dimension for one in quantities(message) if one.unit} & MEASURES
    return asks or [f"dimension:{name}" for name in sorted(measured)]


MEASURES = frozenset(
    dimension
    for language in LANGUAGES
    for listed in cues("dimensions", language).values()
    for dimension in listed
)


def is_cue(message: str, term: Term, language: str) -> bool:
    """Whether a value is a word of the question itself: "how long"."""
    return any(
        match.start() <= term.start and term.end <= match.end()
        for key in cues("ask", language)
        for match in cue_pattern("ask", key, language).finditer(message)
    )


def _measures(fact: Fact, dimension: str) -> bool:
    return any(one.dimension == dimension for one in quantities(fact.value))
