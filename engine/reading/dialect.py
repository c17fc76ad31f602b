"""How a delimited text is cut: as most records get as many cells as the header."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.reading.records import BrokenRecord, Dialect, read_records

COMMON = ",\t;|"
SINGLE_COLUMN = Dialect("\x1f")  # a delimiter that no text holds
HEADER_LINES = 50
SAMPLE_RECORDS = 300
SAMPLE_BROKEN = 30
_NEVER = set("\"'`_-.()[]{}<>/\\#%&*+=?!@$¥€£\r\n\ufeff")


@dataclass(frozen=True)
class Fit:
    """How well a dialect cuts the sample.

    Of `records`, `fitting` have the header's `columns` and `single` have one cell.
    """

    dialect: Dialect
    columns: int
    records: int
    fitting: int
    single: int
    broken: int

    @property
    def rank(self) -> tuple[float, int, int]:
        """The greater, the better."""
        return self.fitting / max(1, self.records + self.broken), -self.broken, self.columns


def find_dialect(sample: Sequence[str], whole: bool) -> tuple[Dialect, bool]:
    """The dialect of the text beginning with `sample`, and whether it cuts more than the header.

    `whole`: the sample is the whole text; otherwise its last record may be cut short.
    """
    header = _first_record(sample)
    common = [mark for mark in COMMON if mark in header]
    rare = [mark for mark in dict.fromkeys(header) if _may_delimit(mark)]
    fits = _try_all(common, sample, whole)
    best = max(fits, key=lambda fit: fit.rank, default=None)
    if best is None or (best.records and not best.fitting):
        rare_fits = [fit for fit in _try_all(rare, sample, whole) if fit.fitting == fit.records > 0]
        if rare_fits:
            return max(rare_fits, key=lambda fit: fit.rank).dialect, True
    if best is None:
        return SINGLE_COLUMN, True
    return best.dialect, not best.records or best.single < best.records


def fits_header(cells: Sequence[str], columns: int) -> bool:
    """Whether a record has the header's cells; further ones may only be empty."""
    return len(cells) == columns or (len(cells) > columns and not any(cells[columns:]))


def _first_record(sample: Sequence[str]) -> str:
    """The first lines that are not blank, up to where their quotes are closed."""
    record = ""
    for line in sample[:HEADER_LINES]:
        record += line
        if record.strip() and record.count('"') % 2 == 0:
            break
    return record


def _may_delimit(mark: str) -> bool:
    return not (mark.isalnum() or mark == " " or mark in COMMON or mark in _NEVER)


def _try_all(marks: Sequence[str], sample: Sequence[str], whole: bool) -> list[Fit]:
    fits = []
    for mark in marks:
        fit = _try(Dialect(mark), sample, whole)
        others = []
        if fit.broken:
            others.append(_try(Dialect(mark, escape="\\"), sample, whole))
            if mark == "\t":  # tab-separated exports often do not quote at all
                others.append(_try(Dialect(mark, quoted=False), sample, whole))
        clean = [other for other in others if not other.broken]
        fits.append(max([fit, *clean], key=lambda fit: fit.rank))
    return [fit for fit in fits if fit.columns > 1]


def _try(dialect: Dialect, sample: Sequence[str], whole: bool) -> Fit:
    columns = records = fitting = single = broken = 0
    for record in read_records(sample, dialect):
        if isinstance(record, BrokenRecord):
            if record.at_end and not whole:
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
