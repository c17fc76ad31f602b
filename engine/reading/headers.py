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

# The traditional characters in names of columns.
_SIMPLIFIED = str.maketrans(
    "編號稱類別價單圖訂數時間會員評論內關鍵標題詞產買賣額戶顧貨條碼點擊詳細規參屬購廠尋檢查詢賬總計級銷",
    "编号称类别价单图订数时间会员评论内关键标题词产买卖额户顾货条码点击详细规参属购厂寻检查询账总计级销",
)
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


@functools.lru_cache(maxsize=8192)
def squash(header: str) -> str:
    """The form in which headers are compared: lower case letters, simplified Chinese, digits."""
    letters = re.sub(r"[\W_]+", "", normal_form("NFKC", header).lower())
    return letters if letters.isascii() else letters.translate(_SIMPLIFIED)


def count_names(cells: Iterable[str], table: str) -> int:
    """How many different names of columns of `table` are among the cells of a row."""
    brief = {squash(cell) for cell in cells if 0 < len(cell) <= LONGEST}
    return len(brief & _names(table))


def speaks_of(cell: str, table: str) -> bool:
    """Whether a name of a column of `table` is part of a cell, or it looks like one otherwise."""
    brief = squash(cell)
    words = set(re.findall(r"[a-z0-9]+", cell.lower()))
    named = any(
        name in words if name.isascii() else len(name) > 1 and name in brief
        for name in _names(table)
    )
    return named or "_" in cell or not brief


@functools.cache
def _names(table: str) -> frozenset[str]:
    names = {squash(name) for listed in aliases()[table].values() for name in listed}
    for parts in preset_parts().values():
        if parts["table"] == table:
            names |= {squash(header) for header in parts["headers"]}
    return frozenset(names)
