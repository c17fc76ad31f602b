"""Recognises a file's format by its first bytes, and reads it.

"CSV" stands for all delimited texts.
"""

import gzip
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath

from engine.reading.columns import TextColumns, TextTable, say_nothing
from engine.reading.delimited import parse_delimited
from engine.reading.encoding import CHUNK, is_binary
from engine.reading.jsonlines import parse_json
from engine.reading.layout import Place
from engine.reading.limits import check_unpacked, refuse
from engine.reading.plain import parse_lines
from engine.reading.workbook import check_archive, check_compound, parse_workbook
from engine.reading.xml_feed import parse_feed

EXTENSIONS = {
    ".csv": "CSV",
    ".tsv": "CSV",
    ".tab": "CSV",
    ".txt": "CSV",
    ".inter": "CSV",
    ".item": "CSV",
    ".qrels": "CSV",
    ".xlsx": "Excel",
    ".xlsm": "Excel",
    ".xls": "Excel",
    ".json": "JSON",
    ".jsonl": "JSON",
    ".ndjson": "JSON",
    ".parquet": "Parquet",
    ".xml": "XML",
}
TEXT_FORMATS = ("CSV", "JSON")
GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and .xlsx under a password
PARQUET = b"PAR1"
UTF16 = (b"\xff\xfe", b"\xfe\xff")
OTHERS = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7-Zip",
    b"SQLite format 3": "SQLite",
}
# What a page begins with, and what a feed does; XHTML has its type after the XML declaration. What
# was read is not read again in another way, so a long head takes no longer than its length.
PAGE = re.compile(
    rb"<!doctype|<html|<\?xml[^>]*+>\s*+(?:<!--(?>.*?-->)\s*+)*+<(?:!doctype )?html", re.I | re.S
)
FEED = re.compile(rb"<\?xml|<(?:rss|feed|products|catalog|offers|shop)[\s>]", re.I)
JSON_STARTS = (b'{"', b"[{", b"{'")


@dataclass(frozen=True)
class Parsed:
    """A file as text with its format and, for a text file, its codec and delimiter."""

    text: TextTable
    format: str
    encoding: str | None = None
    delimiter: str | None = None


def named_format(name: str) -> str:
    """The format by the extension of `name`. Raises InputError for an unsupported one."""
    path = PurePath(name.lower().removesuffix(".gz"))
    if path.suffix not in EXTENSIONS:
        supported = ", ".join(EXTENSIONS)
        raise refuse("unsupported", name, extension=path.suffix or name, supported=supported)
    return EXTENSIONS[path.suffix]


def parse(
    path: Path,
    name: str,
    scratch: Path,
    place: Place,
    tell: Callable[[float], None] = say_nothing,
) -> Parsed:
    """Read the file at `path`, which the user calls `name`; it is unpacked to the folder `scratch`.

    The content decides on the format, with a warning if the name suggests another one. `tell` is
    told what share of the file is read. Raises InputError if the file cannot be read at all.
    """
    if place.lines is not None:
        lines = TextColumns(name)
        codec = parse_lines(path, lines, place.lines)
        return Parsed(lines.finish(), "CSV", codec)
    expected = named_format(name)
    if _head(path).startswith(GZIP):
        path = _unpack(path, name, scratch, place.table)
        if is_packed(path):
            raise refuse("packed_binary", name)
    content = _find_format(path, name, expected)
    columns = TextColumns(name, place.table, tell)
    if content != expected:
        columns.warn("other_format", format=content, promised=expected)
    encoding = delimiter = None
    if content == "Excel":
        parse_workbook(path, columns, place)
    elif content == "Parquet":
        from engine.reading.parquet import parse_parquet  # takes as long to import as numpy

        parse_parquet(path, columns)
    elif content == "JSON":
        encoding = parse_json(path, columns)
    elif content == "XML":
        encoding = parse_feed(path, columns)
    else:
        encoding, delimiter = parse_delimited(path, columns, place)
    return Parsed(columns.finish(), content, encoding, delimiter)


def is_packed(path: Path) -> bool:
    """Whether the file is in a packed format, which may need far more memory than its size."""
    return _head(path).startswith((GZIP, ZIP, COMPOUND, PARQUET))


def is_feed(path: Path) -> bool:
    """Whether the file begins as XML."""
    return bool(FEED.match(_start(_head(path))))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(512)


def _start(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()


def _find_format(path: Path, name: str, expected: str) -> str:
    head = _head(path)
    if head.startswith(ZIP):
        check_archive(path, name)
        return "Excel"
    if head.startswith(COMPOUND):
        check_compound(path, name)
        return "Excel"
    if head.startswith(PARQUET):
        return "Parquet"
    for mark, kind in OTHERS.items():
        if head.startswith(mark):
            raise refuse("other_file", name, format=kind)
    start = _start(head)
    if PAGE.match(start):
        raise refuse("web_page", name)
    if FEED.match(start) or (expected == "XML" and head.startswith((*UTF16, b"<"))):
        return "XML"
    if expected == "Parquet" or (expected == "Excel" and is_binary(path)):
        raise refuse("damaged", name, format=expected)
    if expected == "JSON":
        return "JSON"
    return "JSON" if start.startswith(JSON_STARTS) else "CSV"


def _unpack(path: Path, name: str, scratch: Path, table: str | None) -> Path:
    unpacked = scratch / "unpacked"
    packed = path.stat().st_size
    size = 0
    try:
        with gzip.open(path) as source, unpacked.open("wb") as target:
            while chunk := source.read(CHUNK):
                size += len(chunk)
                check_unpacked(packed, size, name, table)
                target.write(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise refuse("damaged", name, format="gzip") from error
    if not size:
        raise refuse("empty", name)
    return unpacked
