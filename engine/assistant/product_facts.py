"""Answers to questions about products: what the catalog says of them, in its own words."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.assistant.message_vectors import Likeness
from engine.assistant.product_resolution import Meant, Term
from engine.assistant.rendering import Teller, as_text, once
from engine.assistant.reply import Sentence
from engine.assistant.understanding import cue_pattern, cues
from engine.claims import Fact
from engine.claims.vocabulary import is_about, kind_of_column
from engine.messages import LANGUAGES, say
from engine.text.quantities import quantities
from engine.text.words import STOPWORDS, words

# So many products are told of, and so many are looked at for a fact.
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

    def __init__(self, teller: Teller, likeness: Likeness, said: Sequence[str]) -> None:
        self.teller = teller
        self.names = teller.names
        self.checker = teller.checker
        self.likeness = likeness
        self._said = said
        self._spread = Counter(word for text in said for word in set(words(text)))

    def answer(self, message: str, meant: Meant, language: str) -> list[Sentence]:
        """The facts that answer, nothing where there are none.

        Values in the message ("in black") narrow the products down, or are themselves asked for:
        then what is listed is told, one way or the other. Of many products those are told of that
        the catalog says something of.
        """
        values = [term for term in meant.asked if not is_cue(message, term, language)]
        fitting = self.names.keep(meant.rows, values) if values else list(meant.rows)
        narrowed = replace(meant, rows=tuple(fitting))
        asks = asked_for(message, language)
        if asks and asks != ["details"] and fitting:
            found = [one for row in fitting[:LOOKED_AT] for one in self._first(row, asks, language)]
            if found or not values:
                return once(found)[:MOST]
        if fitting:
            claimed = self._claimed(message, narrowed, values, language)
            if claimed is not None:
                return claimed
            if asks == ["details"]:
                return self.teller.about(fitting[0], language)
            found = self._similar(message, narrowed, language) if meant.specific else []
            if found or not values:
                return found
            held = [
                self.teller.say(row, fact, language)
                for row in fitting[:MOST] for fact in self.teller.holding(row, values)[:2]
            ]  # fmt: skip
            return once(held)
        return self._unlisted(message, meant, values, language)

    def stock(self, meant: Meant, language: str) -> list[Sentence]:
        """What a column on stock says of the products meant; nothing without such a column."""
        return [one for row in meant.rows[:MOST] for one in self._first(row, ["stock"], language)]

    def stated(self, message: str, meant: Meant, language: str) -> list[Sentence]:
        """The facts that support statements of a message; nothing where none does."""
        return self._claimed(message, meant, (), language) or []

    def _unlisted(
        self, message: str, meant: Meant, values: Sequence[Term], language: str
    ) -> list[Sentence]:
        """What is listed for the products in place of the values asked for."""
        claimed = self._claimed(message, meant, (), language)
        if claimed:
            return claimed
        rows = meant.rows[:LOOKED_AT]
        categories = {self.names.category_of(row) for row in rows}
        # A column that holds the value for alike products holds another one for these.
        columns = {
            term.field for term in values
            if categories & {self.names.category_of(int(row)) for row in self.names.having(term)}
        }  # fmt: skip
        other = [
            self.teller.say(row, fact, language)
            for row in rows for fact in self.teller.facts(row)
            if fact.is_attribute and fact.name in columns
        ]  # fmt: skip
        return self._instead(other, language)

    def _instead(self, told: Sequence[Sentence], language: str) -> list[Sentence]:
        if not told:
            return []
        none = Sentence(say("assistant.catalog.not_listed", language), told[0].sources)
        return [none, *once(told)[:MOST]]

    def _first(self, row: int, asks: Sequence[str], language: str) -> list[Sentence]:
        """The surest fact of a product for each thing asked for."""
        return [
            self.teller.say(row, fact, language)
            for ask in asks for fact in self._answering(row, ask, language)[:1]
        ]  # fmt: skip

    def _answering(self, row: int, ask: str, language: str) -> list[Fact]:
        facts = self.teller.facts(row)
        if ask in ("price", "brand", "category"):
            return [fact for fact in facts if fact.name == ask]
        if ask.startswith("dimension:"):
            return [fact for fact in facts[::-1] if _measures(fact, ask.partition(":")[2])]
        held = [fact for fact in facts if fact.is_attribute]
        listed = [word for one in LANGUAGES for word in cues("columns", one).get(ask, ())]
        found = [
            fact for fact in held
            if kind_of_column(fact.name) == ask or any(is_about(fact.name, one) for one in listed)
        ]  # fmt: skip
        if ask in ("colour", "material"):
            return list(dict.fromkeys([*found, *self._of_kind(row, ask)]))
        for dimension in cues("dimensions", language).get(ask, ()):
            found += [
                fact for fact in (*held, *facts[1:], *facts[:1]) if _measures(fact, dimension)
            ]
        if shapes := cues("values", language).get(ask):
            shape = re.compile(rf"(?:{'|'.join(shapes)})", re.IGNORECASE)
            found += [fact for fact in held if shape.fullmatch(fact.value.strip())]
        return list(dict.fromkeys(found))

    def _of_kind(self, row: int, kind: str) -> list[Fact]:
        """The facts that name a colour or a material: in a column, the title, or a sentence."""
        facts = self.teller.facts(row)
        columns = [one for one in facts if one.is_attribute and kind_of_column(one.name) == kind]
        claims = (claim for fact in facts for claim in self.checker.claims(fact.value, facts))
        named = [claim.fact for claim in claims if claim.kind == kind and claim.fact]
        return list(dict.fromkeys([*columns, *named]))

    def _claimed(
        self, message: str, meant: Meant, narrowing: Sequence[Term], language: str
    ) -> list[Sentence] | None:
        """What supports the statements in a question; None where it states nothing checkable."""
        named = [(term.start, term.end) for term in (*meant.identity, *narrowing)]
        named += meant.exact
        told, other, stated = [], [], False
        for row in meant.rows[:LOOKED_AT]:
            facts = self.teller.facts(row)
            for claim in self.checker.claims(message, facts):
                inside = any(start < claim.end and claim.start < end for start, end in named)
                if inside or claim.kind in _UNASKED:
                    continue
                stated = True
                if claim.fact:
                    told.append(self.teller.say(row, claim.fact, language))
                elif claim.kind in ("colour", "material"):
                    kind = self._of_kind(row, claim.kind)[:1]
                    other += [self.teller.say(row, fact, language) for fact in kind]
                if not claim.fact:
                    # "Free of PVC" supports no PVC, yet says what was asked.
                    near = [fact for fact in facts if claim.text.lower() in fact.value.lower()]
                    told += [self.teller.say(row, fact, language) for fact in near[:1]]
        if not stated:
            return None
        return once(told)[:MOST] or self._instead(other, language)

    def _similar(self, message: str, meant: Meant, language: str) -> list[Sentence]:
        """The facts nearest to a question in meaning, where they are near enough."""
        masked = self.names.mask(message, meant, language)
        asked = set(words(masked)) - STOPWORDS
        facts = [
            (row, fact) for row in meant.rows[:COMPARED] for fact in self.teller.facts(row)
            if fact.name not in ("title", "price", "brand", "category")
        ]  # fmt: skip
        if len(facts) > FACTS:
            facts.sort(key=lambda one: -len(asked & set(words(as_text(one[1])))))
        facts = facts[:FACTS]
        texts = [as_text(fact) for _, fact in facts]
        shared = np.array([self._shared(asked, text) for text in texts])
        likeness = self.likeness.of(masked, texts) + SHARED * shared
        near = [facts[at] for at in np.argsort(-likeness) if likeness[at] >= NEAR]
        return [self.teller.say(row, fact, language) for row, fact in near[:2]]

    def _shared(self, asked: set[str], text: str) -> float:
        """The share of a question's words that a text holds, rare words counting more."""
        worth = {word: self._rarity(word) for word in asked}
        return sum(worth[word] for word in asked & set(words(text))) / (sum(worth.values()) or 1.0)

    def _rarity(self, word: str) -> float:
        return float(np.log(1 + len(self._said) / (1 + self._spread[word])))


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
    dimension for language in LANGUAGES for listed in cues("dimensions", language).values()
    for dimension in listed
)  # fmt: skip


def is_cue(message: str, term: Term, language: str) -> bool:
    """Whether a value is a word of the question itself: "how long"."""
    return any(
        match.start() <= term.start and term.end <= match.end()
        for key in cues("ask", language)
        for match in cue_pattern("ask", key, language).finditer(message)
    )


def _measures(fact: Fact, dimension: str) -> bool:
    return any(one.dimension == dimension for one in quantities(fact.value))
