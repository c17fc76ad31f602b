"""Recognises rows of a sheet that are no records: totals, and notes below the table."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

TOTALS = pa.array(
    [
        *("total", "totals", "grand total", "grand totals", "subtotal", "sub total", "sub-total"),
        *("sum", "overall", "summe", "gesamt", "total général", "total general", "totale"),
        *(
            "合计",
            "总计",
            "小计",
            "共计",
            "合 计",
            "总 计",
            "总和",
            "汇总",
            "合計",
            "小計",
            "總計",
            "总数",
        ),
    ],
    pa.string(),
)
_LABELS = set(TOTALS.to_pylist())
# The name of a group may stand before the word, as spreadsheets write it.
_OF_GROUP = r"^.{1,40}\s(?:total|subtotal|小计|合计|总计|汇总|小計|合計)$"
# A total is as large as this share of everything else in its column.
LEAST_SHARE = 0.5
HALF = 0.5  # a column with fewer gaps should have a value in every record
SAMPLE_ROWS = 10_000
NARROW = 3  # a note below a table of fewer columns cannot be told from a record
_NOTE = re.compile(
    r"(?i)\s*+(?:#|\*|※|(?:注|备注|说明|数据来源|来源|制表|导出|审核|注意|以上|共\s?\d"
    r"|note|notes|source|generated|exported|report|disclaimer|end of)(?![\w-]*[\d_]))"
)
_NUMBER = re.compile(r"[-+]?[$€£¥￥₹]?\s?(\d[\d.,]*+)\s?[%€元]?")


def may_be_total(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Which cells say that their row is a total; none of a column without letters."""
    if not _holds_letters(column):
        return pa.repeat(pa.scalar(False), len(column))
    lower = pc.utf8_rtrim(pc.utf8_lower(pc.utf8_trim_whitespace(column)), ":：")
    of_group = pc.match_substring_regex(lower, _OF_GROUP)
    return pc.or_(pc.is_in(lower, value_set=TOTALS), of_group)


def _holds_letters(column: pa.Array | pa.ChunkedArray) -> bool:
    """Whether any byte is more than digits and ASCII punctuation, as of times: a quick look."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    texts = (np.frombuffer(chunk.buffers()[2] or b"", np.uint8) for chunk in chunks)
    return any((text >= ord("A")).any() for text in texts)


def is_total_label(cell: str) -> bool:
    """Whether a cell says that its row is a total."""
    label = cell.strip().rstrip(":：").lower()
    return label in _LABELS or bool(re.match(_OF_GROUP, label))


def is_total(cells: Sequence[str | None], table: pa.Table) -> bool:
    """Whether a row of `table` sums up the others, besides being called so.

    The word stands in the first column or behind a blank one, and all other cells are numbers or
    blank. Where none is missing that other rows have, as in a list of two columns, the number has
    to be that of a total.
    """
    filled = {column: cell.strip() for column, cell in enumerate(cells) if cell}
    numbers = {column: _NUMBER.fullmatch(cell) for column, cell in filled.items()}
    labels = [column for column, number in numbers.items() if number is None]
    if len(labels) != 1 or (labels[0] and 0 in filled):
        return False
    if not is_total_label(filled[labels[0]]):
        return False
    sample = table.slice(0, SAMPLE_ROWS)
    blank = set(range(table.num_columns)) - filled.keys()
    gaps = {column: sample.column(column).null_count / sample.num_rows for column in blank}
    if any(gap < HALF for gap in gaps.values()) or sum(gap < 1 for gap in gaps.values()) > 1:
        return True
    return any(
        _amount(number[1]) >= LEAST_SHARE * (_sum(sample.column(column)) - _amount(number[1]))
        for column, number in numbers.items()
        if number
    )


def is_note(cells: Sequence[str | None]) -> bool:
    """Whether a row of a wide table has one cell, which begins as a note does."""
    filled = [cell for cell in cells if cell]
    return len(cells) >= NARROW and len(filled) == 1 and bool(_NOTE.match(filled[0]))


def _sum(column: pa.ChunkedArray) -> float:
    matches = (_NUMBER.fullmatch(cell.strip()) for cell in column.to_pylist() if cell)
    return sum(_amount(match[1]) for match in matches if match)


def _amount(text: str) -> float:
    plain = text.replace(",", "")
    return float(plain) if plain.count(".") < 2 and plain[-1:].isdigit() else 0.0
