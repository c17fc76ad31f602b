"""What a model learns to write: the shop's own descriptions, as far as the facts support them."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from engine.claims import ClaimChecker, Fact
from engine.claims.facts import sentences
from engine.claims.vocabulary import kind_of_column
from engine.tasks.describe.brief import CHANNELS, Brief, Channel, copy_language
from engine.tasks.describe.evidence import DESCRIPTION, Evidence, FactFrequencies, collect_evidence
from engine.tasks.describe.prompts import name_fact, say
from engine.text.words import STOPWORDS, words

# An example tells as many facts beyond the title, where the product has them.
FACTS_TOLD = 3
# How often examples are of each channel.
WEIGHTS = (5, 2, 1, 2)
# The shortest sentence of a description that is worth learning, in characters.
SHORTEST = 8


@dataclass(frozen=True)
class Example:
    """The evidence for a product, the channel whose length a text has, and the text."""

    evidence: Evidence
    channel: Channel
    text: str


def make_examples(
    checker: ClaimChecker,
    fact_frequencies: FactFrequencies,
    product_ids: Iterable[str],
    language: str,
    shown: int,
) -> Iterator[Example]:
    """An example for each product whose description holds a sentence that the facts support.

    Of a description those sentences stay that claim nothing beyond the facts shown and have a word
    in common with them: what has none is invented, as far as the writer can know. Facts that the
    rest leaves out follow in ready-made sentences until `FACTS_TOLD` are told.
    """
    for product_id in product_ids:
        evidence = collect_evidence(checker, fact_frequencies, product_id, shown)
        # What the writer is not shown it must not learn to tell.
        shown_only = replace(evidence, facts=evidence.shown)
        kept = [
            sentence
            for fact in checker.facts(product_id)
            if fact.source == DESCRIPTION
            for sentence in sentences(fact.value)
            if len(sentence) >= SHORTEST
            and _touches(sentence, evidence.shown)
            and shown_only.supported(sentence)
        ]
        if not kept:
            continue
        rng = random.Random(f"{product_id}")  # noqa: S311 - a choice of wording
        brief = Brief(rng.choices(CHANNELS, WEIGHTS)[0], language=copy_language(language))
        text = _complete(kept, shown_only, brief, rng)
        if text and shown_only.supported(text):
            yield Example(evidence, brief.channel, text)


def _touches(sentence: str, facts: Sequence[Fact]) -> bool:
    """Whether a sentence has a telling word in common with the facts."""
    fact_words = {word for fact in facts for word in words(fact.value)} - STOPWORDS
    return bool(fact_words.intersection(words(sentence)))


def _complete(kept: list[str], evidence: Evidence, brief: Brief, rng: random.Random) -> str:
    """The sentences that fit the channel, and further facts where there is room for them."""
    space = brief.words["space"]
    text = ""
    if not _names_product(kept, evidence):
        kept = [f"{evidence.title.rstrip('.。')}{brief.words['stop']}", *kept]
    for sentence in kept[: max(brief.most_sentences - 1, 1)]:
        longer = f"{text}{space}{sentence}" if text else sentence
        if len(longer) > brief.most_characters:
            break
        text = longer
    if not text:
        return ""
    used = set(_facts_in(text, evidence))
    # First those that the check tells from the title: "Yoga Mats" adds nothing to a yoga mat.
    rest = [fact for fact in evidence.shown[1:] if fact not in used]
    rest.sort(key=lambda fact: fact not in _facts_in(_state(fact, brief, rng), evidence))
    room = min(FACTS_TOLD - len(used), brief.most_sentences - len(sentences(text)))
    for fact in rest[: max(room, 0)]:
        if text[-1] not in ".!?。！？":
            text += brief.words["stop"]
        longer = f"{text}{space}{_state(fact, brief, rng)}"
        if len(longer) <= brief.most_characters:
            text = longer
    return text


def _names_product(text: Sequence[str], evidence: Evidence) -> bool:
    """Whether some sentences hold half of the title's telling words."""
    title = set(words(evidence.title)) - STOPWORDS
    text_words = {word for sentence in text for word in words(sentence)}
    return 2 * len(title & text_words) >= len(title)


def _facts_in(text: str, evidence: Evidence) -> list[Fact]:
    return evidence.checker.facts_used(text, evidence.shown)


def _state(fact: Fact, brief: Brief, rng: random.Random) -> str:
    forms = brief.words["statement"]
    form = str(rng.choice(forms[_kind(fact)]))
    text = form.format(name=name_fact(fact, brief), value=say(fact, brief))
    return text[0].upper() + text[1:]


def _kind(fact: Fact) -> str:
    if not fact.is_attribute:
        return fact.source
    if fact.is_yes:
        return "affirmed"
    if fact.value[:1].isdigit():
        return "number"
    kind = kind_of_column(fact.name)
    return kind if kind in ("colour", "material") else "value"
