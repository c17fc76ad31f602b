"""An intent model that reads the length of a query, and sees jackets."""

from engine.labelling.labels import INTENTS
from engine.storage.runs import UNTUNED
from engine.tasks.classify.answers import HeadExplanation, WhyInput
from engine.tasks.intent.answers import IntentAnswer, IntentInput
from tests.doubles.classify import explanation, head_answer

CATEGORIES = ("Clothing", "Kitchen")


def predict(item: IntentInput, run: str) -> IntentAnswer:
    """The untuned model is unsure of the intent; of the category both are sure."""
    confidence = 0.3 if run == UNTUNED else 0.9
    intent = INTENTS[len(item.query) % len(INTENTS)]
    category = CATEGORIES[0 if "jacket" in item.query else 1]
    heads = {
        "intent": head_answer(intent, confidence, INTENTS),
        "category": head_answer(category, 0.8, CATEGORIES),
    }
    return IntentAnswer(
        query=item.query,
        heads=heads,
        unsure=heads["intent"].unsure,
        uncertainty=1 - confidence,
    )


def explain(body: WhyInput[IntentInput], run: str) -> HeadExplanation:
    """Every word counts the same for the intent."""
    return explanation(predict(body.item, run), "intent", body.item.query)
