"""The words of a sample shop, read from `lexicon_{language}.toml`."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from engine.tables.categories import top_level

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Notion:
    """A value or use that products have and shoppers ask for.

    `value` is the catalog's word, `text` the sentences that describe it, `synonyms` the common
    words for it, `slang` this shop's own words, `pains` the problems that it solves.
    """

    value: str
    text: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    slang: tuple[str, ...] = ()
    pains: tuple[str, ...] = ()


@dataclass(frozen=True)
class Series:
    """A product line of a brand; `nickname` is empty if shoppers have none for it."""

    name: str
    nickname: str


@dataclass(frozen=True)
class Brand:
    """A brand of one top category and its two lines."""

    name: str
    top: str
    series: tuple[Series, ...]


@dataclass(frozen=True)
class Person:
    """Someone to buy a present for, and the uses (by position) that suit them."""

    synonyms: tuple[str, ...]
    uses: tuple[int, ...]


@dataclass(frozen=True)
class Category:
    """A leaf category; `uses` and `complements` are positions in the lists of `ShopWords`."""

    id: str
    path: str
    nouns: tuple[str, ...]
    words: tuple[str, ...]
    slang: tuple[str, ...]
    price: float
    sigma: float
    weight: float
    uses: tuple[int, ...]
    complements: tuple[int, ...]
    aspects: tuple[str, ...]
    lines: tuple[str, ...]
    style: tuple[Notion, ...]
    extra: tuple[Notion, ...]

    @property
    def top(self) -> str:
        """The first level of the path."""
        return top_level(self.path)


@dataclass(frozen=True)
class ShopWords:
    """All words of one shop."""

    language: str
    columns: dict[str, str]
    currency_step: float
    colors: tuple[Notion, ...]
    uses: tuple[Notion, ...]
    brands: tuple[Brand, ...]
    people: tuple[Person, ...]
    categories: tuple[Category, ...]
    text: dict[str, list[str]]
    queries: dict[str, list[str]]
    typo_share: float
    typo_forms: dict[str, list[str]]
    opinions: dict[str, Any] = field(default_factory=dict)


@cache
def load_words(language: str) -> ShopWords:
    """The words of `language`. Raises ValueError for a language without a sample shop."""
    if language not in LANGUAGES:
        raise ValueError(f"no sample shop in {language!r}, only in {', '.join(LANGUAGES)}")
    raw = _read(f"lexicon_{language}")
    use_number = {use["id"]: number for number, use in enumerate(raw["uses"])}
    category_number = {row["id"]: number for number, row in enumerate(raw["category"])}
    return ShopWords(
        language=language,
        columns=raw["columns"],
        currency_step=raw["currency_step"],
        colors=tuple(_notion(row) for row in raw["colors"]),
        uses=tuple(_notion({**row, "value": row["id"]}) for row in raw["uses"]),
        brands=tuple(_brands(raw["brands"])),
        people=tuple(
            Person(tuple(row["synonyms"]), tuple(use_number[use] for use in row["uses"]))
            for row in raw["people"]
        ),
        categories=tuple(_category(row, use_number, category_number) for row in raw["category"]),
        text=raw["text"],
        queries=raw["queries"],
        typo_share=raw["typos"]["share"],
        typo_forms=raw["typos"].get("forms", {}),
        opinions=_read(f"opinions_{language}"),
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))


def _notion(row: dict[str, Any]) -> Notion:
    text = row.get("text", [])
    return Notion(
        row["value"],
        (text,) if isinstance(text, str) else tuple(text),
        *(tuple(row.get(key, [])) for key in ("synonyms", "slang", "pains")),
    )


def _brands(rows: list[dict[str, Any]]) -> list[Brand]:
    return [
        Brand(name, row["top"], tuple(Series(*line.split("|")) for line in lines))
        for row in rows
        for name, lines in row["names"].items()
    ]


def _category(
    row: dict[str, Any], use_number: dict[str, int], category_number: dict[str, int]
) -> Category:
    return Category(
        id=row["id"],
        path=row["path"],
        price=row["price"][0],
        sigma=row["price"][1],
        weight=row["weight"],
        uses=tuple(use_number[use] for use in row["uses"]),
        complements=tuple(category_number[name] for name in row["complements"]),
        style=tuple(_notion(value) for value in row["style"]),
        extra=tuple(_notion(value) for value in row["extra"]),
        **{key: tuple(row[key]) for key in ("nouns", "words", "slang", "aspects", "lines")},
    )
