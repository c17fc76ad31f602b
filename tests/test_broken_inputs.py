"""Forty-odd ways to get a file wrong: each is said clearly in both languages and breaks nothing."""

import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from engine.errors import InputError, Problem
from engine.messages import LANGUAGES
from engine.reading.load import load_files
from engine.storage.workspace import Workspace

HEAD = b"product_id,title,price\n"
GOOD = HEAD + b"1,Red cup,3.00\n2,Blue jug,4.50\n3,Green pot,5.00\n"
_UNFILLED = re.compile(r"\{[a-z_]+(?::[^}]*)?\}|\bNone\b")


@dataclass(frozen=True)
class Broken:
    """A broken input: the bytes of a file called `name`, and the code its load must give."""

    code: str
    content: bytes | Callable[[], bytes]
    name: str = "shop.csv"
    table: str = "products"
    changes: Mapping[str, str] = field(default_factory=dict)


def _products(*rows: str, head: bytes = HEAD) -> bytes:
    return head + b"1,Red cup,3.00\n" + "".join(f"{row}\n" for row in rows).encode()


def _workbook() -> bytes:
    file = io.BytesIO()
    pd.DataFrame({"product_id": ["1"], "title": ["Cup"]}).to_excel(file, index=False)
    return file.getvalue()


def _parquet() -> bytes:
    file = io.BytesIO()
    pd.DataFrame({"product_id": ["1"] * 500, "title": ["Cup"] * 500}).to_parquet(file)
    return file.getvalue()


def _zip_bomb() -> bytes:
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as member,
    ):
        for _ in range(60):
            member.write(b" " * 1_000_000)
    return file.getvalue()


def _password_workbook() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")


REVIEWS = b"review,rating,sentiment,date\ngood,5,1,2024-01-05\nbad,2,0,2024-01-06\n"
SEARCHES = b"query,product_id,event,time\ncup,1,click,2024-01-05\n"
JUDGMENTS = b"query,product_id,relevance\ncup,1,3\n"

