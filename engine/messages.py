"""Texts in Chinese and English, looked up by code.

A *catalog* is all files `en.toml` and `zh.toml` below a folder, each beside the code whose texts it
holds. A code is the path to its text in the file: `[search.errors]` with `empty = "…"` makes
`search.errors.empty`.

Placeholders are those of `str.format`, and one more for what changes with a number: a placeholder
with a bar shows no number but the words before the bar if the number is 1, else those after it.
`{n} {n:product has|products have} no price` makes "1 product has no price" and "1,204 products have
no price". The number may be one already written out, such as "1,204". Chinese needs no such forms.
"""

import functools
import string
import tomllib
from collections.abc import Mapping
from pathlib import Path

LANGUAGES = ("zh", "en")
DEFAULT_LANGUAGE = "en"


class _Formatter(string.Formatter):
    """`str.format` with the placeholder `{n:singular|plural}`."""

    def format_field(self, value: object, format_spec: str) -> str:
        singular, bar, plural = format_spec.partition("|")
        if bar:
            return singular if str(value) == "1" else plural
        return format(value, format_spec)


_FORMATTER = _Formatter()


class Catalog:
    """The texts of the files below one folder. Raises ValueError for a code that two files hold."""

    def __init__(self, folder: Path) -> None:
        self.texts = {language: _read(folder, language) for language in LANGUAGES}

    def say(self, code: str, language: str, **params: object) -> str:
        """The text of `code` in `language`, its placeholders filled from `params`.

        Raises KeyError for a code that the catalog does not hold.
        """
        texts = self.texts.get(language, self.texts[DEFAULT_LANGUAGE])
        return _FORMATTER.vformat(texts[code], (), params)


def _read(folder: Path, language: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for file in sorted(folder.rglob(f"{language}.toml")):
        own = _flatten(tomllib.loads(file.read_text(encoding="utf-8")))
        if twice := own.keys() & texts.keys():
            raise ValueError(f"{file} holds texts that another file has: {sorted(twice)}")
        texts |= own
    return texts


def _flatten(tree: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    texts: dict[str, str] = {}
    for key, value in tree.items():
        code = f"{prefix}{key}"
        if isinstance(value, Mapping):
            texts |= _flatten(value, f"{code}.")
        else:
            texts[code] = str(value)
    return texts


@functools.cache
def engine_catalog() -> Catalog:
    """The engine's own texts: errors, problems in files, readiness, what a run found."""
    return Catalog(Path(__file__).parent)


def say(code: str, language: str, **params: object) -> str:
    """A text of the engine's catalog; see `Catalog.say`."""
    return engine_catalog().say(code, language, **params)


def name_of(code: str, language: str, otherwise: str) -> str:
    """The engine's text of `code`, or `otherwise`: a run may hold names of another version."""
    return engine_catalog().texts[language].get(code, otherwise)
