"""The baseline that no model is needed for: a product's facts in ready-made sentences."""

import re
from collections.abc import Sequence

from engine.claims import Fact
from engine.tasks.describe.brief import Brief
from engine.tasks.describe.prompts import name_fact, say

_FILLED = re.compile(r"\{(\w+)\}")


def fill_template(facts: Sequence[Fact], brief: Brief) -> str:
    """The template of the brief's channel, without the sentences that no fact fills."""
    words = brief.words["template"]
    title = next((say(fact, brief) for fact in facts if fact.source == "title"), "")
    values = {"title": title.rstrip(".。")}
    for fact in facts:
        if fact.source in ("brand", "category", "price"):
            values[fact.source] = say(fact, brief)
    if values.get("brand", "").casefold() in title.casefold():
        values.pop("brand", None)
    if details := words["between"].join(_details(facts, brief)):
        values["details"] = details[0].upper() + details[1:]
    filled: list[str] = []
    for sentence in words[brief.channel]:
        if set(_FILLED.findall(sentence)) <= values.keys():
            filled.append(sentence.format(**values))
    text = ""
    for sentence in filled:
        longer = f"{text}{brief.words['space']}{sentence}" if text else sentence
        if text and len(longer) > brief.most_characters:
            break
        text = longer
    return text


def _details(facts: Sequence[Fact], brief: Brief) -> list[str]:
    words = brief.words["template"]
    return [
        words["affirmed" if fact.is_yes else "detail"].format(
            name=name_fact(fact, brief), value=say(fact, brief)
        )
        for fact in facts
        if fact.is_attribute and not fact.is_no
    ]
