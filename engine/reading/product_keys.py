"""Finds the column by which a table names the products of the catalog, and the key that it means.

Shops name a product by an id, a handle, a SKU of a variant … and their exports by any of these. The
keys of the catalog besides its ids are among the attributes of its products, and their titles.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from engine.errors import Problem
from engine.reading.headers import aliases, squash
from engine.reading.mapping import ColumnMapping
from engine.reading.nested import LISTED
from engine.reading.reader import RawTable
from engine.reading.texts import by_distinct, plain
from engine.reading.values import read_ids

# A column names the catalog's products if so many of its values are among their keys.
LEAST_SHARE = 0.5
SAMPLE_ROWS = 2_000

# Of orders, so many name several products in a cell where cells are lists.
LEAST_LISTS = 0.1
_BETWEEN = r"[,;|]"
_ID = r"[\w.:#/-]{1,60}"

TITLE = "title"
_VARIANT = r" - (?:(?! - ).)*$"

Keys = Mapping[str, Mapping[str, str]]


def other_keys(products: pd.DataFrame) -> Keys:
    """For the title and each attribute that may be a key, the product id of each of its values.

    A value that several products share names none of them.
    """
    owners: dict[str, dict[str, str]] = defaultdict(dict)
    shared: dict[str, set[str]] = defaultdict(set)
    for product_id, title in zip(products["product_id"], products["title"], strict=True):
        if owners[TITLE].setdefault(title, product_id) != product_id:
            shared[TITLE].add(title)
    filled = products[["product_id", "attributes"]].dropna()
    for product_id, text in zip(filled["product_id"], filled["attributes"], strict=True):
        for name, value in json.loads(text).items():
            for part in value.split(LISTED) if isinstance(value, str) else ():
                owner = owners[name].setdefault(part, product_id)
                if owner != product_id:
                    shared[name].add(part)
    return {
        name: {value: owner for value, owner in values.items() if value not in shared[name]}
        for name, values in owners.items()
        if len(shared[name]) < LEAST_SHARE * len(values)
    }


def match_column(
    mapping: ColumnMapping, frame: pd.DataFrame, products: pd.DataFrame, *, chosen: bool, file: str
) -> tuple[ColumnMapping, list[Problem]]:
    """The mapping with the column of `frame` that names the catalog's products, and what to say.

    A column that the user has `chosen` stays, and the other one is only named.
    """
    current = mapping.fields.get("product_id")
    if current is None or current not in frame or not len(products):
        return mapping, []
    ids = set(products["product_id"])
    if _share(frame[current], ids) >= LEAST_SHARE:
        return mapping, []
    for values in other_keys(products).values():
        ids |= values.keys()
    shares = {
        column: _share(frame[column], ids) for column in [current, *_candidates(mapping, frame)]
    }
    best = max(shares, key=lambda column: shares[column])
    if shares[best] < LEAST_SHARE or shares[best] <= shares[current]:
        return mapping, []
    if chosen:
        params = {"table": mapping.table}
        return mapping, [Problem("data.other_product_key", file, None, best, params, "warning")]
    unused = [current if column == best else column for column in mapping.unused]
    fields = mapping.fields | {"product_id": best}
    note = Problem("data.product_key", file, None, best, {"other": current}, "warning")
    return replace(mapping, fields=fields, unused=unused), [note]


def resolve_keys(
    frame: pd.DataFrame, products: pd.DataFrame, file: str, column: str
) -> tuple[pd.DataFrame, list[Problem]]:
    """The table with the catalog's ids in place of other keys of its products."""
    ids = frame["product_id"]
    unknown = ids.notna() & ~ids.isin(products["product_id"])
    if unknown.sum() < LEAST_SHARE * max(1, ids.notna().sum()):
        return frame, []
    keys = other_keys(products)
    hits = {name: int(ids[unknown].isin(values.keys()).sum()) for name, values in keys.items()}
    if TITLE in keys:
        hits[TITLE] += int(_without_variant(ids[unknown]).isin(keys[TITLE].keys()).sum())
    best = max(hits, key=lambda name: hits[name], default=None)
    if best is None or hits[best] < LEAST_SHARE * unknown.sum():
        return frame, []
    ids = ids.astype("str")
    owners = ids.map(keys[best])
    if best == TITLE:
        owners = owners.fillna(_without_variant(ids).map(keys[best]))
    resolved = frame.assign(product_id=ids.mask(unknown & owners.notna(), owners).astype("str"))
    params = {"count": hits[best], "key": best}
    return resolved, [Problem("data.catalog_key", file, None, column, params, "warning")]


def split_lists(
    raw: RawTable, column: str, catalog: pd.DataFrame | None, file: str
) -> tuple[RawTable, list[Problem]]:
    """The orders of a file with a line for each product, if cells of `column` list several.

    That is so where the parts of many cells are ids of the catalog or, without one, occur in other
    cells as well.
    """
    if column not in raw.frame:
        return raw, []
    frame = raw.frame.reset_index(drop=True)
    cells = frame[column].astype("str")
    listed = cells.str.contains(_BETWEEN, regex=True, na=False)
    if listed.sum() < max(1, LEAST_LISTS * len(cells)):
        return raw, []
    bare = cells.str.replace(r"[\[\]\"'\s]", "", regex=True).str.strip(",;|")
    parts = bare.str.split(_BETWEEN, regex=True).explode()
    several = parts[listed.reindex(parts.index)]
    if catalog is not None and len(catalog):
        are_ids = bool(several.isin(catalog["product_id"]).mean() >= LEAST_SHARE)
    else:
        are_ids = bool(several.str.fullmatch(_ID).all()) and parts.nunique() < len(parts)
    if not are_ids:
        return raw, []
    lines = frame.drop(columns=column).join(parts)[list(frame)]
    rows = raw.rows.iloc[lines.index].reset_index(drop=True)
    note = Problem("data.products_split", file, None, column, {"count": len(lines)}, "warning")
    return replace(raw, frame=lines.reset_index(drop=True), rows=rows), [note]


def _without_variant(names: pd.Series) -> pd.Series:
    """The titles in names of variants, such as "Red cup - L"; other names are missing."""
    named = names.str.contains(" - ", regex=False, na=False)
    return names.str.replace(_VARIANT, "", regex=True).where(named)


def _candidates(mapping: ColumnMapping, frame: pd.DataFrame) -> list[str]:
    """Unused columns whose names say that they might be keys of products."""
    names = [
        squash(alias)
        for table in (mapping.table, "products")
        for alias in aliases()[table]["product_id"]
    ]
    return [
        column
        for column in mapping.unused
        if column in frame and any(name in squash(column) for name in names)
    ]


def _share(column: pd.Series, keys: set[str]) -> float:
    """The share of a column's values that are among the keys."""
    values, _ = read_ids(by_distinct(column.dropna().head(SAMPLE_ROWS).astype("str"), plain))
    values = values.dropna()
    return float(values.isin(keys).mean()) if len(values) else 0.0
