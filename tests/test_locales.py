"""Every text exists in both languages, with the same placeholders, and every code has a text."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.messages import LANGUAGES, Catalog
from engine.settings import PROJECT

CATALOGS = {"engine": PROJECT / "engine", "pages": PROJECT / "pages" / "ui"}
# What is the same in both languages: names of figures and methods, values and files.
SAME = {
    "macro-F1", "nDCG@10", "Recall@50", "MRR@10", "Judged@10", "TF-IDF", "BM25", "Shoplab",
    "click", "positive", "shoplab-{table}.csv", "{table}.csv", "https://shop.example/p00042.jpg",
}  # fmt: skip
CJK = re.compile(r"[\u3400-\u9fff]")
# What says a text: the function's name, and which of its arguments is the code.
SPEAKERS = {"say": 0, "t": 0, "Problem": 0, "InputError": 0, "ShoplabError": 0}
CODE = re.compile(r"[a-z_]+(\.[a-z0-9_]+)+")


@pytest.fixture(params=CATALOGS)
def folder(request: pytest.FixtureRequest) -> Path:
    return CATALOGS[request.param]


def placeholders(text: str) -> list[tuple[str, str]]:
    return sorted((name, spec or "") for _, name, spec, _ in string.Formatter().parse(text) if name)


def sources() -> Iterator[tuple[Path, ast.AST]]:
    for place in ("engine", "pages"):
        for file in sorted((PROJECT / place).rglob("*.py")):
            yield file, ast.parse(file.read_text(encoding="utf-8"))
    yield PROJECT / "app.py", ast.parse((PROJECT / "app.py").read_text(encoding="utf-8"))


def said_codes() -> Iterator[tuple[str, str, str]]:
    """Every code that is written out in the code: where, by what function, and the code."""
    for file, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            place = SPEAKERS.get(name)
            if place is None or len(node.args) <= place:
                continue
            argument = node.args[place]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield f"{file.relative_to(PROJECT)}:{node.lineno}", name, argument.value


def test_both_languages_have_the_same_files(folder: Path) -> None:
    files = [{file.parent for file in folder.rglob(f"{language}.toml")} for language in LANGUAGES]
    assert files[0] == files[1]
    assert files[0]


def test_both_languages_have_the_same_codes_and_placeholders(folder: Path) -> None:
    texts = Catalog(folder).texts
    chinese, english = texts["zh"], texts["en"]
    assert set(chinese) == set(english)
    different = {
        code: (placeholders(chinese[code]), placeholders(english[code]))
        for code in chinese
        if {name for name, _ in placeholders(chinese[code])}
        != {name for name, _ in placeholders(english[code])}
    }
    assert not different


def test_every_text_can_be_filled_in(folder: Path) -> None:
    texts = Catalog(folder).texts
    for language in LANGUAGES:
        for code, text in texts[language].items():
            # An empty cell of a table is a text too, if both languages leave it empty.
            assert text.strip() or not any(texts[other][code] for other in LANGUAGES), code
            names = {
                name: 1 if any(kind in spec for kind in "dfg%e,") else "x"
                for name, spec in placeholders(text)
            }
            filled = text.format(**names)
            assert not re.search(r"\{[a-z_]+\}", filled), (language, code)


def test_chinese_texts_are_chinese(folder: Path) -> None:
    left = {
        code: text
        for code, text in Catalog(folder).texts["zh"].items()
        if not CJK.search(text)
        and text not in SAME
        and re.search(r"[A-Za-z]{2,}", re.sub(r"\{[^}]*\}", "", text))
    }
    assert not left


def test_english_texts_hold_no_chinese(folder: Path) -> None:
    found = {code: text for code, text in Catalog(folder).texts["en"].items() if CJK.search(text)}
    # The language control names each language in itself.
    assert set(found.values()) <= {"中文"}


def test_every_code_that_is_said_has_a_text() -> None:
    known = set().union(*(Catalog(folder).texts["en"] for folder in CATALOGS.values()))
    said = list(said_codes())
    assert len(said) > 100
    missing = [(where, code) for where, _, code in said if CODE.fullmatch(code)]
    assert not [(where, code) for where, code in missing if code not in known]


def test_engine_codes_are_said_by_the_engine_and_pages_codes_by_pages() -> None:
    engine, pages = (set(Catalog(CATALOGS[name]).texts["en"]) for name in ("engine", "pages"))
    for where, name, code in said_codes():
        if CODE.fullmatch(code):
            assert code in (pages if name == "t" else engine), where


def test_every_error_the_engine_raises_says_its_placeholders() -> None:
    """The names given beside a code are those its text needs."""
    texts = Catalog(CATALOGS["engine"]).texts["en"]
    for file, tree in sources():
        for node in ast.walk(tree):
            called = getattr(node, "func", None)
            if getattr(called, "id", "") not in ("InputError", "ShoplabError"):
                continue
            assert isinstance(node, ast.Call)
            code = node.args[0] if node.args else None
            open_ended = any(keyword.arg is None for keyword in node.keywords)
            if not isinstance(code, ast.Constant) or open_ended:
                continue
            given = {keyword.arg for keyword in node.keywords} - {"details"}
            needed = {name for name, _ in placeholders(texts[code.value])}
            assert needed <= given, f"{file.relative_to(PROJECT)}:{node.lineno} {code.value}"
