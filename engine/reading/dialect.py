"""Finds the dialect in which most records of a text have as many cells as the header."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.reading.headers import count_names
from engine.reading.layout import is_comment
from engine.reading.records import BrokenRecord, Dialect, read_records

COMMON = ",\t;|"
SINGLE_COLUMN = Dialect("\x1f")  # a delimiter that no text contains
LEAST_BELOW = 0.8  # the share of rows below a title that have the same number of cells
HEADER_LINES = 50
SAMPLE_RECORDS = 300
SAMPLE_BROKEN = 30
MOST_RARE = 8  # every sign that is tried reads the sample once more
_NEVER = set("\"'`_-.()[]{}<>/\\#%&*+=?!@$¥€£\r\n\ufeff")


@dataclass(frozen=True)
class Fit:
    """How well a dialect fits the sample.

    Of all `records`, `fitting` have as many cells as the header has `columns`, and `single` have
    only one.
    """

    dialect: Dialect
    columns: int
    records: int
    fitting: int
    single: int
    broken: int

    @property
    def rank(self) -> tuple[float, int, int]:
        """Dialects of higher rank fit better."""
        return self.fitting / max(1, self.records + self.broken), -self.broken, self.columns


def find_dialect(
    sample: Sequence[str], is_complete: bool, table: str | None = None
) -> tuple[Dialect, bool]:
    """The dialect of the text that begins with `sample`, and whether it fits the records too.

    Unless the sample `is_complete`, its last record may be cut off. In a file for `table`, titles
    and comments may stand above the header.
    """
    header = _first_record(sample)
    common = [mark for mark in COMMON if mark in header]
    rare = [mark for mark, _ in Counter(filter(_may_delimit, header)).most_common(MOST_RARE)]
    fits = _try_all(common, sample, is_complete)
    best = max(fits, key=lambda fit: fit.rank, default=None)
    if best is None or (best.records and not best.fitting):
        rare_fits = [
            fit for fit in _try_all(rare, sample, is_complete) if fit.fitting == fit.records > 0
        ]
        if rare_fits:
            return max(rare_fits, key=lambda fit: fit.rank).dialect, True
    if table and (best is None or 2 * best.fitting < best.records):
        below = _find_below(sample, is_complete, table)
        if below is not None:
            return below, True
    if best is None:
        return SINGLE_COLUMN, True
    return best.dialect, not best.records or best.single < best.records


def _find_below(sample: Sequence[str], is_complete: bool, table: str) -> Dialect | None:
    """The dialect of a table that has titles or comments above it; None if there is none."""
    first = _first_record(sample)
    if count_names([first], table):
        return None
    best: tuple[int, Dialect] | None = None
    for mark in COMMON:
        dialect = Dialect(mark)
        records = [
            record
            for record in itertools.islice(read_records(sample, dialect), SAMPLE_RECORDS)
            if not isinstance(record, BrokenRecord) and any(record)
        ]
        if not is_complete:
            records = records[:-1]
        widths = [len(record) for record in records]
        in_table = [len(record) for record in records if not is_comment(record)]
        if not in_table:
            continue
        width, fitting = Counter(in_table).most_common(1)[0]
        start = widths.index(width)
        above = records[:start]
        # A header with another delimiter than its rows is no title.
        if width < 2 or not above or any(first.count(other) + 1 == width for other in COMMON):
            continue
        commented = all(is_comment(record) for record in above if any(record))
        named = count_names(records[start], table) > 0
        enough = width > 2 and fitting >= LEAST_BELOW * (len(records) - start)
        narrower = max(widths[:start]) < width and start < HEADER_LINES
        if narrower and (commented or named or enough) and (best is None or width > best[0]):
            best = width, dialect
    return best[1] if best else None


def fits_header(cells: Sequence[str], columns: int) -> bool:
    """Whether a record has a cell for each column, and at most empty cells beyond."""
    return len(cells) == columns or (len(cells) > columns and not any(cells[columns:]))


def _first_record(sample: Sequence[str]) -> str:
    """The first lines that are not blank, up to the end of the quotes in them."""
    record = ""
    for line in sample[:HEADER_LINES]:
        record += line
        if record.strip() and record.count('"') % 2 == 0:
            break
    return record


def _may_delimit(mark: str) -> bool:
    return not (mark.isalnum() or mark == " " or mark in COMMON or mark in _NEVER)


def _try_all(marks: Sequence[str], sample: Sequence[str], is_complete: bool) -> list[Fit]:
    fits = []
    for mark in marks:
        fit = _try(Dialect(mark), sample, is_complete)
        variants = []
        if fit.broken:
            variants.append(_try(Dialect(mark, escape="\\"), sample, is_complete))
            if mark == "\t":  # tab-separated exports often do not quote at all
                variants.append(_try(Dialect(mark, quoted=False), sample, is_complete))
        clean = [variant for variant in variants if not variant.broken]
        fits.append(max([fit, *clean], key=lambda fit: fit.rank))
    return [fit for fit in fits if fit.columns > 1]


def _try(dialect: Dialect, sample: Sequence[str], is_complete: bool) -> Fit:
    columns = records = fitting = single = broken = 0
    for record in read_records(sample, dialect):
        if isinstance(record, BrokenRecord):
            if record.at_end and not is_complete:
                break
            broken += 1
        elif not columns:
            columns = len(record)
        elif record:
            records += 1
            fitting += fits_header(record, columns)
            single += len(record) == 1
        if records == SAMPLE_RECORDS or broken == SAMPLE_BROKEN:
            break
    return Fit(dialect, columns, records, fitting, single, broken)
