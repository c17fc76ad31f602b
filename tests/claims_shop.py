"""The small shops that the hand-made sentences are about."""

import functools
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from engine.claims import ClaimChecker
from engine.tables.schema import PRODUCTS
from engine.tables.tables import Tables

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Sentence:
    """One hand-made sentence about a product, and whether the product's facts support it."""

    product: str
    text: str
    true: bool
    held_out: bool = False


@functools.cache
def _file(language: str) -> dict:
    path = Path(__file__).with_name("data") / f"claims_{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def sentences(language: str) -> list[Sentence]:
    return [Sentence(**entry) for entry in _file(language)["sentences"]]


@functools.cache
def checker(language: str) -> ClaimChecker:
    products = pd.DataFrame(_file(language)["products"]).reindex(columns=PRODUCTS.columns)
    products["attributes"] = products["attributes"].map(json.dumps, na_action="ignore")
    return ClaimChecker.from_tables(Tables({"products": products}, language))
