"""Whether a number in a text is one that the facts hold, in the same sense."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from engine.claims.facts import Fact
from engine.claims.lexicon import forms_of, overlap
from engine.claims.vocabulary import is_about, readable, word_list
from engine.text.quantities import HEIGHT, Quantity, quantities, unit_forms

# How many characters around a number tell what it is said of.
AROUND = 40
BESIDE = 12
# Numbers from here on are hardly equal by chance.
DISTINCT = 100
_BARE = re.compile(r"[-\d.,\s x×X*/–+:]+")
_CLAUSE = re.compile(r"[;!?。，；！？]|[.,](?=\s)|\b(?:and|but)\b|和|且")
# "Less than 500 g" is true of 410 g; of a tenth of it nobody would say so.
_BELOW = re.compile(
    r"(?i)(?:less than|under|below|fewer than|within|lighter than)\s*$"
    r"|(?:不到|少于|低于|小于|轻于)$"
)
_ABOVE = re.compile(
    r"(?i)(?:more than|over|at least|above|exceeding)\s*$|(?:超过|多于|不少于|至少|大于|超)$"
)
NEAR = 2.0
# People also write these for those.
_ALSO = {"degree": ("degC", "degF")}
# One of these, in words, counts nothing: 一天, 一周.
_LOOSE = {"day", "week", "second"}


def number_claims(text: str) -> list[Quantity]:
    """The quantities of a text that state something: all but one of a thing, 一天 and the like."""
    return [found for found in quantities(text) if found.value != 1 or not _is_loose(found.unit)]


@lru_cache(maxsize=50_000)
def fact_quantities(fact: Fact, unit: str) -> tuple[Quantity, ...]:
    """The quantities in a fact's value; bare ones of an attribute are in `unit` if it is known."""
    found = quantities(fact.value)
    if fact.is_attribute and unit and is_bare(fact.value):
        found = [replace(quantity, unit=quantity.unit or unit) for quantity in found]
    return tuple(found)


def is_bare(value: str) -> bool:
    """Whether a value is numbers without units, as `15.0` or `264 x 36 x 114`."""
    return bool(_BARE.fullmatch(value))


def find_support(
    claim: Quantity, text: str, facts: Iterable[Fact], units: Mapping[str, str]
) -> Fact | None:
    """The first fact that holds the number of `claim`, a quantity of `text`, in the same sense.

    `units` are those of the attribute columns that hold bare numbers.
    """
    around = _around(text, claim)
    quoted = text.strip()
    for fact in facts:
        if quoted in fact.value:
            return fact
        unit = units.get(fact.name, "") if claim.unit else ""
        for held in fact_quantities(fact, unit):
            fits = _equal(claim, held, fact, around) or _beyond(claim, text, held)
            if fits and _same_role(claim, text, held, fact):
                return fact
    return None


def _equal(claim: Quantity, held: Quantity, fact: Fact, around: str) -> bool:
    if claim.unit and held.unit:
        also = _ALSO.get(claim.unit, ())
        return claim.equals(held) or any(replace(claim, unit=u).equals(held) for u in also)
    if claim.unit == HEIGHT:
        return claim.value == held.value
    if held.unit:
        told = not fact.is_attribute
        return _is_count(held.unit) and _alike(claim, held) and (told or _shares(fact, around))
    bare = fact.is_attribute and is_bare(fact.value)
    if claim.unit and (bare or fact.name == "price"):
        likely = _likely_units(fact.name)
        if any(claim.equals(replace(held, unit=unit)) for unit in likely):
            return True
    if claim.unit:
        return _alike(claim, held) and _counts(fact, held, claim.unit)
    told = claim.value >= DISTINCT or not fact.is_attribute
    return _alike(claim, held) and (told or _shares(fact, around))


def _counts(fact: Fact, held: Quantity, unit: str) -> bool:
    """Whether a column, or the text right beside its bare number, speaks of what `unit` counts."""
    if fact.is_attribute:
        said = f"{readable(fact.name)} {fact.value}".lower()
    else:
        said = fact.value[max(0, held.start - BESIDE) : held.end + BESIDE].lower()
    forms = forms_of(said)
    written = unit_forms("counts").get(unit, ())
    return any(form in said if not form.isascii() else form in forms for form in written)


def _beyond(claim: Quantity, text: str, held: Quantity) -> bool:
    """Whether the text only gives a bound, and the fact keeps it without being far from it."""
    (bound, kind), (known, other) = claim.base, held.base
    if not claim.unit or kind != other:
        return False
    before = text[max(0, claim.start - AROUND) : claim.start]
    return bool(
        (_BELOW.search(before) and bound / NEAR <= known <= bound)
        or (_ABOVE.search(before) and bound <= known <= bound * NEAR)
    )


def _alike(one: Quantity, other: Quantity) -> bool:
    return abs(abs(one.value) - abs(other.value)) <= 1e-9 * max(abs(one.value), 1)


def _shares(fact: Fact, around: str) -> bool:
    """Whether the words around a number, if any, are also in the fact or in its name."""
    if not forms_of(around):
        return True
    name = readable(fact.name) if fact.is_attribute else ""
    return overlap(forms_of(around), forms_of(f"{name} {fact.value}"))


def _same_role(claim: Quantity, text: str, held: Quantity, fact: Fact) -> bool:
    """Whether text and fact do not say their numbers of different things."""
    clause = _clause(text, claim.start, claim.end)
    other = text[max(0, claim.start - AROUND) : claim.start] + text[claim.end :][:AROUND]
    if fact.is_attribute and _is_packing(readable(fact.name)) and forms_of(other):
        return _is_packing(clause)
    if not claim.unit:
        return True
    said = _roles(clause)
    if fact.is_attribute:
        known = _roles(readable(fact.name))
    else:
        known = _roles(_clause(fact.value, held.start, held.end))
    return not said or not known or bool(said & known)


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
    """What stands around a number, with its unit and without its digits."""
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
