"""Finds the table among the rows of a sheet: its header, which may have two rows, or none.

People put titles, dates and notes above a table, and analytics tools put comments there. Without
clear evidence of that, the first row that is not blank is the header.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.reading.headers import count_names, speaks_of
from engine.text.normal_form import normal_form

TOP_ROWS = 60  # the table begins within so many rows
SHOWN_ROWS = 15
SHOWN_CELLS = 30
SHOWN_CHARACTERS = 60
# Names of columns for machines, below those for people.
_FIELD_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
_TYPE = re.compile(
    r"(?i)(?:string|str|text|char|n?varchar2?|int|integer|bigint|smallint|number|numeric|decimal|float"
    r"|double|real|money|bool|boolean|bit|date|datetime|time|timestamp|uuid|json)(?:\([\d, ]+\))?"
)
_UNIT = re.compile(
    r"(?i)[(（]?(?:元|万元|千克|公斤|克|厘米|毫米|米|升|毫升|件|个|天|kg|g|lb|oz|cm|mm|m|l|ml|pcs|%|€|\$|¥|￥|usd|eur"
    r"|cny|rmb|gbp)[)）]?"
)
# So many more names of columns make a lower row the header.
MORE_NAMES = 2
ALIKE = 0.8  # the share of cells with the shape of a column

_COMMENT = re.compile(r"\s*+(?:#|//|--)")
NUMBER = re.compile(r"[-+]?[$€£¥₹]?\s?\d[\d.,]*+\s?[%€元]?")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}(?!\d).{0,20}")
_URL = re.compile(r"https?://\S+")
_CODE = re.compile(r"[A-Za-z]++[-_]?\d[\w-]*+")

Row = tuple[int, Sequence[str]]
Merge = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Place:
    """Where the user says that a table is, and what it is read for.

    `table` is the name of a table of the schema, `sheet` that of a sheet, and `header_row` counts
    from 1; 0 means that there is no header. What is None is found by the reader. With `lines` the
    file is no table but plain text: up to so many lines of it, in one column `text`.
    """

    table: str | None = None
    sheet: str | None = None
    header_row: int | None = None
    lines: int | None = None


@dataclass(frozen=True)
class Layout:
    """The names of a table's columns, the row they are in (0: none), and that of the first record.

    Without names, the columns are unnamed: the cells of `header` are empty.
    """

    header: list[str]
    header_row: int
    first_row: int


def find_layout(top: Sequence[Row], place: Place, merges: Sequence[Merge] = ()) -> Layout | None:
    """The layout of a sheet that begins with the rows `top`; None if all of them are blank.

    `merges` are the first and the last cell (row and column, from 0) of merged cells.
    """
    rows = [(number, cells) for number, cells in top if any(cell.strip() for cell in cells)]
    if place.header_row is not None:
        return _at(place.header_row, top)
    if not rows:
        return None
    if place.table is None:
        return Layout(list(rows[0][1]), rows[0][0], rows[0][0] + 1)
    place_in_rows = _find_header(rows, place.table)
    number, cells = rows[place_in_rows]
    below = rows[place_in_rows + 1 :]
    if below and _is_group_row(number, cells, below[0], merges, place.table):
        above, (number, cells) = cells, below[0]
        return Layout(_join(above, cells, number - 1, merges), number, number + 1)
    if below and _are_field_names(cells, below[0][1], place.table):
        return Layout(list(cells), number, below[0][0] + 1)
    if place_in_rows and rows[place_in_rows - 1][0] == number - 1:
        cells = _join(rows[place_in_rows - 1][1], cells, number - 1, merges)
    elif _is_record(cells, below, place.table):
        return Layout([""] * len(cells), 0, number)
    return Layout(list(cells), number, number + 1)


def is_comment(cells: Sequence[str]) -> bool:
    """Whether the row is a comment, as analytics tools write them."""
    return bool(cells) and bool(_COMMENT.match(cells[0])) and not any(map(str.strip, cells[1:]))


def show(top: Sequence[Row]) -> list[tuple[int, list[str]]]:
    """The first rows, cut to what a person can look at."""
    return [
        (number, [cell[:SHOWN_CHARACTERS] for cell in cells[:SHOWN_CELLS]])
        for number, cells in top[:SHOWN_ROWS]
    ]


def _at(header_row: int, top: Sequence[Row]) -> Layout | None:
    rows = dict(top)
    if header_row == 0:
        first = next(((n, cells) for n, cells in top if any(cells)), None)
        return None if first is None else Layout([""] * len(first[1]), 0, first[0])
    cells = rows.get(header_row, ())
    return Layout(list(cells), header_row, header_row + 1) if any(cells) else None


def _find_header(rows: Sequence[Row], table: str) -> int:
    names = [count_names(cells, table) for _, cells in rows]
    most = max(names)
    best = names.index(most)
    narrow = _narrow(rows)
    needed = 1 if narrow[0] else MORE_NAMES
    if most >= MORE_NAMES and most >= names[0] + needed:
        return best
    if not names[0] and narrow[0]:
        return narrow.index(False) if False in narrow else 0
    return 0


def _narrow(rows: Sequence[Row]) -> list[bool]:
    """Which rows fill so few columns of the table that they are titles, notes or comments."""
    widths = [sum(map(bool, map(str.strip, cells))) for _, cells in rows]
    # A report may begin with more comments than it has rows.
    plain = [width for (_, cells), width in zip(rows, widths, strict=True) if not is_comment(cells)]
    counts = Counter(plain or widths)
    usual = max(counts, key=lambda width: (counts[width], width))
    return [
        (usual > 1 and is_comment(cells)) or (usual > 2 and width <= max(1, usual // 3))
        for (_, cells), width in zip(rows, widths, strict=True)
    ]


def _is_group_row(
    number: int, cells: Sequence[str], below: Row, merges: Sequence[Merge], table: str
) -> bool:
    """Whether the names of columns stand in the next row, below groups that span several."""
    if below[0] != number + 1 or any(NUMBER.fullmatch(cell.strip()) for cell in below[1]):
        return False
    spans = [
        (left, right)
        for (top, left), (bottom, right) in merges
        if top <= number - 1 <= bottom and right > left
    ]
    whole = any(right - left + 1 >= len(cells) for left, right in spans)
    grouped = bool(spans) and not whole
    return grouped and count_names(below[1], table) > 0


def _are_field_names(names: Sequence[str], below: Sequence[str], table: str) -> bool:
    """Whether a row below the names of columns names them again, or their types or units.

    Amazon's templates name columns again, and dumps of databases have types.
    """
    filled = [cell.strip() for cell in below if cell.strip()]
    if len(filled) >= MORE_NAMES and all(_TYPE.fullmatch(cell) for cell in filled):
        return True
    if filled and all(_UNIT.fullmatch(cell) for cell in filled):
        return True
    again = sum(bool(_FIELD_NAME.fullmatch(cell)) for cell in filled)
    plain = all(re.fullmatch(r"[a-z]\w*", cell) for cell in filled)
    return plain and again >= MORE_NAMES and count_names(names, table) >= MORE_NAMES


def _join(
    above: Sequence[str], cells: Sequence[str], row: int, merges: Sequence[Merge]
) -> list[str]:
    """The names in `cells`; where there is none, or two are equal, with their group's name."""
    groups = list(above) + [""] * (len(cells) - len(above))
    for (top, left), (bottom, right) in merges:
        if top <= row - 1 <= bottom and right < len(groups):
            groups[left : right + 1] = [groups[left]] * (right - left + 1)
    counts = Counter(cells)
    names = []
    for name, group in zip(cells, groups, strict=False):
        if not name.strip():
            names.append(group)
        else:
            names.append(f"{group} {name}".strip() if counts[name] > 1 else name)
    return names


def _is_record(cells: Sequence[str], below: Sequence[Row], table: str) -> bool:
    """Whether what stands where a header should is a record like those below."""
    if len(below) < 2 or count_names(cells, table):
        return False
    if len(cells) == 1:
        # A list of texts; a name that nobody knows would be one of them.
        return table in ("searches", "reviews") and not speaks_of(cells[0], table)
    alike = 0
    for column, cell in enumerate(cells):
        shape = _shape(cell)
        others = [_shape(row[column]) for _, row in below if column < len(row)]
        filled = [other for other in others if other != "blank"]
        if shape in ("number", "date", "url", "code") and filled:
            alike += filled.count(shape) >= ALIKE * len(filled)
    years = sum(bool(_YEAR.fullmatch(cell.strip())) for cell in cells)
    return alike - years >= min(2, max(1, len(cells) // 2)) and len(cells) > 1


def _shape(cell: str) -> str:
    text = normal_form("NFKC", cell[:200]).strip()
    if not text:
        return "blank"
    if NUMBER.fullmatch(text):
        return "number"
    if _DATE.fullmatch(text):
        return "date"
    if _URL.fullmatch(text):
        return "url"
    return "code" if _CODE.fullmatch(text) else "text"
