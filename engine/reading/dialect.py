"""Finds the dialect in which most records of a text have as many cells as the header."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.reading.records import BrokenRecord, Dialect, read_records

COMMON = ",\t;|"
SINGLE_COLUMN = Dialect("\x1f")  # a delimiter that no text contains
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


def find_dialect(sample: Sequence[str], is_complete: bool) -> tuple[Dialect, bool]:
    """The dialect of the text that begins with `sample`, and whether it fits the records too.

    Unless the sample `is_complete`, its last record may be cut off.
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
    if best is None:
        return SINGLE_COLUMN, True
    return best.dialect, not best.records or best.single < best.records


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
