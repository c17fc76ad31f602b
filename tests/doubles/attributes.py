"""An attributes model that sees red and blue mugs."""

from engine.labelling.labels import OTHER
from engine.storage.runs import UNTUNED
from engine.tasks.attributes.answers import OWN, AttributesAnswer, AttributesInput
from engine.tasks.classify.answers import HeadAnswer, HeadExplanation, WhyInput
from tests.doubles.classify import explanation, head_answer

COLUMNS = ("colour", "category")


def predict(
    item: AttributesInput, run: str, columns: tuple[str, ...] = COLUMNS
) -> AttributesAnswer:
    """A colour under every column but the category; of own labels always the first."""
    confidence = 0.4 if run == UNTUNED else 0.95
    colour = "red" if "red" in item.title else "blue"
    values = {name: "Kitchen > Mugs" if name == "category" else colour for name in columns}
    if item.labels is not None:
        names = [label.name for label in item.labels]
        heads: dict[str, HeadAnswer] = {OWN: head_answer(names[0], 0.7, names)}
    else:
        heads = {
            name: head_answer(value, confidence, [value, OTHER]) for name, value in values.items()
        }
    return AttributesAnswer(
        title=item.title,
        description=item.description,
        product_id=item.product_id,
        heads=heads,
        unsure=next(iter(heads.values())).unsure,
        uncertainty=1 - confidence,
        words={name: (value,) for name, value in values.items()} if item.words else {},
    )


def explain(
    body: WhyInput[AttributesInput], run: str, columns: tuple[str, ...] = COLUMNS
) -> HeadExplanation:
    """Every word counts the same."""
    answer = predict(body.item, run, columns)
    return explanation(answer, body.head or next(iter(answer.heads)), body.item.title)