ERRORS = {
    "empty": Broken("reader.empty", b""),
    "only blank lines": Broken("reader.empty", b"\n\n\n"),
    "only a byte order mark": Broken("reader.empty", b"\xef\xbb\xbf"),
    "header only": Broken("reader.header_only", HEAD),
    "wrong delimiter": Broken(
        "reader.wrong_delimiter", b"product_id,title,price\n1;Red cup;3\n2;Blue jug;4\n"
    ),
    "mixed encodings": Broken(
        "data.bad_rows",
        "product_id,title\n1,红色陶瓷杯\n".encode()
        + "2,蓝色玻璃水壶\n".encode("gb18030")
        + "3,绿色花盆\n".encode(),
    ),
    "ragged rows": Broken("data.bad_rows", _products("2,Blue jug", "3,Pot,5,6,7")),
    "unclosed quote": Broken("data.bad_rows", _products('2,"Blue jug,4', "3,Pot,5")),
    "binary renamed to csv": Broken("reader.other_file", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    "NUL bytes": Broken("reader.binary", b"id,t\n1,\x00\x01\x00\x00\x02\x00\n"),
    "a web page": Broken("reader.web_page", b"<html><body>Log in</body></html>", "shop.xls"),
    "cut gzip": Broken("reader.damaged", lambda: gzip.compress(GOOD)[:-12], "shop.csv.gz"),
    "gzip that is none": Broken("reader.damaged", b"\x1f\x8b not gzip", "shop.csv.gz"),
    "gzip bomb": Broken(
        "reader.bomb", lambda: gzip.compress(HEAD + b"1,Cup,3\n" * 9_000_000, 1), "shop.csv.gz"
    ),
    "zip bomb as xlsx": Broken("reader.bomb", _zip_bomb, "shop.xlsx"),
    "password workbook": Broken("reader.password", _password_workbook, "shop.xlsx"),
    "cut workbook": Broken("reader.damaged", lambda: _workbook()[:-600], "shop.xlsx"),
    "cut parquet": Broken("reader.damaged", lambda: _parquet()[:-40], "shop.parquet"),
    "csv renamed to parquet": Broken("reader.damaged", GOOD, "shop.parquet"),
    "broken JSON line": Broken(
        "data.bad_rows",
        b'{"product_id": "1", "title": "Cup"}\n{"product_id": "2", "tit\n',
        "shop.jsonl",
    ),
    "JSON array of numbers": Broken("reader.no_records", b"[1, 2, 3]", "shop.json"),
    "unsupported extension": Broken("reader.unsupported", b"anything", "shop.docx"),
    "header of 1,000 columns": Broken(
        "reader.too_many_columns",
        ",".join(f"c{n}" for n in range(1000)).encode() + b"\n" + b"1," * 999 + b"1\n",
    ),
    "no title column": Broken("data.no_column", b"product_id,price\n1,3.00\n2,4.00\n"),
    "no id column": Broken("data.no_column", b"price,colour\n3.00,red\n3.00,red\n"),
    "all titles empty": Broken("data.no_good_rows", HEAD + b"1,,3\n2,,4\n"),
    "an empty id": Broken("data.bad_rows", _products(",Blue jug,4")),
    "an id of a whole page": Broken("data.bad_rows", _products(f"{'9' * 5000},Blue jug,4")),
    "a title of HTML only": Broken("data.bad_rows", _products("2,<b></b>,4")),
    "a title of script only": Broken("data.bad_rows", _products("2,<script>x()</script>,4")),
    "NaN price": Broken("data.bad_rows", _products("2,Blue jug,NaN")),
    "infinite price": Broken("data.bad_rows", _products("2,Blue jug,inf")),
    "price beyond counting": Broken("data.bad_rows", _products(f"2,Blue jug,{'9' * 400}")),
    "negative price": Broken("data.bad_rows", _products("2,Blue jug,-4.50")),
    "negative position": Broken(
        "data.bad_rows", b"query,product_id,position\ncup,1,1\ncup,2,-3\n", table="searches"
    ),
    "rating of 11": Broken("data.bad_rows", REVIEWS + b"odd,11,1,2024-01-05\n", table="reviews"),
    "relevance of 9": Broken("data.bad_rows", JUDGMENTS + b"cup,2,9\n", table="judgments"),
    "relevance in words": Broken("data.bad_rows", JUDGMENTS + b"cup,2,nice\n", table="judgments"),
    "no relevance": Broken("data.bad_rows", JUDGMENTS + b"cup,2,\n", table="judgments"),
    "unknown event": Broken(
        "data.bad_rows", SEARCHES + b"cup,1,teleport,2024-01-05\n", table="searches"
    ),
    "search without words": Broken(
        "data.bad_rows", SEARCHES + b" ,1,click,2024-01-05\n", table="searches"
    ),
    "map of an unknown column": Broken("data.unknown_column", GOOD, changes={"title": "naam"}),
    "map of an unknown field": Broken("data.unknown_field", GOOD, changes={"titel": "title"}),
    "map that takes a needed field away": Broken("data.no_column", GOOD, changes={"title": ""}),
    "map of an empty column of numbers": Broken(
        "data.no_good_rows", HEAD + b"1,Cup,\n2,Jug,\n", changes={"product_id": "price"}
    ),
}

WARNINGS = {
    "duplicate rows": Broken("data.repeated", _products("1,Red cup,3.00")),
    "duplicate ids": Broken("data.conflicting", _products("1,Blue jug,4")),
    "title of 100,000 characters": Broken("data.cut", _products(f"2,{'x' * 100_000},4")),
    "formula as title": Broken("data.formula", _products("2,=cmd|' /C calc'!A0,4")),
    "script in a title": Broken(
        "data.active_html", _products("2,<img src=x onerror=alert(1)>Jug,4")
    ),
    "image that is a script": Broken(
        "data.active_html",
        _products("2,Jug,4,javascript:alert(1)", head=HEAD[:-1] + b",image\n0,Pan,1,\n").replace(
            b"1,Red cup,3.00\n", b"1,Red cup,3.00,https://x.com/1.jpg\n"
        ),
    ),
    "price in words": Broken("data.number_left_out", _products("2,Blue jug,ask us")),
    "id through a spreadsheet": Broken("data.id_digits_lost", _products("6.9E+12,Blue jug,4")),
    "repeated column": Broken(
        "reader.repeated_column", b"product_id,title,title\n1,Red cup,Cup\n2,Blue jug,Jug\n"
    ),
    "future date": Broken("data.time_future", REVIEWS + b"fine,3,1,2999-01-01\n", table="reviews"),
    "1970 date": Broken("data.time_1970", REVIEWS + b"fine,3,1,1970-01-01\n", table="reviews"),
    "no date": Broken("data.time_left_out", REVIEWS + b"fine,3,1,soon\n", table="reviews"),
    "unknown sentiment": Broken(
        "data.unknown_choice", REVIEWS + b"fine,3,purple,2024-01-05\n", table="reviews"
    ),
    "day or month first": Broken(
        "data.day_or_month_first",
        b"review,date\ngood,02/03/2024\nbad,04/05/2024\n",
        table="reviews",
    ),
    "unknown products": Broken(
        "data.unknown_products", JUDGMENTS + b"cup,no-such-product,1\n", table="judgments"
    ),
    "guessed encoding": Broken(
        "reader.encoding_guessed",
        "product_id,title\n1,Crème brûlée\n2,Café à la crème, déjà\n".replace(", ", " ").encode(
            "cp1252"
        ),
    ),
}


@pytest.fixture
def shop(home: Path, tmp_path: Path) -> Workspace:
    """A workspace that holds a catalog already."""
    workspace = Workspace.create("shop")
    catalog = tmp_path / "catalog.csv"
    catalog.write_bytes(GOOD)
    load_files(workspace, {"products": catalog})
    return workspace


def content(workspace: Workspace) -> dict[str, bytes]:
    files = sorted((workspace.folder / workspace.generation).glob("*"))
    return {file.name: file.read_bytes() for file in files}


def check_texts(problem: Problem | InputError) -> None:
    texts = [problem.message(language) for language in LANGUAGES]
    assert len(set(texts)) == len(LANGUAGES)
    for text in texts:
        assert len(text) > 10
        assert not _UNFILLED.search(text), text
        assert len(text) < 2_000


def write(folder: Path, broken: Broken) -> Path:
    path = folder / broken.name
    path.write_bytes(broken.content() if callable(broken.content) else broken.content)
    return path


@pytest.mark.parametrize("broken", ERRORS.values(), ids=ERRORS)
def test_an_error_says_what_is_wrong_and_changes_nothing(
    shop: Workspace, tmp_path: Path, broken: Broken
) -> None:
    before = content(shop)
    with pytest.raises(InputError) as caught:
        load_files(shop, {broken.table: write(tmp_path, broken)}, {broken.table: broken.changes})
    assert caught.value.code == broken.code
    check_texts(caught.value)
    for language in LANGUAGES:
        assert broken.name in caught.value.message(language)
    for problem in caught.value.details:
        check_texts(problem)
        assert problem.file == broken.name
        json.dumps(problem.as_json("zh"), allow_nan=False)
    if broken.code == "data.bad_rows":
        rows = [problem.row for problem in caught.value.details if problem.severity == "error"]
        assert rows
        assert all(rows)
    assert content(shop) == before


@pytest.mark.parametrize("broken", WARNINGS.values(), ids=WARNINGS)
def test_a_doubt_is_said_and_the_rest_is_loaded(
    shop: Workspace, tmp_path: Path, broken: Broken
) -> None:
    report = load_files(shop, {broken.table: write(tmp_path, broken)}).tables[broken.table]
    assert broken.code in [problem.code for problem in report.problems]
    for problem in report.problems:
        assert problem.severity == "warning"
        check_texts(problem)
        assert problem.file == broken.name
        json.dumps(problem.as_json("zh"), allow_nan=False)
        for language in LANGUAGES:
            assert broken.name in problem.message(language)
    assert report.kept >= 1
    assert report.kept + report.rejected == report.rows
    assert len(shop.tables()[broken.table]) == report.kept


@pytest.mark.parametrize("name", [name for name in ERRORS if ERRORS[name].code == "data.bad_rows"])
def test_good_rows_are_kept_on_request(shop: Workspace, tmp_path: Path, name: str) -> None:
    broken = ERRORS[name]
    files = {broken.table: write(tmp_path, broken)}
    report = load_files(shop, files, skip_bad_rows=True).tables[broken.table]
    assert report.kept >= 1
    assert report.rejected >= 1
    assert report.kept + report.rejected == report.rows
    assert len(shop.tables()[broken.table]) == report.kept


@pytest.mark.parametrize("folder", [True, False])
def test_a_folder_or_nothing_instead_of_a_file(
    shop: Workspace, tmp_path: Path, folder: bool
) -> None:
    before = content(shop)
    path = tmp_path / "shop.csv"
    if folder:
        path.mkdir()
    with pytest.raises(InputError) as caught:
        load_files(shop, {"products": path})
    check_texts(caught.value)
    assert "shop.csv" in caught.value.message("zh")
    assert content(shop) == before


@pytest.mark.parametrize(
    ("files", "maps", "code"),
    [
        ({"customers": GOOD}, {}, "data.unknown_table"),
        ({"products": GOOD}, {"orders": {"time": "date"}}, "data.map_without_file"),
    ],
)
def test_tables_that_are_none(
    shop: Workspace,
    tmp_path: Path,
    files: dict[str, bytes],
    maps: dict[str, dict[str, str]],
    code: str,
) -> None:
    paths = {table: write(tmp_path, Broken("", cells)) for table, cells in files.items()}
    with pytest.raises(InputError) as caught:
        load_files(shop, paths, maps)
    assert caught.value.code == code
    check_texts(caught.value)


def test_there_are_enough_broken_inputs() -> None:
    assert len(ERRORS) + len(WARNINGS) >= 40
