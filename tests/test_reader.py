"""The file reader: what must come out as it went in, and what must be named instead."""

import csv
import gzip
import io
import json
import random
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.messages import LANGUAGES
from engine.reading import limits
from engine.reading.child import parse_in_child
from engine.reading.format import parse
from engine.reading.layout import Place
from engine.reading.reader import RawTable, read_table
from tests.waiting import work_seconds

pytestmark = pytest.mark.usefixtures("home")

CATALOG = [["商品编号", "标题", "品牌"], ["007", "龙井茶，明前", "NA"], ["008", "真丝围巾", "null"]]
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file: a text in an encoding, or bytes."""

    def write(name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
        return path

    return write


def refusal(path: Path, name: str | None = None) -> InputError:
    """The error that the file gives; it must be sayable, and name the file, in both languages."""
    with pytest.raises(InputError) as caught:
        read_table(path, name=name)
    error = caught.value
    assert error.details
    for language in LANGUAGES:
        assert (name or path.name) in error.message(language)
        assert all((name or path.name) in detail.message(language) for detail in error.details)
    return error


def found(raw: RawTable) -> list[tuple[str, int | None]]:
    """Codes and rows of the problems; each must be sayable in both languages."""
    assert all(problem.message(language) for problem in raw.problems for language in LANGUAGES)
    return [(problem.code.removeprefix("reader."), problem.row) for problem in raw.problems]


def cells(raw: RawTable) -> list[list[str | None]]:
    """Header and records, missing cells as None."""
    frame = raw.frame.astype(object).where(raw.frame.notna(), None)
    return [list(frame.columns), *frame.to_numpy().tolist()]


def as_csv(rows: list[list[str]], **options: object) -> str:
    text = io.StringIO()
    csv.writer(text, **options).writerows(rows)
    return text.getvalue()


# What must come out as it went in


def test_text_survives_as_it_is(write: Write) -> None:
    text = "id,brand,price,note\n007,NA,1.10, two  words \n8,null,1e3,nan\n"
    raw = read_table(write("a.csv", text))
    assert cells(raw)[1:] == [["007", "NA", "1.10", " two  words "], ["8", "null", "1e3", "nan"]]
    assert all(dtype == "str" for dtype in raw.frame.dtypes)
    assert list(raw.rows) == [2, 3]
    assert (raw.format, raw.encoding, raw.delimiter) == ("CSV", "utf-8", ",")


def test_blank_cells_are_missing_and_blank_rows_are_no_records(write: Write) -> None:
    raw = read_table(write("a.csv", '"id","x","y"\n"1", , \n\n,,\n"2","\u3000","b"\n'))
    assert cells(raw) == [["id", "x", "y"], ["1", None, None], ["2", None, "b"]]
    assert list(raw.rows) == [2, 5]


@pytest.mark.parametrize(
    ("encoding", "delimiter", "codec"),
    [
        ("gb18030", ",", "gb18030"),  # Excel on a Chinese Windows
        ("gbk", "\t", "gb18030"),
        ("utf-16", "\t", "utf-16"),  # Excel's "Unicode text"
        ("utf-16-le", "\t", "utf-16-le"),
        ("utf-16-be", ",", "utf-16-be"),
        ("utf-32", ";", "utf-32"),
        ("utf-8-sig", ";", "utf-8-sig"),
        ("utf-8", "|", "utf-8"),
        ("utf-8", "^", "utf-8"),
        ("utf-8", "\x01", "utf-8"),
    ],
)
def test_encodings_and_delimiters(write: Write, encoding: str, delimiter: str, codec: str) -> None:
    path = write("goods.csv", as_csv(CATALOG, delimiter=delimiter), encoding)
    raw = read_table(path)
    assert cells(raw) == CATALOG
    assert (raw.encoding, raw.delimiter, found(raw)) == (codec, delimiter, [])


@pytest.mark.parametrize("encoding", ["cp1252", "big5", "shift_jis"])
def test_other_encodings_are_guessed_and_the_guess_is_said(write: Write, encoding: str) -> None:
    words = {
        "cp1252": "Crème brûlée für große Köche, garçon café à gogo",
        "big5": "這個商品的質量非常好，我很喜歡，下次還會再來購買。繁體中文說明",
        "shift_jis": "この商品はとても良いです。また買いたいと思います。カタカナ",
    }
    rows = [["id", "title"], *([str(number), words[encoding]] for number in range(40))]
    raw = read_table(write("a.csv", as_csv(rows), encoding))
    assert raw.frame["title"].iloc[3] == words[encoding]
    assert found(raw) == [("encoding_guessed", None)]


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("cp949", "보온 텀블러"),
        ("shift_jis", "保温マグカップ、陶器の急須セット"),
        ("euc_jp", "陶器の急須セット"),
        ("cp874", "กระทะเหล็กหล่อ"),
        ("cp1254", "Şişe açacağı, gümüş kaşık"),
        ("cp1250", "Żeliwna patelnia, łyżka"),
        ("cp1251", "Чайник медный, кружка синяя, доска разделочная"),
        ("gb18030", "加厚不锈钢保温杯"),
        ("big5", "不鏽鋼保溫杯"),
    ],
)
def test_no_language_becomes_another(write: Write, encoding: str, title: str) -> None:
    rows = [["id", "title"], *([f"K-{number}", title] for number in range(6))]
    raw = read_table(write("a.csv", as_csv(rows), encoding))
    assert raw.frame["title"].unique().tolist() == [title]
    assert found(raw) == ([] if encoding == "gb18030" else [("encoding_guessed", None)])


def test_quoted_newlines_and_doubled_quotes_are_one_record(write: Write) -> None:
    html = ["1", "<p>\r\na</p>\n\n,", '{"size": "17\\" x"}']
    raw = read_table(write("a.csv", as_csv([["id", "html", "json"], html, ["2", "b", ""]])))
    assert cells(raw)[1:] == [html, ["2", "b", None]]
    assert list(raw.rows) == [2, 3]


def test_commas_and_quotes_inside_cells_do_not_choose_the_delimiter(write: Write) -> None:
    text = 'id;titre, complet;prix\n1;écran 17" noir, mat;3,99\n2;tapis, bleu;4,50\n'
    raw = read_table(write("a.csv", text))
    assert raw.delimiter == ";"
    assert cells(raw)[1] == ["1", 'écran 17" noir, mat', "3,99"]


def test_one_column_needs_no_delimiter(write: Write) -> None:
    raw = read_table(write("queries.csv", "query\nred shoes, size 7\nkettle; steel\n"))
    assert cells(raw) == [["query"], ["red shoes, size 7"], ["kettle; steel"]]
    assert raw.delimiter is None


def test_backslash_escapes_and_unquoted_tabs(write: Write) -> None:
    escaped = read_table(write("a.csv", 'id,t\n1,"a \\"b\\", c"\n2,d\n'))
    assert cells(escaped)[1] == ["1", 'a "b", c']
    bare = read_table(write("a.tsv", 'id\tt\n1\t"Big" sale\n2\t"\n3\t5" nail\n'))
    assert [row[1] for row in cells(bare)[1:]] == ['"Big" sale', '"', '5" nail']


def test_a_header_may_break_its_lines(write: Write) -> None:
    raw = read_table(write("a.csv", '"product\nid";"title\n(zh)"\n1;a, b\n'))
    assert cells(raw) == [["product\nid", "title\n(zh)"], ["1", "a, b"]]


def test_excels_own_note_of_the_delimiter_is_no_header(write: Write) -> None:
    raw = read_table(write("a.csv", "sep=;\r\nid;t\r\n1;a\r\n"))
    assert cells(raw) == [["id", "t"], ["1", "a"]]
    assert list(raw.rows) == [3]


def test_headers_are_trimmed_and_told_apart(write: Write) -> None:
    raw = read_table(write("a.csv", " id ,t,t,,t_2,\n1,a,b,c,d,\n"))
    assert list(raw.frame.columns) == ["id", "t", "t_3", "column_4", "t_2"]
    assert found(raw) == [("repeated_column", None), ("unnamed_column", None)]
    assert {problem.severity for problem in raw.problems} == {"warning"}


def test_very_long_titles_are_carried(write: Write) -> None:
    title = "茶" * 100_000
    raw = read_table(write("a.csv", f"id,t\n1,{title}\n"))
    assert raw.frame["t"].iloc[0] == title


def test_hostile_text_stays_text(write: Write) -> None:
    row = ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "![x](http://h/x.png)", "{file}"]
    raw = read_table(write("a.csv", as_csv([["a", "b", "c", "{d}"], row])))
    assert cells(raw)[1] == row


def test_gzip_and_the_users_own_name(write: Write) -> None:
    path = write("upload-1", gzip.compress(as_csv(CATALOG).encode("gb18030")))
    assert cells(read_table(path, name="商品.CSV.GZ")) == CATALOG
    assert cells(read_table(path, name="商品.csv")) == CATALOG


def test_workbooks_keep_text_numbers_and_rows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "商品"
    sheet["B3"], sheet["C3"], sheet["D3"] = "id", "price", "on sale"
    sheet["B4"], sheet["C4"], sheet["D4"] = "007", 19.99, True
    sheet["B6"], sheet["C6"] = 6901234567890, 0.1 + 0.2
    book.create_sheet("notes")["A1"] = "x"
    hidden = book.create_sheet("secret")
    hidden["A1"], hidden.sheet_state = "y", "hidden"
    book.save(tmp_path / "goods.xlsx")
    raw = read_table(tmp_path / "goods.xlsx")
    assert cells(raw) == [
        ["id", "price", "on sale"],
        ["007", "19.99", "true"],
        ["6901234567890", "0.3", None],
    ]
    assert list(raw.rows) == [4, 6]
    assert found(raw) == [("other_sheets", None)]
    assert "notes" in raw.problems[0].message() and "secret" not in raw.problems[0].message()


def test_workbook_dates_are_iso(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [1], "time": [pd.Timestamp("2024-05-06 07:08:09")]})
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    assert cells(read_table(tmp_path / "a.xlsx"))[1] == ["1", "2024-05-06 07:08:09"]


def test_old_workbooks() -> None:
    raw = read_table(Path(__file__).parent / "files" / "old.xls")
    assert cells(raw) == [
        ["商品编号", "标题", "价格"],
        ["007", "龙井茶", "19.9"],
        ["008", "NA", "20"],
    ]


def test_content_decides_where_the_name_is_wrong(tmp_path: Path, write: Write) -> None:
    pd.DataFrame({"id": ["007"], "t": ["茶"]}).to_excel(tmp_path / "a.xlsx", index=False)
    workbook = read_table(tmp_path / "a.xlsx", name="a.csv")
    text = read_table(write("b.xls", "id\tt\r\n007\t茶\r\n", "utf-16"))
    lines = read_table(write("c.csv", '{"id": "007", "t": "茶"}\n'))
    for raw in (workbook, text, lines):
        assert cells(raw) == [["id", "t"], ["007", "茶"]]
        assert found(raw) == [("other_format", None)]


def test_json_lines_keep_every_key_and_nested_values(write: Write) -> None:
    lines = [
        {},
        {"id": "007", "price": 1.5, "size": {"w": 1, "u": "厘米"}},
        {"id": 8, "on": True, "tags": ["a"], "price": None},
        {"id": 12345678901234567890, "price": float("nan")},
    ]
    raw = read_table(write("a.jsonl", "\n\n".join(json.dumps(line) for line in lines)))
    assert list(raw.rows) == [3, 5, 7]
    assert cells(raw) == [
        ["id", "price", "size", "on", "tags"],
        ["007", "1.5", '{"w": 1, "u": "厘米"}', None, None],
        ["8", None, None, "true", '["a"]'],
        ["12345678901234567890", "NaN", None, None, None],
    ]


def test_json_arrays(write: Write) -> None:
    records = [{"id": "1", "t": "茶"}, {"id": "2"}]
    documents = [
        json.dumps(records),
        json.dumps(records, indent=2),
        json.dumps({"total": 2, "products": records}, indent=2),
    ]
    for document in documents:
        raw = read_table(write("a.json", document))
        assert cells(raw) == [["id", "t"], ["1", "茶"], ["2", None]]
        assert list(raw.rows) == [1, 2]


def test_parquet_of_many_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([1, None, 3], pa.float64()),  # pandas' integers with a gap
            "t": pa.array(["茶", " ", "x"]).dictionary_encode(),
            "price": pa.array([1.5, 2.0, float("inf")]),
            "at": pa.array([0, 1000, 2000], pa.timestamp("ms")),
            "size": [{"w": 1}, None, {"w": 2}],
            "raw": pa.array([b"a", b"\xff", None]),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    raw = read_table(tmp_path / "a.parquet")
    assert cells(raw)[1:] == [
        ["1", "茶", "1.5", "1970-01-01 00:00:00.000", '{"w": 1}', "a"],
        [None, None, "2", "1970-01-01 00:00:01.000", None, "\ufffd"],
        ["3", "x", "inf", "1970-01-01 00:00:02.000", '{"w": 2}', None],
    ]


CHINESE = "商品标题价格红茶绿围巾大小颜色"
TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=12)
CHINESE_TEXT = st.text(st.sampled_from(CHINESE + 'ab ,;\t|"\n\r'), max_size=12)


def rows_of(text: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[str]]]:
    return st.lists(st.lists(text, min_size=3, max_size=3), min_size=1, max_size=8)


def round_trip(tmp_path: Path, body: list[list[str]], encoding: str, **options: object) -> None:
    header = ["编号", "标题", "品牌", "备注"]
    rows = [[f"p{number}", *row] for number, row in enumerate(body)]
    path = tmp_path / "a.csv"
    path.write_bytes(as_csv([header, *rows], **options).encode(encoding))
    raw = read_table(path)
    assert cells(raw) == [
        header,
        *([cell if cell.strip() else None for cell in row] for row in rows),
    ]
    assert (found(raw), raw.delimiter) == ([], options["delimiter"])
    assert list(raw.rows) == list(range(2, len(rows) + 2))


# All examples may share a folder: each writes its file anew.
IN_ONE_FOLDER = settings(
    suppress_health_check=[
        *settings.default.suppress_health_check,
        HealthCheck.function_scoped_fixture,
    ]
)


@IN_ONE_FOLDER
@given(
    body=rows_of(TEXT),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    delimiter=st.sampled_from(",\t;|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_any_text_comes_back(
    tmp_path: Path, body: list[list[str]], encoding: str, delimiter: str, quoting: int
) -> None:
    round_trip(tmp_path, body, encoding, delimiter=delimiter, quoting=quoting)


@IN_ONE_FOLDER
@given(
    body=rows_of(CHINESE_TEXT),
    encoding=st.sampled_from(["gb18030", "utf-16-le", "utf-16-be"]),
    delimiter=st.sampled_from(",\t;|"),
)
def test_any_chinese_text_comes_back(
    tmp_path: Path, body: list[list[str]], encoding: str, delimiter: str
) -> None:
    round_trip(tmp_path, body, encoding, delimiter=delimiter)


@IN_ONE_FOLDER
@given(content=st.binary(max_size=400), extension=st.sampled_from([".csv", ".jsonl", ".tsv"]))
@example(content=b"\xfe\xff\x01\x01", extension=".csv")  # a byte order mark amid the file
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes, extension: str) -> None:
    path = tmp_path / f"a{extension}"
    path.write_bytes(b"id,t\n" + content)
    try:
        raw = read_table(path)
    except InputError as error:
        assert all(error.message(language) for language in LANGUAGES)
    else:
        found(raw)
        assert len(raw.frame) == len(raw.rows) > 0


# Rows that are left out, and named


def test_ragged_rows_are_listed_and_the_others_kept(write: Write) -> None:
    raw = read_table(write("a.csv", "id,t,p\n1,a,2\n2,b\n3,c,d,e\n4,f,5,,\n"))
    assert cells(raw)[1:] == [["1", "a", "2"], ["4", "f", "5"]]
    assert found(raw) == [("too_few_cells", 3), ("too_many_cells", 4)]
    assert (list(raw.rows), raw.rejected) == ([2, 5], 2)


@pytest.mark.parametrize("after", ['4,"x",3\n', "4,x,3\n"])
def test_an_unclosed_quote_costs_one_row(write: Write, after: str) -> None:
    raw = read_table(write("a.csv", '"id","t","p"\n1,a,2\n2,"b,2\n3,c,3\n' + after))
    assert found(raw) == [("unclosed_quote", 3)]
    assert list(raw.rows) == [2, 4, 5]


def test_an_unclosed_quote_far_down_a_large_file(write: Write) -> None:
    lines = [f'{number},"title {number}",x\n' for number in range(100_000)]
    lines[70_000] = '70000,"title,x\n'
    raw = read_table(write("a.csv", "id,t,x\n" + "".join(lines)))
    assert found(raw) == [("unclosed_quote", 70_002)]
    assert len(raw.frame) == 99_999


def test_a_stray_quote_costs_one_row(write: Write) -> None:
    raw = read_table(write("a.csv", 'id,t\n1,"17" screen"\n2,b\n'))
    assert found(raw) == [("stray_quote", 2)]
    assert list(raw.rows) == [3]


def test_rows_of_another_encoding_are_named(write: Write) -> None:
    rows = [f"{number},红色围巾\n" for number in range(20)]
    utf8 = [row.encode() for row in rows]
    gb = [row.encode("gb18030") for row in rows]
    head = "编号,标题\n"
    raw = read_table(write("a.csv", head.encode() + b"".join([*utf8[:12], gb[12], *utf8[13:]])))
    assert (found(raw), raw.encoding) == ([("mixed_encoding", 14)], "utf-8")
    raw = read_table(write("b.csv", head.encode("gb18030") + b"".join([*gb[:3], utf8[3], *gb[4:]])))
    assert (found(raw), raw.encoding) == ([("mixed_encoding", 5)], "gb18030")
    assert list(raw.frame["标题"].unique()) == ["红色围巾"]
    french = "id,t\n1,café\n2,thé\n3,x\n".encode() + "4,où\n".encode("cp1252")
    assert found(read_table(write("c.csv", french))) == [("mixed_encoding", 5)]
    lines = '{"t": "茶"}\n{"t": "红茶"}\n'.encode() + '{"t": "绿茶"}\n'.encode("gb18030")
    assert found(read_table(write("d.jsonl", lines))) == [("mixed_encoding", 3)]


def test_broken_json_lines_are_named(write: Write) -> None:
    lines = ['{"id": 1', '{"id": 2}', "[3]", '{"id": "\\ud83d"}', "[" * 100_000, '{"id": 6}']
    raw = read_table(write("a.jsonl", "\n".join(lines)))
    assert list(raw.rows) == [2, 6]
    assert found(raw) == [
        ("broken_json_line", 1),
        ("no_record", 3),
        ("broken_character", 4),
        ("broken_json_line", 5),
    ]


def test_bad_rows_beyond_the_list_are_counted(write: Write) -> None:
    raw = read_table(write("a.csv", "id,t\n1,a\n" + "x\n" * 1_500))
    assert (len(raw.problems), raw.rejected) == (limits.LISTED_PROBLEMS, 1_500)


# Files that cannot be read at all


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"\xef\xbb\xbf \r\n\r\n", "empty"),
        ("a.csv", b",,,\n,,,\n", "empty"),
        ("a.jsonl", b"\n", "empty"),
        ("a.csv.gz", gzip.compress(b"", mtime=0), "empty"),
        ("a.csv", b"id,t\n", "header_only"),
        ("a.csv", b"id,t\n\n,\n", "header_only"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "other_file"),
        ("a.csv", b"%PDF-1.7\n%\xe2\xe3\n", "other_file"),
        ("a.csv", b"id,t\n1,\x00\x01\x00\x00\x02\x00\n", "binary"),
        ("a.csv", b"id,t\n" + b"1,a\n" * 50_000 + b"2,\0\n", "binary"),
        ("a.csv", b"id,title,price\n1;a;3\n2;b;4\n", "wrong_delimiter"),
        ("a.csv", b"id|title\n1,a\n2,b\n", "wrong_delimiter"),
        ("a.csv", b'"id,t\n1,a\n', "unclosed_quote"),
        ("a.csv", "id,标题\n1,茶\n".encode("utf-16")[:-1], "broken_encoding"),
        ("a.csv", b"a,b\n" + bytes(range(128, 256)) * 8 + b"\n", "unknown_encoding"),
        (
            "a.csv",
            "编号,标题\n".encode("gb18030") + "1,红色围巾\n2,红茶\n".encode(),
            "mixed_encoding",
        ),
        ("a.csv", b",".join(b"c%d" % n for n in range(200_000)) + b"\n1\n", "too_many_columns"),
        ("a.jsonl", json.dumps({f"k{n}": n for n in range(301)}).encode(), "too_many_columns"),
        ("a.jsonl", b"{}\n{}\n", "header_only"),
        ("a.json", b"[1, 2, 3]", "no_records"),
        ("a.json", b'"text"', "no_records"),
        ("a.json", b'[{"id": 1}, {"id"', "broken_json"),
        ("a.jsonl", b"id,t\n1,a\n", "broken_json"),
        ("a.csv", b"id,t\n" + b'1,"x\n' * 1_100, "broken_quotes"),
        ("a.xls", b"<html><table><tr><td>id</td></tr></table></html>", "web_page"),
        ("a.docx", b"PK\x03\x04", "unsupported"),
        ("noextension", b"id,t\n1,a\n", "unsupported"),
        ("a.xlsx", b"PK\x03\x04 cut short", "damaged"),
        ("a.xlsx", b"\0\1\2\3", "damaged"),
        ("a.parquet", b"PAR1 cut short", "damaged"),
        ("a.parquet", b"id,t\n1,a\n", "damaged"),
        ("a.csv.gz", gzip.compress(random.Random(1).randbytes(5_000), mtime=0)[:-900], "damaged"),
        (
            "a.csv.gz",
            gzip.compress(gzip.compress(b"id,t\n1,a\n", mtime=0), mtime=0),
            "packed_binary",
        ),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "damaged"),
        (
            "a.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "password",
        ),
    ],
)
def test_refusals(write: Write, name: str, content: bytes, code: str) -> None:
    assert refusal(write(name, content)).code == f"reader.{code}"


@pytest.mark.parametrize(
    ("text", "details"),
    [
        ('id,t\n1,"a\n', [("reader.unclosed_quote", 2)]),
        ("id,t,p\n1,a\n2,b,c,d\n", [("reader.too_few_cells", 2), ("reader.too_many_cells", 3)]),
    ],
)
def test_no_good_row_lists_the_bad_ones(
    write: Write, text: str, details: list[tuple[str, int]]
) -> None:
    error = refusal(write("a.csv", text))
    assert error.code == "reader.no_good_row"
    assert [(detail.code, detail.row) for detail in error.details] == details


@pytest.mark.parametrize("text", [b"title", b"Kettle"])
def test_parquet_whose_names_or_texts_are_no_utf8_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"title": ["Kettle", "Mug"]}).replace_schema_metadata(None)
    pq.write_table(table, path, compression="none", use_dictionary=False, store_schema=False)
    path.write_bytes(path.read_bytes().replace(text, text[:2] + b"\xc8" + text[3:]))
    with pytest.raises(InputError) as caught:
        parse(path, "a.parquet", tmp_path, Place())
    assert caught.value.code == "reader.damaged"


def test_parquet_without_rows_or_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": pa.array([], pa.string())}), path)
    assert refusal(path).code == "reader.header_only"
    pq.write_table(pa.table({"id": pa.array(["1", "2"])}), path)
    path.write_bytes(path.read_bytes()[:-20])
    assert refusal(path).code == "reader.damaged"


def test_missing_files_and_folders(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.csv").code == "reader.missing"
    (tmp_path / "folder.csv").mkdir()
    assert refusal(tmp_path / "folder.csv").code == "reader.not_a_file"


def test_other_archives_and_cut_workbooks_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("word/document.xml", "x")
    assert refusal(tmp_path / "a.xlsx").code == "reader.other_archive"
    pd.DataFrame({"id": ["007"]}).to_excel(tmp_path / "b.xlsx", index=False)
    (tmp_path / "b.xlsx").write_bytes((tmp_path / "b.xlsx").read_bytes()[:-900])
    assert refusal(tmp_path / "b.xlsx").code == "reader.damaged"


def test_bombs_are_refused_before_they_unpack(tmp_path: Path, write: Write) -> None:
    before = work_seconds()
    with (
        zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/workbook.xml", "w") as member,
    ):
        for _ in range(60):
            member.write(b" " * 1_000_000)
    assert refusal(tmp_path / "a.xlsx").code == "reader.bomb"
    packed = write("a.csv.gz", gzip.compress(b"id,t\n" + b"1,a\n" * 20_000_000, 1))
    assert refusal(packed).code == "reader.bomb"
    assert work_seconds() - before < 20


def test_a_huge_sheet_in_a_small_file_meets_the_memory_limit(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = "id", "x"
    book.save(tmp_path / "a.xlsx")
    assert refusal(tmp_path / "a.xlsx").code == "reader.too_heavy"


@pytest.fixture
def csv_limit() -> Iterator[None]:
    """Python's own limit of a cell, which reading sets for the whole process, as it was before."""
    limit = csv.field_size_limit()
    yield
    csv.field_size_limit(limit)


