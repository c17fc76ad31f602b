"""Reads JSON records, one per line or in an array."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.reading.columns import TextColumns
from engine.reading.encoding import Encoding, find_encoding, read_lines
from engine.reading.limits import refuse

BROKEN = object()
_DECODER = json.JSONDecoder(parse_constant=str)
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def parse_json(path: Path, columns: TextColumns) -> str:
    """Read the file into `columns`; returns its encoding.

    Rows are line numbers or positions in the array, from 1. Every key of any record is a column;
    objects and arrays stay as JSON text. Raises InputError if the file cannot be read at all.
    """
    encoding = find_encoding(path, columns.name)
    first = next((line for line in read_lines(path, encoding) if line.strip()), "")
    if not first:
        raise refuse("empty", columns.name)
    if _is_object(_load(first)):
        _parse_records(_load_lines(path, encoding), encoding, columns)
        return encoding.codec
    document = _load("".join(read_lines(path, encoding)))
    if document is not BROKEN:
        records = _find_records(document, columns.name)
        _parse_records(enumerate(records, start=1), encoding, columns)
    elif any(_is_object(record) for _, record in _load_lines(path, encoding)):
        _parse_records(_load_lines(path, encoding), encoding, columns)
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
        # `{"products": [...]}`, as web APIs answer
        arrays = [value for value in document.values() if isinstance(value, list)]
        document = arrays[0] if len(arrays) == 1 else [document]
    if not isinstance(document, list) or not any(_is_object(record) for record in document):
        raise refuse("no_records", name)
    return document


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _parse_records(
    records: Iterable[tuple[int, object]], encoding: Encoding, columns: TextColumns
) -> None:
    foreign = "mixed_encoding" if encoding.mixed else "broken_character"
    keys: dict[str, None] = {}
    for row, record in records:
        if record is BROKEN:
            columns.reject(row, "broken_json_line")
        elif not isinstance(record, dict):
            columns.reject(row, "no_record")
        else:
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
