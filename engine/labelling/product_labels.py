"""Labelled products for the attributes task: their texts, and the values in their columns."""

import re
from collections.abc import Mapping

import pandas as pd

from engine.labelling.labels import OTHER
from engine.labelling.product_columns import attribute_columns, choose_columns, unify_spelling
from engine.labelling.split import PARTS, TEST, VALIDATION, split_groups
from engine.tables.categories import cut_path, depth
from engine.tables.product_text import summaries
from engine.tables.tables import Tables
from engine.text.words import normalise

# A value with fewer training rows is neither learned nor measured; it becomes "other".
FEWEST = 5
# More values of one attribute would take minutes to learn and are hardly ever distinguished.
MOST_LABELS = 60
# The share of the products that a category level must keep out of "other".
ENOUGH = 0.8
# Columns whose values distinguish variants of one product.
_VARIANT = re.compile(r"(?i)colou?r|size|capacity|颜色|色号|尺寸|尺码|容量")
_SIZES = frozenset(["xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl", "one", "size"])
# Latin letters next to a digit belong to it: "2l" and "dv7-1211ea" are not words.
_NUMBER = re.compile(r"(?<![a-z])[a-z]*\d[a-z0-9.,-]*")
_WORD = re.compile(r"[^\W\d_]+")
_LEARNED = 1 - VALIDATION - TEST


def label_products(
    tables: Tables, most_heads: int, most_rows: int, seed: int, field: str = ""
) -> tuple[pd.DataFrame, list[str]]:
    """Every product with its part and the values of the columns to learn; and codes of notes.

    Columns: `example_id` and `product_id`, `title`, `description`, `input`, `part` and, per head,
    `truth.<head>` (null if the catalog has no value), `label.<head>` and `weight.<head>` (1 or 0).
    At most `most_heads` columns are learned, the fullest, or only `field`. A value is learned if
    `FEWEST` of `most_rows` training rows can be expected to have it. Products of one family, that
    is variants of one product, share a part.
    """
    products = tables.products.dropna(subset=["title"])
    columns = attribute_columns(products)
    frame = pd.DataFrame(
        {
            "example_id": products["product_id"].astype(object),
            "product_id": products["product_id"].astype(object),
            "title": products["title"].astype(object),
            "description": products["description"].astype(object),
        }
    )
    frame["input"] = summaries(frame)
    families = family_keys(frame["title"], columns)
    frame["part"] = split_groups(families, seed) if len(frame) else pd.Series(dtype=object)
    share = min(1.0, most_rows / max(_LEARNED * len(frame), 1))
    fewest = round(FEWEST / _LEARNED / share)
    columns["category"] = _best_level(columns["category"], fewest)
    columns_to_learn = choose_columns(columns, fewest, field)
    notes = ["attributes.more_columns"] if len(columns_to_learn) > most_heads else []
    for head, values in list(columns_to_learn.items())[:most_heads]:
        labels = _fold(values, fewest).reindex(frame.index)
        frame[f"truth.{head}"] = labels.astype(object).where(labels.notna(), None)
        frame[f"label.{head}"] = frame[f"truth.{head}"]
        frame[f"weight.{head}"] = labels.notna().astype(float)
    return frame.reset_index(drop=True), notes


def family_keys(titles: pd.Series, columns: Mapping[str, pd.Series]) -> pd.Series:
    """A key that variants of one product share: the title without numbers, colours and sizes.

    A title that consists of nothing else is its own key.
    """
    variants = {
        word
        for name, values in columns.items()
        if _VARIANT.search(name)
        for value in values.unique()
        for word in normalise(value).split()
    }
    variants |= _SIZES

    def key(title: str) -> str:
        plain = _NUMBER.sub(" ", normalise(title))
        left = [word for word in _WORD.findall(plain) if word not in variants]
        return " ".join(left) or title

    return titles.map({title: key(title) for title in titles.unique()})


def _fold(values: pd.Series, fewest: int) -> pd.Series:
    """The values to learn, with rare ones as other."""
    labels = unify_spelling(values)
    counts = labels.value_counts()
    common = counts.index[counts >= fewest][:MOST_LABELS]
    return labels.where(labels.isin(common), OTHER)


def _best_level(paths: pd.Series, fewest: int) -> pd.Series:
    """Category paths, cut at the deepest level at which the common ones cover enough products."""
    if paths.empty:
        return paths
    for level in range(paths.map(depth).max(), 0, -1):
        labels = paths.map({path: cut_path(path, level) for path in paths.unique()})
        counts = labels.value_counts()
        common = counts[counts >= fewest].head(MOST_LABELS)
        if level == 1 or common.sum() >= ENOUGH * len(labels):
            break
    return labels


def parts_of(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of each part, without the column `part`."""
    return {part: frame[frame["part"] == part].drop(columns="part") for part in PARTS}
