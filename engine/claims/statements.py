"""What a set of facts affirms and denies, ready to be asked."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

from engine.claims.facts import Fact
from engine.claims.lexicon import Concept, Lexicon, forms_of, tokens_of
from engine.claims.polarity import is_denied
from engine.claims.vocabulary import kind_of_column, parts, readable

# A value of the facts' own counts as stated from this many letters on.
LETTERS = 4


class Statements:
    """The concepts that facts affirm or deny, and the words that they are written in.

    `own` holds the values of these facts that the shop's lexicon does not know.
    """

    def __init__(self) -> None:
        self.own = Lexicon()
        self._stated: dict[tuple[str, bool], list[tuple[Fact, Concept]]] = defaultdict(list)
        self._written: dict[str, Fact] = {}
        self._facts: list[Fact] = []
        self._coloured = False

    def add(self, fact: Fact, stated: Sequence[tuple[Concept, bool]]) -> None:
        """Take in a fact and the concepts it mentions, each with whether it is denied."""
        self._facts.append(fact)
        for concept, denied in stated:
            names = {concept.name} if denied else concept.within
            for name in names:
                self._stated[name, denied].append((fact, concept))
            self._coloured |= concept.kind == "colour" and _of_colour(fact)
        for form in forms_of(f"{readable(fact.name)} {fact.value}"):
            self._written.setdefault(form, fact)

    def supporting(self, concept: Concept, denied: bool) -> Fact | None:
        """The first fact that affirms `concept`, or one that denies it or something wider."""
        names = concept.within if denied else {concept.name}
        for name in names:
            for fact, _ in self._stated.get((name, denied), ()):
                # Where a column tells the colour, a colour in running text is another thing's.
                if (
                    concept.kind == "colour"
                    and self._coloured
                    and not (_of_colour(fact) or fact.name == "title")
                ):
                    continue
                return fact
        return None

    def naming(self, name: str) -> Fact | None:
        """The first fact that holds a name, a place or a model number, however it is spaced."""
        (form,) = forms_of(name)[:1] or ("",)
        if form in self._written:
            return self._written[form]
        if not name.isascii() or any(sign.isdigit() for sign in name):
            squeezed = _squeezed(name)
            return next((fact for fact in self._facts if squeezed in _squeezed(fact.value)), None)
        return None


def gather(facts: Sequence[Fact], lexicon: Lexicon) -> Statements:
    """What `facts` state in the words of `lexicon`."""
    statements = Statements()
    for fact in facts:
        if not fact.is_attribute or fact.is_yes or fact.is_no:
            continue
        for part in parts(fact.value):
            forms = forms_of(part)
            if forms not in lexicon.terms and sum(map(len, forms)) >= LETTERS:
                name = f"own:{' '.join(forms)}"
                statements.own.add(part, Concept(name, "attribute", frozenset({name})))
    for fact in facts:
        known = list(_stated(fact, lexicon))
        known += [(m.concept, False) for m in _mentions(fact.value, statements.own)]
        statements.add(fact, known)
    return statements


def _stated(fact: Fact, lexicon: Lexicon) -> Iterator[tuple[Concept, bool]]:
    if fact.is_attribute:
        name = readable(fact.name)
        tokens = tokens_of(name)
        for mention in _mentions(name, lexicon):
            denied = is_denied(name, tokens[mention.first], tokens[mention.last - 1])
            yield mention.concept, denied != fact.is_no
        if fact.is_yes or fact.is_no:
            return
    # "plating: Gold" states gold plating.
    whole = f"{fact.value} {readable(fact.name).split()[-1]}" if fact.is_attribute else fact.value
    tokens = tokens_of(whole)
    for mention in _mentions(whole, lexicon):
        yield mention.concept, is_denied(whole, tokens[mention.first], tokens[mention.last - 1])


def _mentions(text: str, lexicon: Lexicon) -> Iterator:
    return lexicon.find_all(text, tokens_of(text))


def _of_colour(fact: Fact) -> bool:
    return fact.is_attribute and kind_of_column(fact.name) == "colour"


@lru_cache(maxsize=20_000)
def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()
