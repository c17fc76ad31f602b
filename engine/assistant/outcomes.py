"""The three ways a message can end: an answer, a question back, a person who takes over."""

from collections.abc import Sequence

from engine.assistant.parsing import ParsedMessage
from engine.assistant.reply import Kind, Reply, Sentence
from engine.messages import say


def answer_with(parsed: ParsedMessage, kind: Kind, sentences: Sequence[Sentence]) -> Reply:
    """An answer of these sentences."""
    products = dict.fromkeys(
        source.id
        for sentence in sentences
        for source in sentence.sources
        if source.kind == "catalog"
    )
    return Reply(
        "answer",
        kind,
        parsed.language,
        tuple(sentences),
        confidence=parsed.kinds.get(kind, 0.0),
        products=tuple(products),
    )


def ask_back(parsed: ParsedMessage, kind: Kind, reason: str) -> Reply:
    """A question to the customer; `reason` is the code of what is missing."""
    sentence = Sentence(say(f"assistant.ask_back.{reason}", parsed.language))
    confidence = parsed.kinds.get(kind, 0.0)
    return Reply("ask_back", kind, parsed.language, (sentence,), reason, confidence)


def hand_over(
    parsed: ParsedMessage, kind: Kind, reason: str, more: Sequence[Sentence] = ()
) -> Reply:
    """A person takes over; `reason` is the code of why, `more` what can be said until then."""
    sentence = Sentence(say(f"assistant.hand_over.{reason}", parsed.language))
    confidence = parsed.kinds.get(kind, 0.0)
    return Reply("hand_over", kind, parsed.language, (sentence, *more), reason, confidence)
