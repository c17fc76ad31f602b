"""Every text exists in both languages, with the same placeholders, and every code has a text."""

import ast
import functools
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

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
# Placeholders that hold a count of things: it may be one.
COUNTS = {
    "better", "cells", "columns", "count", "different", "done", "good", "bad", "gone", "groups",
    "have", "kept", "kin", "known", "left", "looked", "losses", "moved", "n", "n_test", "n_train",
    "n_validation", "new", "of", "orders", "others", "places", "products", "queries", "rare",
    "rejected", "right", "rows", "same", "sessions", "shown", "spent", "sure", "ties", "total",
    "up", "users", "value", "wins", "worse", "wrong",
}  # fmt: skip
COUNT_AND_NOUN = re.compile(
    r"(?<!than )\{(?P<count>\w+)\}\**"  # {n}, perhaps bold; "fewer than {n}" is a bound
    r"(?: (?!of\b|in\b|to\b|on\b|and\b)[a-z-]+){0,2}?"  # "held-out", "more different"
    r" (?P<word>[a-z]{2,}[a-rt-z]s|are|were|have|do)\b(?! or more)"
)
PLURAL = re.compile(r"\{\w+:(?:[^{}]|\{\w+\})*\|(?:[^{}]|\{\w+\})*\}")
NOT_PLURAL = {"always", "does", "perhaps", "this"}


@pytest.fixture(params=CATALOGS)
def folder(request: pytest.FixtureRequest) -> Path:
    return CATALOGS[request.param]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """A catalog with a text for each use of the plural rule."""
    folder = tmp_path_factory.mktemp("texts")
    (folder / "zh.toml").write_text('count = "{n} 件商品"', encoding="utf-8")
    (folder / "en.toml").write_text(
        'count = "{n} {n:product has|products have} no price"\n'
        'nested = "{n:It|All {n}} found"\n'
        'two = "{part} of {n} {n:row|rows} {part:names|name} it, {share:.0%}"\n',
        encoding="utf-8",
    )
    return Catalog(folder)


def placeholders(text: str) -> list[tuple[str, str]]:
    """Every placeholder with what stands behind its colon, those within plural forms too."""
    found = [(name, spec or "") for _, name, spec, _ in string.Formatter().parse(text) if name]
    return sorted(found + [inner for _, spec in found for inner in placeholders(spec)])


def sources() -> Iterator[tuple[Path, ast.AST]]:
    for place in ("engine", "pages"):
        for file in sorted((PROJECT / place).rglob("*.py")):
            yield file, ast.parse(file.read_text(encoding="utf-8"))
    yield PROJECT / "app.py", ast.parse((PROJECT / "app.py").read_text(encoding="utf-8"))


@functools.cache
def said_codes() -> list[tuple[str, str, str]]:
    """Every code that is written out in the code: where, by what function, and the code."""
    codes = []
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
                codes.append((f"{file.relative_to(PROJECT)}:{node.lineno}", name, argument.value))
    return codes


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
    catalog = Catalog(folder)
    texts = catalog.texts
    for language in LANGUAGES:
        for code, text in texts[language].items():
            # An empty cell of a table is a text too, if both languages leave it empty.
            assert text.strip() or not any(texts[other][code] for other in LANGUAGES), code
            numbers = {
                name
                for name, spec in placeholders(text)
                if "|" not in spec and any(kind in spec for kind in "dfg%e,")
            }
            for count in (1, 2):
                names = {
                    name: count if name in numbers else str(count) for name, _ in placeholders(text)
                }
                filled = catalog.say(code, language, **names)
                assert not re.search(r"\{[a-z_]+\}|\|", filled), (language, code)


def test_one_is_singular_and_all_else_plural(made: Catalog) -> None:
    assert made.say("count", "en", n=1) == made.say("count", "en", n="1")
    assert made.say("count", "en", n=1) == "1 product has no price"
    assert made.say("count", "en", n=0) == "0 products have no price"
    assert made.say("count", "en", n="1,204") == "1,204 products have no price"
    assert made.say("count", "zh", n=1) == "1 件商品"
    assert made.say("nested", "en", n=1) == "It found"
    assert made.say("nested", "en", n="3") == "All 3 found"
    assert made.say("two", "en", part=1, n=2, share=0.5) == "1 of 2 rows names it, 50%"


@given(st.integers(min_value=-(10**9), max_value=10**9))
@example(1)
@example(1000)
def test_a_number_and_the_same_written_out_choose_the_same_form(made: Catalog, n: int) -> None:
    assert made.say("count", "en", n=n).removeprefix(str(n)) == made.say(
        "count", "en", n=f"{n:,}"
    ).removeprefix(f"{n:,}")
    assert ("product has" in made.say("count", "en", n=n)) == (n == 1)


@given(st.floats(allow_nan=False).map(lambda number: f"{number:.1f}"))
@example("1.0")
def test_what_has_decimals_is_plural(made: Catalog, n: str) -> None:
    assert made.say("count", "en", n=n) == f"{n} products have no price"


@pytest.mark.parametrize("name", CATALOGS)
def test_english_nouns_agree_with_their_numbers(name: str) -> None:
    """A heuristic: no "(s)", and after a bare count no word that looks like a plural."""
    wrong = {}
    for code, text in Catalog(CATALOGS[name]).texts["en"].items():
        after = [
            match
            for match in COUNT_AND_NOUN.finditer(PLURAL.sub("#", text))
            if match["count"] in COUNTS and match["word"] not in NOT_PLURAL
        ]
        if re.search(r"\w\((?:s|es|ies)\)", text) or after:
            wrong[code] = text
    assert not wrong


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
    said = said_codes()
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
