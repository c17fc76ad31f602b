"""Reads JSON records, one per line or in an array."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.reading.columns import TextColumns
from engine.reading.encoding import Encoding, find_encoding, read_lines
from engine.reading.limits import refuse

BROKEN = object()
DEPTH = 3  # so deep lie the records in an answer of a web API
_DECODER = json.JSONDecoder(parse_constant=str)
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def parse_json(path: Path, columns: TextColumns) -> str:
    """Read the file into `columns`; returns its encoding.

    Rows are line numbers or positions in the array, from 1. Every key of any record is a column;
    objects and arrays stay as JSON text. Raises InputError if the file cannot be read at all.
    """
    encoding = find_encoding(path, columns.name)
    lines = (line for line in read_lines(path, encoding) if line.strip())
    first, second = next(lines, ""), next(lines, "")
    if not first:
        raise refuse("empty", columns.name)
    if _is_object(_load(first)) and (second or _records_in(_load(first)) is None):
        append_records(_load_lines(path, encoding), encoding, columns)
        return encoding.codec
    document = _load("".join(read_lines(path, encoding)))
    if document is not BROKEN:
        records = _find_records(document, columns.name)
        append_records(enumerate(records, start=1), encoding, columns)
    elif any(_is_object(record) for _, record in _load_lines(path, encoding)):
        append_records(_load_lines(path, encoding), encoding, columns)
    else:
        raise refuse("broken_json", columns.name)
    return encoding.codec


def _load(text: str) -> object:
    try:
        return _DECODER.decode(text.strip().strip("\ufeff"))
    except (ValueError, RecursionError):
        return BROKEN


def _load_lines(path: Path, encoding: Encoding) -> Iterator[tuple[int, object]]:
    for row, line in enumerate(read_lines(path, encoding), start=1):
        if line.strip():
            yield row, _load(line)


def _find_records(document: object, name: str) -> list[object]:
    if isinstance(document, dict):
        document = _records_in(document) or [document]
    if not isinstance(document, list) or not any(_is_object(record) for record in document):
        raise refuse("no_records", name)
    return document


def _records_in(document: object, depth: int = DEPTH) -> list[object] | None:
    """The one list of objects in an answer of a web API, such as `{"products": [...]}`.

    It may lie deeper, as in `{"hits": {"hits": [...]}}`; None if there is none, or several.
    """
    if not isinstance(document, dict) or "id" in document:
        return None
    lists = [
        value
        for value in document.values()
        if isinstance(value, list) and value and all(map(_is_object, value))
    ]
    if len(lists) == 1:
        return lists[0]
    inner = [_records_in(value, depth - 1) for value in document.values() if depth]
    deeper = [records for records in inner if records is not None]
    return deeper[0] if not lists and len(deeper) == 1 else None


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def append_records(
    records: Iterable[tuple[int, object]], encoding: Encoding, columns: TextColumns
) -> None:
    """Add objects with their rows to `columns`; what is none is rejected.

    Every key of any object is a column; objects and arrays inside it become JSON text.
    """
    foreign = "mixed_encoding" if encoding.mixed else "broken_character"
    keys: dict[str, None] = {}
    for row, record in records:
        if record is BROKEN:
            columns.reject(row, "broken_json_line")
        elif not isinstance(record, dict):
            columns.reject(row, "no_record")
        else:
            if isinstance(record.get("_source"), dict):  # a dump of Elasticsearch or OpenSearch
                record = {"_id": record.get("_id"), **record["_source"]}
            new = [key for key in record if key not in keys]
            cells = [_to_text(record.get(key)) for key in [*keys, *new]]
            if not _is_unicode(new) or not _is_unicode(cells):
                columns.reject(row, foreign, encoding=encoding.codec.upper())
                continue
            if new:
                keys |= dict.fromkeys(new)
                columns.set_header(list(keys))
            if cells:
                columns.append(row, cells)


def _is_unicode(texts: Iterable[str | None]) -> bool:
    """Whether no text has an unpaired surrogate, as from a cut emoji or another encoding."""
    try:
        "".join(text for text in texts if text).encode()
    except UnicodeEncodeError:
        return False
    return True


def _to_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return _ENCODER.encode(value)
