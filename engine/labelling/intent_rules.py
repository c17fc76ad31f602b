"""Guesses the intents of queries by rules, where neither log nor people label them."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TypedDict

import numpy as np
import pandas as pd

from engine.text.words import normalise, words


class IntentWords(TypedDict):
    """An entry of `intents.toml`: patterns that queries match, and descriptions by language."""

    patterns: list[str]
    descriptions: dict[str, list[str]]


@cache
def intent_words() -> Mapping[str, IntentWords]:
    """The words of each intent, in order of precedence."""
    text = Path(__file__).with_name("intents.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@dataclass(frozen=True)
class LabellingFunctions:
    """Functions that guess a query's intent from its wording and the catalog.

    Weak supervision as in Snorkel (Ratner et al. 2017). Votes are counted instead of modelled,
    because the functions hardly overlap.
    """

    products: pd.DataFrame

    @cached_property
    def _brands(self) -> set[str]:
        return set(self.products["brand"].dropna().map(normalise)) - {""}

    @cached_property
    def _category_words(self) -> set[str]:
        paths = self.products["category"].dropna().unique()
        return {word for path in paths for word in words(path)}

    @cached_property
    def _models(self) -> set[str]:
        titles = (re.findall(r"[\w-]+", normalise(title)) for title in self.products["title"])
        return {token for tokens in titles for token in tokens if _is_model(token)}

    @cached_property
    def _titles(self) -> Mapping[str, set[int]]:
        places: dict[str, set[int]] = {}
        for row, title in enumerate(self.products["title"]):
            for word in set(words(title)):
                places.setdefault(word, set()).add(row)
        return places

    def votes(self, query: str) -> list[str]:
        """The intents whose functions fire on a normalised query, strongest first."""
        return [
            intent
            for intent, patterns in _patterns().items()
            if any(pattern.search(query) for pattern in patterns) or self._catalog(intent, query)
        ]

    def _catalog(self, intent: str, query: str) -> bool:
        if intent == "exact_product":
            return self._names_one_product(query)
        terms = set(words(query))
        if intent == "browse_category":
            return bool(terms) and terms <= self._category_words
        if intent == "by_attribute":
            named = terms & self._category_words
            return bool(named) and bool(terms - named) and terms <= self._titles.keys()
        return False

    def _names_one_product(self, query: str) -> bool:
        if any(token in self._models for token in re.findall(r"[\w-]+", query)):
            return True
        if not any(brand in query for brand in self._brands):
            return False
        terms = set(words(query))
        places = [self._titles.get(term, set()) for term in terms]
        return len(terms) > 2 and len(set.intersection(*places)) in (1, 2)


def weak_intents(queries: Iterable[str], products: pd.DataFrame) -> pd.DataFrame:
    """The votes of the labelling functions on normalised queries, in order.

    Columns `intent` (the strongest vote or null) and `agreed` (whether it was the only vote).
    """
    functions = LabellingFunctions(products)
    votes = [functions.votes(query) for query in queries]
    return pd.DataFrame(
        {
            "intent": np.array([vote[0] if vote else None for vote in votes], dtype=object),
            "agreed": [len(vote) == 1 for vote in votes],
        }
    )


@cache
def _patterns() -> dict[str, list[re.Pattern[str]]]:
    return {
        intent: [re.compile(text) for text in entry["patterns"]]
        for intent, entry in intent_words().items()
    }


def _is_model(token: str) -> bool:
    mixed = re.search(r"[a-z]", token) and re.search(r"\d", token)
    unit = re.fullmatch(r"\d+([.,]\d+)?[a-z]{1,4}", token)
    return bool(mixed and not unit and len(token) > 2)
