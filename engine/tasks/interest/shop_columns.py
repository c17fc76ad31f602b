"""What a shop's own columns say of its products: margin, stock, and date of arrival."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from engine.labelling.product_columns import attribute_columns
from engine.text.words import normalise


@dataclass(frozen=True)
class ShopColumns:
    """By product id; empty where the catalog has no such column (`columns` names those it has).

    `margins` are ranks, 0 for the lowest and 1 for the highest margin of the catalog; `sold_out`
    holds the products that cannot be sold; `dates` are the days on which products arrived.
    """

    margins: Mapping[str, float] = field(default_factory=dict)
    sold_out: frozenset[str] = frozenset()
    dates: Mapping[str, pd.Timestamp] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


def read_columns(products: pd.DataFrame) -> ShopColumns:
    """What the attributes of a catalog say.

    A margin is taken as it stands, or is price minus cost as a share of the price.
    """
    columns = attribute_columns(products)
    ids = products["product_id"]
    chosen: dict[str, str] = {}
    for kind, names in _words()["names"].items():
        named = (name for name in columns if _plain(name) in names)
        if (column := next(named, None)) is not None:
            chosen[kind] = column
    earned = pd.Series(dtype=float)
    if "margin" in chosen:
        earned = _numbers(columns[chosen["margin"]])
    elif "cost" in chosen:
        price = products["price"].where(products["price"] > 0)
        earned = (price - _numbers(columns[chosen["cost"]])) / price
    sold_out = (
        columns[chosen["stock"]].map(_is_sold_out) if "stock" in chosen else pd.Series(dtype=bool)
    )
    dates = pd.Series(dtype="datetime64[ns]")
    if "date" in chosen:
        dates = pd.to_datetime(columns[chosen["date"]], errors="coerce", format="mixed", utc=True)
        dates = dates.dt.tz_localize(None).dropna()
    return ShopColumns(
        margins=_by_id(ids, earned.dropna().rank(pct=True)),
        sold_out=frozenset(_by_id(ids, sold_out[sold_out.astype(bool)])),
        dates=_by_id(ids, dates),
        columns=chosen,
    )


def _by_id(ids: pd.Series, values: pd.Series) -> dict[str, Any]:
    return dict(zip(ids[values.index], values, strict=True))


def _numbers(texts: pd.Series) -> pd.Series:
    return pd.to_numeric(texts.str.replace(r"[^\d.eE+-]", "", regex=True), errors="coerce")


def _is_sold_out(text: str) -> bool:
    number = pd.to_numeric(text, errors="coerce")
    return bool(number <= 0) if pd.notna(number) else _plain(text) in _words()["sold_out"]["words"]


def _plain(text: str) -> str:
    return normalise(text.replace("_", " ").replace("-", " "))


@cache
def _words() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
