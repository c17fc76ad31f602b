"""The terms of the course, each explained in a sentence or two.

`glossary/terms_<language>.toml` has a table a term: `name`, `text` and `see`, the terms beside it.
"""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SHIPPED = Path(__file__).parent / "glossary"


@dataclass(frozen=True)
class Term:
    """A term, what it is called, and what it means; `see` names other terms."""

    key: str
    name: str
    text: str
    see: tuple[str, ...] = ()


@functools.cache
def read_terms(language: str) -> Mapping[str, Term]:
    """The terms in `language` by key, in the order of their names."""
    file = SHIPPED / f"terms_{language}.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    terms = [
        Term(key, str(table["name"]), str(table["text"]), tuple(table.get("see", ())))
        for key, table in tables.items()
    ]
    return {term.key: term for term in sorted(terms, key=lambda term: term.name.casefold())}
