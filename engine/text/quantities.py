"""Numbers with units as people write them, in English and Chinese, and when two are equal."""

import functools
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pint

from engine.text.words import segment

# Shops round converted units: 3 ft becomes 0.91 m, 1.8 l becomes 60 fl oz.
TOLERANCE = 0.011
# The unit of a screen's resolution ("1080p").
HEIGHT = "scanline"
# Units written with up to this many letters are case-sensitive.
SHORT = 3

_LETTER = r"[^\W_\u3400-\u9fff]"
_WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}  # full-width letters and digits
_RANGE = re.compile(r"\s*(?:[-–—~〜/]|to|or|and|至|到|或)\s*")
_TIMES = re.compile(r"\s*(?:x|X|×|\*|by)\s*")
_NUMERALS = "零〇一二两三四五六七八九十百千万"
MYRIAD = 10_000


@dataclass(frozen=True)
class Quantity:
    """A number at `text[start:end]`, unit included: `value` in `unit`.

    `unit` is a key of units.toml (a pint expression such as `milliliter`, or a count such as
    `sheet`), "" for a bare number.
    """

    value: float
    unit: str
    start: int
    end: int

    @property
    def base(self) -> tuple[float, str]:
        """The value in the base unit of its dimension, and that dimension ("" for bare numbers)."""
        scale, offset, dimension = _scale(self.unit)
        return self.value * scale + offset, dimension

    @property
    def dimension(self) -> str:
        """What it measures: a base unit (`meter`), the name of a count, or "" for a bare number."""
        return _scale(self.unit)[2]

    def equals(self, other: "Quantity") -> bool:
        """Whether both measure the same and differ by rounding only; exact within one unit."""
        if self.unit == other.unit:
            return abs(self.value - other.value) <= 1e-9 * max(abs(self.value), 1)
        (mine, kind), (theirs, other_kind) = self.base, other.base
        return kind == other_kind and abs(mine - theirs) <= TOLERANCE * max(abs(mine), abs(theirs))


def quantities(text: str) -> list[Quantity]:
    """All quantities in a text, in order.

    "10x15 cm" is two lengths, "100-240 V" two voltages, "两年" and "two-year" are two years. Digits
    that are part of a name ("X544", "Cat6", "3D") are not quantities.
    """
    text = _idioms().sub(lambda idiom: " " * len(idiom.group()), text.translate(_WIDE))
    matches = list(_pattern().finditer(text))
    ends = _word_ends(text) if any(match["numeral"] for match in matches) else []
    numbers = [
        quantity
        for match in matches
        # 三伏天 is not three volts: the word that the numeral is in goes on after the unit.
        if not (match["numeral"] and ends[match.end("numeral") - 1] > match.end())
        and (quantity := _read(match))
    ]
    # A unit that is written once applies to the whole range, or to all sides of a size.
    for place in range(len(numbers) - 2, -1, -1):
        first, second = numbers[place], numbers[place + 1]
        if first.unit or not second.unit:
            continue
        between = text[first.end : second.start]
        sides = second.dimension in ("meter", "pixel") and _TIMES.fullmatch(between)
        if sides or _RANGE.fullmatch(between):
            numbers[place] = replace(first, unit=second.unit)
    return numbers


def unit_named(form: str) -> str | None:
    """The unit that is written as `form` ("kg", "毫升"); None if there is none."""
    return _forms().get(form) or _long_forms().get(form.lower())


def unit_forms(table: str) -> Mapping[str, Sequence[str]]:
    """The spellings of each unit in a table of units.toml (`units` or `counts`)."""
    return _tables()[table]


def _read(match: re.Match[str]) -> Quantity | None:
    parts = match.groupdict()
    form = parts["unit"] or parts["mark"]
    unit = unit_named(form) or "" if form else ""
    if parts["fixed"]:
        value, unit = _tables()["fixed"][parts["fixed"]]
        return Quantity(value, unit, *match.span())
    if parts["digits"]:
        value = _digits(parts["digits"])
        if parts["scale"]:
            value *= _tables()["scales"][parts["scale"].strip().lower()]
        value = -value if parts["sign"] else value
    elif parts["word"]:
        value = _tables()["numbers"][parts["word"].lower()]
        if parts["many"]:
            value *= _tables()["scales"][parts["many"].lower()]
        # "One" and "half" without a unit are just words.
        if not unit and value <= 1:
            return None
    elif unit:
        value = _numeral(parts["numeral"])
    else:
        return None
    return Quantity(value + (0.5 if parts["half"] else 0), unit, *match.span())


def _word_ends(text: str) -> list[int]:
    """For each character, the end of the Chinese word that it belongs to."""
    ends: list[int] = []
    for word in segment(text):
        ends += [len(ends) + len(word)] * len(word)
    return ends


