"""What a text about a product may say: its facts, those that the writer is told, and the check."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.claims import Claim, ClaimChecker, Fact
from engine.claims.facts import sentences
from engine.claims.vocabulary import readable
from engine.text.words import normalise

DESCRIPTION = "description"
# A longer value is a text of its own: it would fill what the writer reads.
LONGEST = 60
# What is told first where the shop's descriptions tell no facts.
FIRST = ("brand", "category", "price")
# Neither names with numbers nor dates read well in a text.
_UNREADABLE = re.compile(r"\d")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"[\d.,]+")
# How many descriptions tell which facts are worth telling, and how sure that is.
READ = 300
DOUBT = 5


@dataclass(frozen=True)
class Evidence:
    """A product's facts without its description, and the shop's check of claims.

    `shown` are the facts that the writer is told, the title first.
    """

    product_id: str
    facts: tuple[Fact, ...]
    shown: tuple[Fact, ...]
    checker: ClaimChecker

    @property
    def title(self) -> str:
        """The product's title."""
        return next((fact.value for fact in self.facts if fact.source == "title"), "")

    def claims(self, text: str) -> list[Claim]:
        """What a text claims, each with the fact that it rests on."""
        return self.checker.claims(text, self.facts)

    def supported(self, text: str) -> bool:
        """Whether the facts support every claim of a text."""
        return self.checker.supported(text, self.facts)

    def used(self, text: str) -> int:
        """How many facts a text tells that are not in the title."""
        return len(self.checker.facts_used(text, self.facts))


@dataclass(frozen=True)
class FactFrequencies:
    """How often the shop's descriptions tell each kind of fact, by the fact's source."""

    rates: Mapping[str, float]

    def choose(self, facts: Sequence[Fact], most: int) -> tuple[Fact, ...]:
        """The title and the `most` further facts that are told most often, one of each source.

        What the title says already is no further fact.
        """
        title = [fact for fact in facts if fact.source == "title"][:1]
        in_title = " ".join(normalise(fact.value) for fact in title)
        further: dict[str, Fact] = {}
        for fact in facts:
            new = fact.source != "title" and normalise(fact.value) not in in_title
            if new and _is_tellable(fact):
                further.setdefault(fact.source, fact)
        ranked = sorted(further.values(), key=lambda fact: -self._worth(fact))
        return (*title, *ranked[:most])

    def _worth(self, fact: Fact) -> float:
        if fact.source in FIRST:
            least = (1 + len(FIRST) - FIRST.index(fact.source)) / 1000
        else:
            # A number says little without its unit, which many columns leave out.
            least = 0.0 if _NUMBER.fullmatch(fact.value) else 0.001
        return self.rates.get(fact.source, 0.0) + least


def _is_tellable(fact: Fact) -> bool:
    if fact.is_no or len(fact.value) > LONGEST or _DATE.match(fact.value):
        return False
    return not (fact.is_attribute and _UNREADABLE.search(fact.name))


def learn_fact_frequencies(checker: ClaimChecker, product_ids: Iterable[str]) -> FactFrequencies:
    """Which facts the first `READ` descriptions of some products tell; rare ones count less."""
    products: Counter[str] = Counter()
    descriptions: Counter[str] = Counter()
    for product_id in list(product_ids)[:READ]:
        facts, description = split_facts(checker.facts(product_id))
        products.update({fact.source for fact in facts})
        descriptions.update({fact.source for fact in checker.facts_used(description, facts)})
    return FactFrequencies(
        {source: n / (products[source] + DOUBT) for source, n in descriptions.items()}
    )


def split_facts(facts: Sequence[Fact]) -> tuple[tuple[Fact, ...], str]:
    """Facts without those of the description, and the description."""
    description = " ".join(fact.value for fact in facts if fact.source == DESCRIPTION)
    return tuple(fact for fact in facts if fact.source != DESCRIPTION), description


def collect_evidence(
    checker: ClaimChecker, fact_frequencies: FactFrequencies, product_id: str, most: int
) -> Evidence:
    """The evidence for a product, with at most `most` facts shown beside the title."""
    facts, _ = split_facts(checker.facts(product_id))
    # A fact that the check does not know again in its plainest statement cannot be told safely.
    sure = [
        fact
        for fact in facts
        if fact.source == "title"
        or checker.supported(f"{readable(fact.name)}: {fact.value}", [fact])
    ]
    return Evidence(product_id, facts, fact_frequencies.choose(sure, most), checker)


def keep_supported(text: str, evidence: Evidence) -> str:
    """A text without the sentences that claim what no fact supports."""
    kept = [sentence for sentence in sentences(text) if evidence.supported(sentence)]
    return " ".join(kept)
