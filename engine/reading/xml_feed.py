"""Reads product feeds in XML, such as those for Google Merchant Center (RSS or Atom).

They are read as a stream, so that only one record is in memory, and must only be parsed in the
limited child process. No feed needs a document type, and with it entities could grow a few bytes
to gigabytes or name files of this machine, so that a file with one is refused.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from engine.reading.columns import TextColumns
from engine.reading.encoding import Encoding, find_encoding, read_lines
from engine.reading.jsonlines import append_records
from engine.reading.limits import refuse

RECORDS = {"item", "entry", "product", "offer", "shopitem"}
GOOGLE = "http://base.google.com/ns/1.0"
DEPTH = 10  # of elements inside a record

Value = str | dict[str, object]


def parse_feed(path: Path, columns: TextColumns) -> str:
    """Read the products of the feed into `columns`; returns its encoding.

    Each element inside a product is a column, whatever its namespace; one with elements of its own
    becomes a JSON object, and several of a name a JSON list. Rows count products, from 1. Raises
    InputError if the file cannot be read at all.
    """
    encoding = find_encoding(path, columns.name)
    if encoding.guessed:
        columns.warn("encoding_guessed", encoding=encoding.codec)
    append_records(_records(path, encoding, columns.name), encoding, columns)
    if not columns.header:
        raise refuse("no_feed", columns.name)
    return encoding.codec


def _records(path: Path, encoding: Encoding, name: str) -> Iterator[tuple[int, object]]:
    feed = _Feed(name)
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = feed.refuse_doctype
    parser.StartElementHandler = feed.start
    parser.CharacterDataHandler = feed.data
    parser.EndElementHandler = feed.end
    numbers = itertools.count(1)
    try:
        for line in read_lines(path, encoding):
            parser.Parse(line.encode("utf-8", "replace").decode(), False)
            for record in feed.take():
                yield next(numbers), record
        parser.Parse("", True)
    except expat.ExpatError as error:
        raise refuse("broken_xml", name, error.lineno) from error


class _Feed:
    """Builds records from what the parser meets in the file `name`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tag = ""
        self._open: list[_Element] = []
        self._done: list[dict[str, object]] = []

    def take(self) -> list[dict[str, object]]:
        """The records that are complete."""
        done, self._done = self._done, []
        return done

    def refuse_doctype(self, *_: object) -> None:
        raise refuse("doctype", self._name)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._open or self._is_record(tag):
            self._open.append(_Element(tag, attributes))

    def data(self, text: str) -> None:
        if self._open:
            self._open[-1].text.append(text)

    def end(self, _: str) -> None:
        if not self._open:
            return
        element = self._open.pop()
        if not self._open:
            self._done.append(element.fields())
        elif len(self._open) < DEPTH:
            self._open[-1].add(element)

    def _is_record(self, tag: str) -> bool:
        """Whether `tag` is that of the records: the first that may be."""
        if not self._tag and _split(tag)[1].lower() in RECORDS:
            self._tag = tag
        return tag == self._tag


class _Element:
    """An element of a record: its text, and the elements and attributes inside it."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.namespace, self.name = _split(tag)
        self.text: list[str] = []
        self._attributes = {_split(name)[1]: value for name, value in attributes.items()}
        self._inner: dict[str, list[Value]] = {}
        self._googles: set[str] = set()

    def add(self, element: "_Element") -> None:
        """Put in an inner element; of two spellings, as `title` and `g:title`, Google's counts."""
        name = element._label()
        is_googles = element.namespace == GOOGLE
        if is_googles and name not in self._googles:
            self._inner.pop(name, None)
            self._googles.add(name)
        if is_googles or name not in self._googles:
            self._inner.setdefault(name, []).append(element._value())

    def fields(self) -> dict[str, object]:
        """What stands in the element, by name."""
        inner = {
            name: values[0] if len(values) == 1 else values for name, values in self._inner.items()
        }
        return {**{name: value for name, value in self._attributes.items() if value}, **inner}

    def _label(self) -> str:
        """The name, or what names it: `<param name="Colour">` is a colour."""
        named = self._attributes.get("name")
        return named if named and not self._inner else self.name

    def _value(self) -> Value:
        text = "".join(self.text).strip()
        if not self._inner:
            # Atom's links have nothing but an address.
            return text or self._attributes.get("href", "")
        return self.fields()


def _split(tag: str) -> tuple[str, str]:
    namespace, _, name = tag.rpartition("}")
    return namespace, name
