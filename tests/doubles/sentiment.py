"""A sentiment model that knows the words for good and bad."""

from engine.reviews.aspects import Aspects, find_mentions
from engine.storage.runs import UNTUNED
from engine.tables.schema import SENTIMENTS
from engine.tasks.classify.answers import HeadAnswer, HeadExplanation, WhyInput
from engine.tasks.sentiment.answers import AspectAnswer, SentimentAnswer, SentimentInput
from tests.doubles.classify import explanation, head_answer


def predict(item: SentimentInput, run: str) -> SentimentAnswer:
    """The untuned model is unsure of every text."""
    aspects = []
    for mention in find_mentions(item.text, Aspects(item.aspects or {})):
        answer = _answer(mention.clause, run)
        aspects.append(
            AspectAnswer(
                mention.aspect,
                mention.term,
                mention.clause,
                answer.label,
                answer.confidence,
                answer.unsure,
            )
        )
    answer = _answer(item.text, run)
    return SentimentAnswer(
        text=item.text,
        heads={"sentiment": answer},
        unsure=answer.unsure,
        uncertainty=1 - answer.confidence,
        aspects=tuple(aspects),
    )


def explain(body: WhyInput[SentimentInput], run: str) -> HeadExplanation:
    """Every word counts the same."""
    return explanation(predict(body.item, run), "sentiment", body.item.text)


def _answer(text: str, run: str) -> HeadAnswer:
    return head_answer(_sentiment(text.lower()), 0.4 if run == UNTUNED else 0.9, SENTIMENTS)


def _sentiment(words: str) -> str:
    if "bad" in words or "差" in words:
        return "negative"
    return "positive" if "good" in words or "好" in words else "neutral"
