"""Whether a reply says only what its sources say: numbers, quotations, names, any other word."""

import re
from collections.abc import Iterable, Iterator, Sequence

from engine.assistant.reply import Reply, Sentence, Source
from engine.assistant.understanding import cue_pattern, cues, language_of
from engine.claims import ClaimChecker, Fact
from engine.text.words import STOPWORDS, words

_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_QUOTED = re.compile(r"“([^”]+)”|「([^」]+)」")
# The kinds of statements that words alone decide; numbers are compared by themselves.
_CLAIMED = {"number"}


def unsupported(reply: Reply) -> list[str]:
    """The numbers and quotations of a reply that none of their own sentence's sources hold."""
    return [part for sentence in reply.sentences for part in _missing(sentence)]


def supports(reply: Reply, text: str, message: str, checker: ClaimChecker) -> bool:
    """Whether `text`, a generator's wording of `reply`, says nothing beyond reply and sources.

    Every number and quotation must stand in them, every claim must have a fact among them, no
    denial may come or go, and no word may be new but those of courtesy and grammar.
    """
    statements = [reply.plain, *(part for source in reply.sources for part in _texts(source))]
    evidence = "\n".join(statements)
    if any(number not in _numbers(evidence) for number in _numbers(text)):
        return False
    if any(quote not in evidence for quote in _quotes(text)):
        return False
    facts = [Fact("description", part, "description") for part in statements]
    claims = checker.claims(text, facts)
    if any(claim.fact is None for claim in claims if claim.kind not in _CLAIMED):
        return False
    language = language_of(text, reply.language)
    negators = cue_pattern("negators", "words", language)
    if _count(negators.findall(text)) != _count(negators.findall(reply.plain)):
        return False
    vocabulary = set(words(evidence)) | set(words(message)) | STOPWORDS
    vocabulary |= set(words(" ".join(cues("polite", language)["words"])))
    return all(word in vocabulary for word in words(text))


def derived(source: Source) -> set[str]:
    """The numbers that come from a source's rows: how many, their sum, their mean."""
    if not source.rows:
        return set() if source.quote else {"0"}
    values = [value for _, value in source.rows]
    total = sum(values)
    return {
        str(len(values)),
        f"{total:g}",
        f"{total:.2f}",
        f"{total / len(values):.1f}",
        *(f"{value:g}" for value in values),
    }


def _missing(sentence: Sentence) -> Iterator[str]:
    texts = [part for source in sentence.sources for part in _texts(source)]
    numbers = {number for text in texts for number in _numbers(text)}
    numbers |= {number for source in sentence.sources for number in derived(source)}
    for number in _numbers(sentence.text):
        if sentence.sources and number not in numbers:
            yield number
    for quote in _quotes(sentence.text):
        if not any(quote in text for text in texts):
            yield quote


def _numbers(text: str) -> list[str]:
    return _NUMBER.findall(text)


def _quotes(text: str) -> list[str]:
    return [one or other for one, other in _QUOTED.findall(text)]


def _texts(source: Source) -> Sequence[str]:
    return (source.quote, source.title, source.id, source.field)


def _count(matches: Iterable[str]) -> int:
    return sum(1 for _ in matches)
