"""Reads cells with JSON: values inside them, and rows from the lists in them."""

import json
import re
from collections.abc import Callable, Iterable, Sequence

import pandas as pd

# What an object in an answer of an API is called by, or where it lies.
_NAMES = ("name", "title", "label", "src", "url")
# What the number in an object with a price is called; an amount in cents is not among them.
_AMOUNTS = ("amount", "value", "price", "current", "sale", "regular", "min")
LISTED = ", "  # between the values of a cell that lists several
# Pairs such as `color=Red,size=M`; a value may have commas.
_ASSIGNED = re.compile(r"([\w -]{1,60})=((?:[^=,]|,(?![\w -]{1,60}=))*+),?")


def parse(text: object) -> object:
    """The value of a JSON text; None if the text is missing or not a JSON object or list."""
    if not isinstance(text, str) or text[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def write(value: object) -> str | None:
    """A JSON value as the text of a cell: strings without quotes, everything else as JSON."""
    if value is None or value in ("", [], {}):
        return None
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def reach(column: pd.Series, path: Sequence[str]) -> pd.Series:
    """The value at `path` inside each cell's JSON, as text.

    Of a list, the path goes on in the first entry, or in that of the right key in a list of
    `{"key": …, "value": …}`. Of GA4's typed values (`string_value`, `int_value` …), the one that is
    set is taken.
    """
    values = [write(_follow(parse(text), path)) for text in column]
    return pd.Series(values, index=column.index, dtype="str")


def add_paths(frame: pd.DataFrame, paths: Iterable[str]) -> pd.DataFrame:
    """The frame with a column for each dotted path into one of its columns that holds JSON."""
    for path in paths:
        head, *steps = path.split(".")
        if steps and path not in frame and head in frame:
            frame = frame.assign(**{path: reach(frame[head].astype("str"), steps)})
    return frame


def reach_all(column: pd.Series, path: Sequence[str]) -> pd.Series:
    """Like `reach`, but what all entries of a list hold, joined by commas."""
    values = []
    for text in column:
        value = parse(text)
        entries = value if isinstance(value, list) else [value]
        texts = [write(_follow(entry, path)) for entry in entries]
        values.append(LISTED.join(text for text in texts if text) or None)
    return pd.Series(values, index=column.index, dtype="str")


def _follow(value: object, path: Sequence[str]) -> object:
    for step in path:
        if isinstance(value, list):
            keyed = {
                entry["key"]: entry.get("value")
                for entry in value
                if isinstance(entry, dict) and "key" in entry
            }
            if keyed:
                value = keyed.get(step)
                continue
            value = value[0] if value else None
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, dict):
        typed = [inner for name, inner in value.items() if name.endswith("_value")]
        value = next((inner for inner in typed if inner is not None), None) if typed else value
    return value


def explode(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """One row per entry of the JSON list in `column`; rows without entries stay."""
    entries = [parse(text) for text in frame[column]]
    lists = [[write(e) for e in value] if isinstance(value, list) else [None] for value in entries]
    exploded = frame.assign(**{column: pd.Series(lists, index=frame.index)}).explode(column)
    return exploded.astype({column: "str"})


def first_entry(column: pd.Series) -> pd.Series:
    """The first entry of cells that are JSON lists; other cells stay as they are."""
    return _change_nested(column, "[", _first)


def all_entries(column: pd.Series) -> pd.Series:
    """The texts in cells that are JSON lists, one after another; other cells stay as they are."""
    return _change_nested(column, "[", _joined)


def name_of(column: pd.Series) -> pd.Series:
    """What JSON objects are called, or their address; other cells stay as they are."""
    return _change_nested(column, "{", lambda text: _pick(text, _NAMES))


def amount_of(column: pd.Series) -> pd.Series:
    """The number in JSON objects such as `{"amount": 39.9, "currency": "EUR"}`; others stay."""
    return _change_nested(column, "{", lambda text: _pick(text, _AMOUNTS))


def _change_nested(column: pd.Series, start: str, change: Callable[[str], str | None]) -> pd.Series:
    nested = column.str.startswith(start, na=False)
    if not nested.any():
        return column
    result = column.copy()
    result[nested] = column[nested].map(change).astype("str")
    return result


def _pick(text: str, keys: Sequence[str]) -> str | None:
    value = parse(text)
    if not isinstance(value, dict):
        return text
    return write(next((value[key] for key in keys if value.get(key)), value))


def _joined(text: str) -> str | None:
    value = parse(text)
    if not isinstance(value, list):
        return text
    return " ".join(filter(None, map(write, value))) or None


def _first(text: str) -> str | None:
    value = parse(text)
    if not isinstance(value, list):
        return text
    return write(value[0]) if value else None


def fold(parts: dict[str, pd.Series], base: pd.Series | None) -> pd.Series:
    """One JSON object per row: the object in `base`, and the cells of `parts` by name.

    A cell of `base` that is not a JSON object is read as `name: value` pairs, separated by `|`, `;`
    or a new line. If that fails too, it is kept whole under the name of `base`.
    """
    index = next(iter(parts.values())).index if base is None else base.index
    names = list(parts)
    columns = [_cells(parts[name]) for name in names]
    bases = [None] * len(index) if base is None else _cells(base)
    fallback = "attributes" if base is None else str(base.name)
    texts: list[str | None] = []
    for row, start in enumerate(bases):
        facts = _facts(start, fallback)
        for name, column in zip(names, columns, strict=True):
            if column[row] is not None:
                facts.setdefault(name, column[row])
        texts.append(json.dumps(facts, ensure_ascii=False) if facts else None)
    return pd.Series(texts, index=index, dtype="str")


def _cells(column: pd.Series) -> list[str | None]:
    return [text if isinstance(text, str) else None for text in column]


def _facts(text: str | None, fallback: str) -> dict[str, object]:
    if text is None:
        return {}
    value = parse(text)
    if isinstance(value, dict):
        return value
    if value is not None:
        return {fallback: value}
    assigned = _ASSIGNED.findall(text)
    if assigned and not _ASSIGNED.sub("", text).strip(",; "):
        return {name.strip(): value.strip() for name, value in assigned if value.strip()}
    parted = text.replace("|", ";").replace("；", ";").replace("\n", ";").replace("：", ":")
    pairs = [part.split(":", 1) for part in parted.split(";") if part.strip()]
    if pairs and all(len(pair) == 2 for pair in pairs):
        return {name.strip(): value.strip() for name, value in pairs if value.strip()}
    return {fallback: text}