def _digits(text: str) -> float:
    if "/" in text:
        *integer, fraction = text.split()
        above, below = fraction.split("/")
        return sum(map(float, integer)) + int(above) / int(below)
    if text[-1] in "½¼¾":
        return float(text[:-1] or 0) + unicodedata.numeric(text[-1])
    if re.fullmatch(r"\d{1,3}(?:[,\u00a0\u2009\u202f]\d{3})+(?:\.\d+)?", text):
        return float(re.sub(r"[,\u00a0\u2009\u202f]", "", text))
    return float(text.replace(",", "."))


def _numeral(text: str) -> float:
    """A Chinese numeral: 两百五十, 十二, 一万二千, 半."""
    if text == "半":
        return 0.5
    total = section = digit = 0.0
    for sign in text:
        value = 2.0 if sign == "两" else unicodedata.numeric(sign)
        if value >= MYRIAD:
            total += (section + digit or 1.0) * value
            section = digit = 0.0
        elif value >= 10:
            section += (digit or 1.0) * value
            digit = 0.0
        else:
            digit = digit * 10 + value
    return total + section + digit


@functools.cache
def _scale(unit: str) -> tuple[float, float, str]:
    """How to convert a value to base units: factor, offset, and the dimension's name."""
    if not unit or unit in _tables()["counts"] or unit == HEIGHT:
        return 1.0, 0.0, unit
    parsed = _registry().parse_units(unit)
    zero, unity = (_registry().Quantity(value, parsed).to_base_units() for value in (0.0, 1.0))
    return unity.magnitude - zero.magnitude, zero.magnitude, str(unity.units)


@functools.cache
def _registry() -> "pint.UnitRegistry[float]":
    registry: pint.UnitRegistry[float] = pint.UnitRegistry()
    for name, definition in _tables()["definitions"].items():
        registry.define(f"{name} = {definition}")
    return registry


@functools.cache
def _tables() -> Mapping[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("units.toml").read_text(encoding="utf-8"))


@functools.cache
def _forms() -> Mapping[str, str]:
    kinds = (*_tables()["counts"].items(), *_tables()["units"].items())
    return {form: unit for unit, forms in kinds for form in forms}


@functools.cache
def _long_forms() -> Mapping[str, str]:
    return {form.lower(): unit for form, unit in _forms().items() if len(form) > SHORT}


@functools.cache
def _idioms() -> re.Pattern[str]:
    return re.compile(_either(_tables()["idioms"]["count_nothing"]))


@functools.cache
def _pattern() -> re.Pattern[str]:
    tables = _tables()
    ends = rf"(?!{_LETTER})"
    followed = tables["followed"]
    forms = []
    leading = set(tables["before"]["marks"])
    for form in sorted(_forms().keys() - leading, key=len, reverse=True):
        spelling = f"(?i:{re.escape(form)})" if len(form) > SHORT else re.escape(form)
        ending = f"(?={followed[form]})" if form in followed else ends if form[-1].isalnum() else ""
        # A letter right after a Chinese unit starts the next word.
        forms.append(spelling + ("" if form[-1] > "\u3400" else ending))
    unit = rf"(?:[ \u00a0-]?(?P<unit>{'|'.join(forms)})(?P<half>半(?!天|年))?)"
    digits = (
        r"(?:\d+ )?(?:1/[2348]|2/3|3/4)(?!\d)|\d{1,3}(?:[,\u00a0\u2009\u202f]\d{3})+(?:\.\d+)?"
        r"|\d*[½¼¾]|\d+(?:[.,]\d+)?"
    )
    marks = _either(leading)
    fixed = _either(tables["fixed"])
    latin = {scale for scale in tables["scales"] if scale.isascii()}
    scale = rf"\ ?(?:{_either(latin)})(?![A-Za-z])|{_either(set(tables['scales']) - latin)}"
    word = _either(tables["numbers"])
    many = _either({"hundred", "thousand", "dozen"})
    return re.compile(
        rf"(?:(?<!{_LETTER})|(?<=\d[x*]))(?<!\d[.,])(?:(?P<fixed>{fixed}){ends}|(?:"
        rf"(?<!_)(?<![A-Za-z]-)(?:(?P<mark>{marks})\ ?)?"
        rf"(?:(?<![^\s(])(?P<sign>[-−–])(?=\d))?(?P<digits>{digits})(?P<scale>{scale})?"
        rf"|(?i:(?P<word>{word})(?:[ -](?P<many>{many}))?\b)"
        rf"|(?P<numeral>半|[{_NUMERALS}]+)整?)(?:{unit}|(?=[xX]\d)|(?!{_LETTER}|[.,]?\d)))"
    )


def _either(forms: Iterable[str]) -> str:
    return "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