def test_the_limits_hold(write: Write, csv_limit: None, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("a.csv", "id,t\n" + "1,abcdef\n" * 50)
    monkeypatch.setattr(limits, "ROWS", 40)
    assert refusal(path).code == "reader.too_many_rows"
    monkeypatch.setattr(limits, "CELL_CHARACTERS", 5)
    assert refusal(path).code == "reader.no_good_row"
    monkeypatch.setattr(limits, "FILE_BYTES", 100)
    assert refusal(path).code == "reader.too_big"


def test_a_child_that_takes_too_long_is_stopped(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("a.csv", "id,t\n1,a\n")
    monkeypatch.setattr(limits, "CHILD_SECONDS", 0.01)
    with pytest.raises(InputError) as caught:
        parse_in_child(path, "a.csv", tmp_path, Place())
    assert caught.value.code == "reader.too_slow"
    assert caught.value.message("zh")


def test_reading_in_threads_leaves_nothing_behind(write: Write, home: Path) -> None:
    path = write("a.csv.gz", gzip.compress(as_csv(CATALOG).encode()))
    results: list[RawTable] = []
    threads = [threading.Thread(target=lambda: results.append(read_table(path))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [cells(raw) for raw in results] == [CATALOG] * 3
    assert {folder.name for folder in home.iterdir()} <= {"locks"}


def test_large_files_are_read_exactly_and_fast(write: Write) -> None:
    rows = [[f"{number:07}", f'title "{number}", new\nline', ""] for number in range(200_000)]
    path = write("a.csv.gz", gzip.compress(as_csv([["id", "t", "x"], *rows]).encode(), 1))
    before = work_seconds()
    raw = read_table(path)
    assert work_seconds() - before < 20
    assert len(raw.frame) == 200_000
    assert raw.frame["id"].iloc[-1] == "0199999"
    assert raw.frame["t"].iloc[-1] == rows[-1][1]
    assert raw.rows.iloc[-1] == 200_001
