"""Knows the names that columns have: those that mean a field, and those of well-known exports.

It loads nothing heavy, since every child process that parses a file needs it.
"""

import functools
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.text.normal_form import normal_form

_FOLDER = Path(__file__).parent
# A cell with more characters is a text, not the name of a column.
LONGEST = 60


@functools.cache
def aliases() -> dict[str, dict[str, list[str]]]:
    """For each table and field, the headers that stand for it, the most certain first."""
    return tomllib.loads((_FOLDER / "aliases.toml").read_text(encoding="utf-8"))


@functools.cache
def preset_parts() -> dict[str, dict[str, Any]]:
    """What `presets.toml` says of each export, by name."""
    return tomllib.loads((_FOLDER / "presets.toml").read_text(encoding="utf-8"))


def squash(header: str) -> str:
    """The form in which headers are compared: lower case, letters and digits only."""
    return re.sub(r"[\W_]+", "", normal_form("NFKC", header).lower())


def count_names(cells: Iterable[str], table: str) -> int:
    """How many different names of columns of `table` are among the cells of a row."""
    brief = {squash(cell) for cell in cells if 0 < len(cell) <= LONGEST}
    return len(brief & _names(table))


@functools.cache
def _names(table: str) -> frozenset[str]:
    names = {squash(name) for listed in aliases()[table].values() for name in listed}
    for parts in preset_parts().values():
        if parts["table"] == table:
            names |= {squash(header) for header in parts["headers"]}
    return frozenset(names)
