"""A command's answer, as plain JSON values and as text for people."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def plain(value: Any) -> Any:
    """`value` as JSON's own types; NaN and infinite numbers become null."""
    match value:
        case bool() | None | int() | str():
            return value
        case float():
            return float(value) if math.isfinite(value) else None
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case Path():
            return str(value)
    if hasattr(value, "item"):
        return plain(value.item())
    raise TypeError(f"not a JSON value: {value!r}")


def as_text(value: Mapping[str, Any], indent: str = "") -> str:
    """A nested value as indented lines with aligned tables, by the names of the JSON."""
    lines: list[str] = []
    for name, item in value.items():
        if not isinstance(item, Mapping | list):
            lines.append(f"{indent}{name}: {_cell(item)}")
        elif not item:
            lines.append(f"{indent}{name}: -")
        else:
            lines += [f"{indent}{name}:", *_block(item, indent + "  ")]
    return "\n".join(lines)


def _block(item: Any, indent: str) -> list[str]:
    if isinstance(item, list):
        if all(isinstance(row, Mapping) and "message" in row for row in item):
            return [f"{indent}{row['message']}" for row in item]
        if not all(isinstance(row, Mapping) for row in item):
            return [f"{indent}{_cell(cell)}" for cell in item]
        return _table(item, indent, index=False)
    rows = list(item.values())
    if all(isinstance(row, Mapping) and _is_flat(row) for row in rows):
        return _table(item, indent, index=True)
    return as_text(item, indent).splitlines()


def _is_flat(row: Mapping[str, Any]) -> bool:
    return not any(isinstance(cell, Mapping | list) for cell in row.values())


def _table(rows: Any, indent: str, *, index: bool) -> list[str]:
    """The lines of a table: rows, or with an `index` the row of each name."""
    import pandas as pd  # no command waits for it before it has something to show

    frame = pd.DataFrame.from_dict(rows, orient="index") if index else pd.DataFrame(rows)
    with pd.option_context("display.unicode.east_asian_width", True):
        text = frame.astype(object).map(_cell).to_string(index=index)
    return [indent + line for line in text.splitlines()]


def _cell(value: Any) -> str:
    if isinstance(value, float) and not math.isnan(value):
        return f"{value:.4g}"
    return "-" if value is None or value != value else str(value)
