"""Facts of the catalog as sentences, each with its source."""

from collections.abc import Iterable, Sequence

from engine.assistant.product_resolution import ProductNames, Term
from engine.assistant.reply import Sentence, Source
from engine.claims import ClaimChecker, Fact
from engine.claims.lexicon import forms_of
from engine.claims.vocabulary import readable
from engine.messages import say

# So many sentences of a description are quoted where somebody wants to know all.
DESCRIBED = 4


class FactRenderer:
    """The products of one catalog by row, and what is said of them."""

    def __init__(self, names: ProductNames, checker: ClaimChecker) -> None:
        self.names = names
        self.checker = checker

    def facts(self, row: int) -> list[Fact]:
        """Everything the catalog says of a product."""
        return self.checker.facts(self.names.ids[row])

    def holding(self, row: int, terms: Sequence[Term]) -> list[Fact]:
        """The fact that holds each of the values: a column's before the title's."""
        facts = [fact for fact in self.facts(row) if fact.name != "description"]
        holders = []
        for term in terms:
            fits = [fact for fact in facts if _holds(fact, term)]
            holders += ([fact for fact in fits if fact.is_attribute] or fits)[:1]
        return holders

    def sentence(self, row: int, fact: Fact, language: str) -> Sentence:
        """One fact of a product."""
        title = self.names.titles[row]
        if fact.name in ("description", "title"):
            text = say(f"assistant.catalog.{fact.name}", language, title=title, quote=fact.value)
        else:
            name = field_name(fact, language)
            text = say("assistant.catalog.fact", language, title=title, name=name, value=fact.value)
        return Sentence(text, (self.source(row, fact),))

    def line(self, row: int, language: str, facts: Sequence[Fact] = ()) -> Sentence:
        """One product of a list: title, price, and the other `facts`."""
        price = [fact for fact in self.facts(row) if fact.name == "price"]
        shown = [*price, *facts]
        parts = [
            say("assistant.catalog.part", language, name=field_name(one, language), value=one.value)
            for one in shown
        ]
        title = self.names.titles[row]
        if not parts:
            named = Fact("title", title, "title")
            return Sentence(title, (self.source(row, named),))
        joined = say("assistant.catalog.between", language).join(parts)
        text = say("assistant.catalog.listed", language, title=title, facts=joined)
        return Sentence(text, tuple(self.source(row, one) for one in shown))

    def about(self, row: int, language: str, described: bool = True) -> list[Sentence]:
        """All of a product's columns, and the beginning of its description."""
        facts = self.facts(row)
        columns = [fact for fact in facts if fact.is_attribute or fact.name == "brand"]
        sentences = [self.line(row, language, columns)]
        if described:
            descriptions = [fact for fact in facts if fact.name == "description"][:DESCRIBED]
            sentences += [self.sentence(row, fact, language) for fact in descriptions]
        return sentences

    def source(self, row: int, fact: Fact) -> Source:
        """Where a fact stands."""
        names = self.names
        return Source("catalog", names.ids[row], names.titles[row], fact.name, fact.value)


def field_name(fact: Fact, language: str) -> str:
    """A fact's name as people say it; the shop's own columns keep theirs."""
    if fact.is_attribute:
        return readable(fact.name)
    return say(f"assistant.fields.{fact.name}", language)


def as_text(fact: Fact) -> str:
    """A fact as it is compared with a question."""
    return f"{readable(fact.name)}: {fact.value}" if fact.is_attribute else fact.value


def once(sentences: Iterable[Sentence]) -> list[Sentence]:
    """Each sentence once, in their order."""
    return list(dict.fromkeys(sentences))


def _holds(fact: Fact, term: Term) -> bool:
    wanted = term.name.split(" ")
    forms = list(forms_of(fact.value))
    return any(forms[at : at + len(wanted)] == wanted for at in range(len(forms)))
