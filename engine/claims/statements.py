"""Looks up what a set of facts affirms and negates."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

from engine.claims.facts import Fact
from engine.claims.lexicon import Concept, Lexicon, Mention, Token, forms_of, tokens_of
from engine.claims.polarity import is_denied
from engine.claims.vocabulary import kind_of_column, parts, readable

# Values with fewer letters are too short to be looked for in a text.
LETTERS = 4
# Names that share this many first letters are taken for forms of one name.
STEM = 6


class Statements:
    """The concepts that facts affirm or negate, and the words of the facts.

    `own` has the values of these facts that are not in the shop's lexicon.
    """

    def __init__(self) -> None:
        self.own = Lexicon()
        self._stated: dict[tuple[str, bool], list[tuple[Fact, str]]] = defaultdict(list)
        self._written: dict[str, Fact] = {}
        self._facts: list[Fact] = []
        self._coloured = False

    def add(self, fact: Fact, stated: Sequence[tuple[Concept, bool, str]]) -> None:
        """Add a fact and its mentions: concept, whether negated, and the word after it."""
        self._facts.append(fact)
        for concept, denied, after in stated:
            names = {concept.name} if denied else concept.within
            for name in names:
                self._stated[name, denied].append((fact, after))
            self._coloured |= concept.kind == "colour" and _of_colour(fact)
        for form in forms_of(f"{readable(fact.name)} {fact.value}"):
            self._written.setdefault(form, fact)

    def supporting(self, concept: Concept, denied: bool, after: str = "") -> Fact | None:
        """The first fact that affirms `concept`; if `denied`, that negates it or a wider one.

        `after` is the word that follows in the text. If a column has the product's colour, then a
        colour in a description belongs to some part, and the text must name the same part.
        """
        names = concept.within if denied else {concept.name}
        must_match = concept.kind == "colour" and self._coloured
        for name in names:
            for fact, thing in self._stated.get((name, denied), ()):
                about_product = _of_colour(fact) or fact.name == "title"
                if about_product or not must_match or (after and after == thing):
                    return fact
        return None

    def naming(self, name: str) -> Fact | None:
        """The first fact with a name, a place or a model number, however it is spaced."""
        (form,) = forms_of(name)[:1] or ("",)
        if form in self._written:
            return self._written[form]
        if not name.isascii() or any(sign.isdigit() for sign in name):
            squeezed = _squeezed(name)
            return next((fact for fact in self._facts if squeezed in _squeezed(fact.value)), None)
        # "Portuguese" is supported by "Portugal".
        if len(form) < STEM:
            return None
        inflected = (fact for word, fact in self._written.items() if word.startswith(form[:STEM]))
        return next(inflected, None)


def gather_statements(facts: Sequence[Fact], lexicon: Lexicon) -> Statements:
    """The statements that `facts` make in the terms of `lexicon`."""
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
        statements.add(fact, [*_stated(fact, lexicon), *_stated(fact, statements.own)])
    return statements


def word_after(mention: Mention, tokens: Sequence[Token]) -> str:
    """The form of the token after a mention; "" at the end."""
    return tokens[mention.last].form if mention.last < len(tokens) else ""


def _stated(fact: Fact, lexicon: Lexicon) -> Iterator[tuple[Concept, bool, str]]:
    if fact.is_attribute:
        for concept, denied, after in _mentioned(readable(fact.name), lexicon):
            yield concept, denied != fact.is_no, after
        if fact.is_yes or fact.is_no:
            return
    yield from _mentioned(fact.value, lexicon)
    if fact.is_attribute:
        # "plating: Gold" states gold plating.
        yield from _mentioned(" ".join([fact.value, *readable(fact.name).split()[-1:]]), lexicon)


def _mentioned(text: str, lexicon: Lexicon) -> Iterator[tuple[Concept, bool, str]]:
    tokens = tokens_of(text)
    for mention in lexicon.find_all(text, tokens):
        denied = is_denied(text, tokens[mention.first], tokens[mention.last - 1])
        yield mention.concept, denied, word_after(mention, tokens)


def _of_colour(fact: Fact) -> bool:
    return fact.is_attribute and kind_of_column(fact.name) == "colour"


@lru_cache(maxsize=20_000)
def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()
