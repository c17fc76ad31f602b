"""The messages that ask a model for a text: the brief, and the facts as data."""

from collections.abc import Sequence

from engine.claims import Fact
from engine.claims.vocabulary import readable
from engine.tables.categories import leaf
from engine.tasks.describe.brief import Brief

Messages = list[dict[str, str]]
# Longer than any title a shop needs; what is longer is no title.
LONGEST_VALUE = 200


def write_prompt(facts: Sequence[Fact], brief: Brief) -> Messages:
    """The messages that ask for a text by `brief` from `facts`, the title first."""
    words = brief.words
    request = [words["channels"][brief.channel]["ask"]]
    if persona := words["personas"][brief.persona]:
        request.append(words["reader"].format(persona=persona))
    if tone := words["tones"][brief.tone]:
        request.append(words["manner"].format(tone=tone))
    lines = [words["space"].join(request), words["given"]]
    lines += [f"{name_fact(fact, brief)}{words['colon']}{say(fact, brief)}" for fact in facts]
    return chat(words["system"], "\n".join(lines))


def chat(system: str, user: str) -> Messages:
    """Two messages in the form that every chat model takes."""
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def name_fact(fact: Fact, brief: Brief) -> str:
    """What a fact is called in a prompt or a template."""
    if fact.source == "title":
        return str(brief.words["product"])
    return str(brief.words.get(fact.source, readable(fact.name)))


def say(fact: Fact, brief: Brief) -> str:
    """The value of a fact on one line: whatever it holds stays one piece of data."""
    value = " ".join(fact.value.split())[:LONGEST_VALUE]
    if fact.source == "category":
        return leaf(value)
    if fact.is_attribute and fact.is_yes:
        return str(brief.words["yes"])
    if fact.is_attribute and fact.is_no:
        return str(brief.words["no"])
    return value
