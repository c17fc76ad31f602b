"""Checks whether the facts contain a number of a text in the same sense."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from engine.claims.facts import Fact
from engine.claims.lexicon import forms_of, overlap
from engine.claims.vocabulary import is_about, readable, word_list
from engine.text.quantities import HEIGHT, Quantity, quantities, unit_forms

# How many characters around a number say what it is about.
AROUND = 40
BESIDE = 12
# Numbers from here on are rarely equal by chance.
DISTINCT = 100
_BARE = re.compile(r"[-\d.,\s x×X*/–+:]+")
_CLAUSE = re.compile(r"[;!?。，；！？]|[.,](?=\s)|\b(?:and|but)\b|和|且")
# "Less than 500 g" is fair of 410 g; of a tenth of that it would be odd.
_BELOW = re.compile(
    r"(?i)(?:less than|under|below|fewer than|within|lighter than)\s*$"
    r"|(?:不到|少于|低于|小于|轻于)$"
)
_ABOVE = re.compile(
    r"(?i)(?:more than|over|at least|above|exceeding)\s*$|(?:超过|多于|不少于|至少|大于|超)$"
)
NEAR = 2.0
# Units that people also write for others.
_ALSO = {"degree": ("degC", "degF")}
# One of these is not a quantity when it is written in words: 一天, 一周.
_LOOSE = {"day", "week", "second"}


def number_claims(text: str) -> list[Quantity]:
    """The quantities of a text that state something, so without "one mug", 一天 and the like."""
    return [
        quantity
        for quantity in quantities(text)
        if quantity.value != 1 or not _is_loose(quantity.unit)
    ]


@lru_cache(maxsize=50_000)
def fact_quantities(fact: Fact, unit: str) -> tuple[Quantity, ...]:
    """The quantities in a fact's value; bare numbers of an attribute get `unit`, if any."""
    values = quantities(fact.value)
    if fact.is_attribute and unit and is_bare(fact.value):
        values = [replace(quantity, unit=quantity.unit or unit) for quantity in values]
    return tuple(values)


def is_bare(value: str) -> bool:
    """Whether a value consists of numbers without units, like `15.0` or `264 x 36 x 114`."""
    return bool(_BARE.fullmatch(value))


def find_support(
    claim: Quantity, text: str, facts: Iterable[Fact], units: Mapping[str, str]
) -> Fact | None:
    """The first fact that has the number of `claim`, a quantity in `text`, in the same sense.

    `units` are the units of the attribute columns with bare numbers.
    """
    around = _around(text, claim)
    quoted = text.strip()
    for fact in facts:
        if quoted in fact.value:
            return fact
        unit = units.get(fact.name, "") if claim.unit else ""
        for value in fact_quantities(fact, unit):
            fits = _matches(claim, value, fact, around) or _within_bound(claim, text, value)
            if fits and _same_role(claim, text, value, fact):
                return fact
    return None


def _matches(claim: Quantity, value: Quantity, fact: Fact, around: str) -> bool:
    if claim.unit and value.unit:
        also = _ALSO.get(claim.unit, ())
        return claim.equals(value) or any(replace(claim, unit=u).equals(value) for u in also)
    if claim.unit == HEIGHT:
        return claim.value == value.value
    if value.unit:
        free = not fact.is_attribute
        return (
            _is_count(value.unit)
            and _same_number(claim, value)
            and (free or _shares_words(fact, around))
        )
    bare = fact.is_attribute and is_bare(fact.value)
    if claim.unit and (bare or fact.name == "price"):
        likely = _likely_units(fact.name)
        if any(claim.equals(replace(value, unit=unit)) for unit in likely):
            return True
    if claim.unit:
        return _same_number(claim, value) and _counts(fact, value, claim.unit)
    free = claim.value >= DISTINCT or not fact.is_attribute
    return _same_number(claim, value) and (free or _shares_words(fact, around))


def _counts(fact: Fact, value: Quantity, unit: str) -> bool:
    """Whether the column or the text next to a bare number mentions what `unit` counts."""
    if fact.is_attribute:
        words = f"{readable(fact.name)} {fact.value}".lower()
    else:
        words = fact.value[max(0, value.start - BESIDE) : value.end + BESIDE].lower()
    forms = forms_of(words)
    spellings = unit_forms("counts").get(unit, ())
    return any(form in words if not form.isascii() else form in forms for form in spellings)


def _within_bound(claim: Quantity, text: str, value: Quantity) -> bool:
    """Whether the text only states a bound, and the fact meets it closely."""
    (bound, kind), (amount, other_kind) = claim.base, value.base
    if not claim.unit or kind != other_kind:
        return False
    before = text[max(0, claim.start - AROUND) : claim.start]
    return bool(
        (_BELOW.search(before) and bound / NEAR <= amount <= bound)
        or (_ABOVE.search(before) and bound <= amount <= bound * NEAR)
    )


def _same_number(first: Quantity, second: Quantity) -> bool:
    return abs(abs(first.value) - abs(second.value)) <= 1e-9 * max(abs(first.value), 1)


def _shares_words(fact: Fact, around: str) -> bool:
    """Whether the words around a number, if any, also occur in the fact or its name."""
    if not forms_of(around):
        return True
    name = readable(fact.name) if fact.is_attribute else ""
    return overlap(forms_of(around), forms_of(f"{name} {fact.value}"))


def _same_role(claim: Quantity, text: str, value: Quantity, fact: Fact) -> bool:
    """Whether the numbers in text and fact can be about the same thing."""
    clause = _clause(text, claim.start, claim.end)
    context = text[max(0, claim.start - AROUND) : claim.start] + text[claim.end :][:AROUND]
    if fact.is_attribute and _is_packing(readable(fact.name)) and forms_of(context):
        return _is_packing(clause)
    if not claim.unit:
        return True
    roles = _roles(clause)
    if fact.is_attribute:
        fact_roles = _roles(readable(fact.name))
    else:
        fact_roles = _roles(_clause(fact.value, value.start, value.end))
    return not roles or not fact_roles or bool(roles & fact_roles)


def _is_packing(text: str) -> bool:
    return bool(re.search(word_list("columns")["packing"]["pattern"], text))


def _roles(text: str) -> set[str]:
    text = text.lower()
    return {
        role
        for role, words in word_list("columns")["roles"].items()
        if any(word in text for word in words)
    }


@lru_cache(maxsize=5_000)
def _likely_units(column: str) -> tuple[str, ...]:
    return tuple(
        unit
        for unit, words in word_list("columns")["units"].items()
        if any(is_about(column, word) for word in words)
    )


def _around(text: str, claim: Quantity) -> str:
    """The text around a number, with its unit and without its digits."""
    unit = re.sub(r"[\d.,]", " ", text[claim.start : claim.end]) if claim.unit else " "
    before = text[max(0, claim.start - AROUND) : claim.start]
    return f"{before} {unit} {text[claim.end : claim.end + AROUND]}"


def _clause(text: str, start: int, end: int) -> str:
    before = _CLAUSE.split(text[max(0, start - AROUND) : start])[-1]
    after = _CLAUSE.split(text[end : end + AROUND])[0]
    return before + text[start:end] + after


def _is_count(unit: str) -> bool:
    return unit in unit_forms("counts")


def _is_loose(unit: str) -> bool:
    return unit in _LOOSE or _is_count(unit) or not unit
