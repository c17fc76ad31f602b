"""Profiles a column's cells and says which fields they could be."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from engine.reading.numbers import read_numbers
from engine.reading.times import read_times
from engine.reading.values import (
    number_reader,
    read_choices,
    squeeze,
)
from engine.tables.schema import Field

_URL = r"^(?:https?:)?//\S+$|\.(?:jpe?g|png|webp|gif)$"
_FRACTION = r"\d+[.,](?!0+$)\d{1,2}"  # no id has one; 3.0 may be what a float made of it
TITLE_CHARACTERS = 60
_TEXT_CHARACTERS = 300
NUMBERS = 250  # cells, spread over the column, show how many of all are numbers
_FEW, _MOST, _NEARLY_ALL = 0.1, 0.5, 0.95
NUMBER_AS_TIME = 0.1  # so much less does a number fit as a time than a date does
LABELS_AS_TEXT = 0.2  # how well labels fit as reviews: any column that says more is a better one
_SHARED = 0.7  # the distinct share below which values are shared


@dataclass(frozen=True)
class Profile:
    """What a sample of cells looks like.

    `filled` is a share (0 to 1) of all cells; `distinct`, `number`, `url`, `json` and `path` are
    shares of the filled `values`, and `length` is their median number of characters.
    """

    values: pd.Series
    filled: float

    @cached_property
    def distinct(self) -> float:
        """The share of distinct texts."""
        return self.values.nunique() / len(self.values) if self.filled else 0.0

    @cached_property
    def length(self) -> float:
        """The median number of characters."""
        return float(self.values.str.len().median()) if self.filled else 0.0

    @cached_property
    def number(self) -> float:
        """The share of numbers, in a sample."""
        sample = self.values.iloc[:: 1 + len(self.values) // NUMBERS].str.slice(0, 40)
        return float(read_numbers(sample)[0].notna().mean()) if self.filled else 0.0

    @cached_property
    def url(self) -> float:
        """The share of links."""
        return self._share(self.values.str.contains(_URL, regex=True))

    @cached_property
    def json(self) -> float:
        """The share of objects and lists in JSON."""
        return self._share(self.values.str.contains(r"^(?:\{.*\}|\[.*\])$", regex=True))

    @cached_property
    def path(self) -> float:
        """The share of paths, such as those of categories."""
        signs = self.values.str.contains(r"[^\W\d]\s?[/>|»›]\s?[^\W\d]", regex=True)
        return self._share(signs)

    def _share(self, found: pd.Series) -> float:
        return float(found.mean()) if self.filled else 0.0

    def fits(self, table: str, field: Field) -> float:
        """How well the cells fit `field`, from 0 to 1, whatever the header says."""
        if not self.filled:
            return 0.0
        if field.kind == "json":
            pairs = self.values.str.contains(r"^[^:：]{1,60}[:：]\s*[^/\s]", regex=True).mean()
            objects = self.values.str.startswith("{").mean()
            return max(min(self.json, float(objects)), 0.6 * float(pairs))
        if field.name == "image":
            return max(self.url, 0.3 * (1 - self.number))
        if self.json > 0.5:
            return 0.4 if field.name in ("category", "brand", "description") else 0.0
        if field.kind == "id":
            return self._fits_id(table, field)
        if field.kind == "number":
            return self._readable(field)
        if field.kind == "time":
            times = read_times(self.values.head(200)).values
            plausible = times.between(pd.Timestamp("1990-01-01"), pd.Timestamp("2100-01-01"))
            share = float(times.notna().mean()) * (1 - NUMBER_AS_TIME * self.number)
            return share * (0.5 + 0.5 * float(plausible.mean())) if share >= 0.5 else 0.0
        if field.kind == "choice":
            return float(read_choices(self.values, field.name)[0].notna().mean())
        return self._fits_text(field)

    def tells(self, field: Field) -> bool:
        """Whether content alone may identify `field`, without a fitting header."""
        if field.name == "product_id":
            return field.required and self.distinct > 0.99 and self.length < 40
        if field.name == "price":
            return (
                self.number == 1 and self.values.str.contains(r"[.,]\d\d\b|[$€£¥￥元]").mean() > 0.5
            )
        if field.name in ("title", "query"):
            return self.number < 0.1 and self.distinct > 0.02
        if field.name in ("description", "text"):
            return self.length > 15 and self.distinct > 0.5 and not self._are_times()
        if field.kind == "choice":
            # One word for all rows says nothing about them.
            return self.number < _FEW and read_choices(self.values, field.name)[0].nunique() > 1
        if field.name == "relevance":
            return self.values.nunique() > 1
        return field.name in ("image", "attributes", "time")

    def _fits_id(self, table: str, field: Field) -> float:
        boolean = squeeze(self.values.head(200)).isin(["true", "false"]).mean()
        fractions = self.values.head(200).str.fullmatch(_FRACTION).mean()
        if max(boolean, fractions, self.url) > 0.5 or self.length > 80:
            return 0.0
        return self.distinct if (table, field.name) == ("products", "product_id") else 1.0

    def _readable(self, field: Field) -> float:
        numbers, _ = number_reader(field.name)(self.values)
        share = float(numbers.notna().mean())
        if field.low is not None and field.high is not None and field.high <= 10:
            share *= 0.5 + 0.5 * float(numbers.between(field.low, field.high).mean())
        return share if share >= 0.3 else 0.0

    def _fits_text(self, field: Field) -> float:
        if self.url > 0.5:
            return 0.0
        worded = 1 - 0.7 * self.number
        if field.name == "text" and self._are_labels():
            return LABELS_AS_TEXT
        if field.name in ("description", "text"):
            return worded * min(1.0, 0.5 + self.length / 40)
        usual = TITLE_CHARACTERS if field.name == "title" else _TEXT_CHARACTERS
        brief = max(0.3, min(1.0, usual / self.length))
        return worded * brief * (min(1.0, 0.4 + self.distinct) if field.name == "title" else 1.0)

    def _are_times(self) -> bool:
        return float(read_times(self.values.head(50)).values.notna().mean()) > _MOST

    def _are_labels(self) -> bool:
        """Whether the cells only say how a review is meant, such as 好评 and 差评."""
        read = read_choices(self.values, "sentiment")[0].notna()
        return float(read.mean()) > _NEARLY_ALL


def profile(column: pd.Series) -> Profile:
    """The profile of a text column."""
    values = column.str.strip()
    values = values[values.notna() & (values != "")]
    return Profile(values, len(values) / len(column) if len(values) else 0.0)


def tell_groups(
    table: str, profiles: Mapping[str, Profile], fields: Mapping[str, str]
) -> dict[str, str]:
    """The columns of categories and brands among columns without names, besides those of `fields`.

    Both are texts that several products share; categories are paths.
    """
    if table != "products":
        return {}
    shared = {
        column: cells
        for column, cells in profiles.items()
        if column not in fields.values()
        and cells.number < _FEW
        and cells.url < _FEW
        and (cells.distinct < _SHARED or cells.path > _MOST)
    }
    groups: dict[str, str] = {}
    for column, cells in shared.items():
        groups.setdefault("category" if cells.path > _MOST else "brand", column)
    return groups
