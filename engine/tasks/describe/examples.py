"""What a model learns to write: the shop's own descriptions, as far as the facts support them."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.claims import ClaimChecker, Fact
from engine.claims.facts import sentences
from engine.claims.vocabulary import kind_of_column
from engine.tasks.describe.brief import CHANNELS, Brief, Channel
from engine.tasks.describe.evidence import DESCRIPTION, Grounds, Habit, ground
from engine.tasks.describe.prompts import name_fact, say
from engine.text.words import STOPWORDS, words

# A lesson tells as many facts beyond the title, where the product has them.
FACTS_TOLD = 3
# How often lessons are of each channel.
WEIGHTS = (5, 2, 1, 2)
# The shortest sentence of a description that is worth learning, in characters.
SHORTEST = 8


@dataclass(frozen=True)
class Lesson:
    """A product's grounds, the channel that a text has the length of, and the text."""

    grounds: Grounds
    channel: Channel
    text: str


def teach(
    checker: ClaimChecker, habit: Habit, product_ids: Iterable[str], language: str, shown: int
) -> Iterator[Lesson]:
    """A lesson for each product whose description holds a sentence that the facts support.

    Of a description those sentences stay that claim nothing beyond the facts shown and have a word
    in common with them: what has none is invented, as far as the writer can know. Facts that the
    rest leaves out follow in ready-made sentences until `FACTS_TOLD` are told.
    """
    for product_id in product_ids:
        told = ground(checker, habit, product_id, shown)
        # What the writer is not shown it must not learn to tell.
        known = Grounds(product_id, told.shown, told.shown, checker)
        kept = [
            one
            for fact in checker.facts(product_id)
            if fact.source == DESCRIPTION
            for one in sentences(fact.value)
            if len(one) >= SHORTEST and _touches(one, known.shown) and known.supported(one)
        ]
        if not kept:
            continue
        drawn = random.Random(f"{product_id}")  # noqa: S311 - a choice of wording
        brief = Brief(drawn.choices(CHANNELS, WEIGHTS)[0], language=language)  # type: ignore[arg-type]
        text = _complete(kept, known, brief, drawn)
        if text and known.supported(text):
            yield Lesson(told, brief.channel, text)


def _touches(sentence: str, facts: Sequence[Fact]) -> bool:
    """Whether a sentence has a telling word in common with the facts."""
    known = {word for fact in facts for word in words(fact.value)} - STOPWORDS
    return bool(known.intersection(words(sentence)))


def _complete(kept: list[str], known: Grounds, brief: Brief, drawn: random.Random) -> str:
    """The sentences that fit the channel, and further facts where there is room for them."""
    space = brief.words["space"]
    text = ""
    if not _names_product(kept, known):
        kept = [f"{known.title.rstrip('.。')}{brief.words['stop']}", *kept]
    for one in kept[: max(brief.most_sentences - 1, 1)]:
        longer = f"{text}{space}{one}" if text else one
        if len(longer) > brief.most_characters:
            break
        text = longer
    if not text:
        return ""
    used = set(_told(text, known))
    # First those that the check tells from the title: "Yoga Mats" adds nothing to a yoga mat.
    rest = [fact for fact in known.shown[1:] if fact not in used]
    rest.sort(key=lambda fact: fact not in _told(_state(fact, brief, drawn), known))
    room = min(FACTS_TOLD - len(used), brief.most_sentences - len(sentences(text)))
    for fact in rest[: max(room, 0)]:
        if text[-1] not in ".!?。！？":
            text += brief.words["stop"]
        longer = f"{text}{space}{_state(fact, brief, drawn)}"
        if len(longer) <= brief.most_characters:
            text = longer
    return text


def _names_product(told: Sequence[str], known: Grounds) -> bool:
    """Whether some sentences hold half of the title's telling words."""
    title = set(words(known.title)) - STOPWORDS
    return 2 * len(title.intersection(word for one in told for word in words(one))) >= len(title)


def _told(text: str, known: Grounds) -> list[Fact]:
    return known.checker.facts_used(text, known.shown)


def _state(fact: Fact, brief: Brief, drawn: random.Random) -> str:
    forms = brief.words["lesson"]
    form = str(drawn.choice(forms[_kind(fact)]))
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
