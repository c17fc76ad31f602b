"""Large files: what is read in blocks and by distinct texts equals what is read cell by cell."""

import io
import re
import threading
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Problem
from engine.reading import columns, delimited, distinct, encoding, handover, mapping
from engine.reading.blocks import Blocks, read_clean
from engine.reading.cleaning import Cleaned, clean
from engine.reading.coding import code, plain_bytes, repeating
from engine.reading.distinct import decoded, is_coded, read_moments, to_frame
from engine.reading.layout import Place
from engine.reading.load import clean_file
from engine.reading.mapping import guess
from engine.reading.reader import RawTable, read_table
from engine.reading.records import Dialect, read_records
from engine.reading.times import read_times
from engine.storage import table_files
from engine.storage.workspace import Workspace

pytestmark = pytest.mark.usefixtures("home")

SEARCHES = "query,product_id,event,position,time,user_id\n"
ODD_SEARCHES = [
    '"red ""oak"" lamp",P1,click,1,2026-01-02 03:04:05,u1',
    '"lamp, red",007,view,2,2026-01-02 03:04:06,u1',
    " lamp ,P1,purchase, 3,2026-01-02 03:04:07,u2",
    "",
    '5" lamp,P1,click,1,2026-01-02 03:04:08,u2',
    '"two\nlines",P2,click,4,2026-01-02 03:04:09,u3',
    'a "stray, mark,P2,click,4,2026-01-02 03:04:09,u3',
    '"never closed,P2,click,4,2026-01-02 03:04:09,u3',
    "too,few",
    "one,too,many,cells,in,it,here",
    "empty beyond,P2,click,4,2026-01-02 03:04:10,u4,,",
    "lamp,P3,danced,4,2026-01-02 03:04:11,u4",
    "lamp,P3,click,-4,2026-01-02 03:04:12,u4",
    "lamp,P3,click,many,yesterday,u4",
    "lamp,NULL,impression,,1700000000,-",
    ",,,,,",
    ",P1,click,1,2026-01-02 03:04:13,u5",
    "(not set),P1,click,1,2026-01-02 03:04:13,u5",
    "=cmd(),P1,click,1,2099-01-02 03:04:13,u5",
    "cafÃ© <b>lamp</b>,P1,click,1,05/01/2026,u5",
    "%E7%BA%A2%E7%81%AF,P1.0,点击,1e0,2026-01-05T03:04:13Z,u5",
    "   ,  , , ,,",
    "lamp\u3000lamp,P1,click,inf,2026年1月5日,u6",
]
ODD_PRODUCTS = [
    f'{n},"Lamp {n % 5}",Home/Lamps,Brand {n % 3},"1.{n:03d},50",red{";" * (n % 2)},http://x/{n}.png'
    for n in range(40)
]
ODD_REVIEWS = [f'"{"good" if n % 3 else "n/a"}",P{n % 4},{n % 10 + 1},{n % 2}' for n in range(60)]
FILES = {
    "searches": SEARCHES + "\n".join(ODD_SEARCHES * 5 + ["lamp,P1,click,1,,"] * 40) + "\n",
    "products": "sku,title,category,brand,price,colour,image\n" + "\n".join(ODD_PRODUCTS * 3),
    "reviews": "text,product_id,rating,sentiment\n" + "\n".join(ODD_REVIEWS * 2),
    "judgments": "query,product_id,grade\n"
    + "\n".join(f"lamp {n % 7},P{n % 11},{n % 5}" for n in range(150)),
    "orders": "order_id,sku,quantity,price\n"
    + "\n".join(f"o{n % 90},00{n % 8},{n % 4 - 1},{n % 6}.5 €" for n in range(150)),
}


def read(path: Path, table: str) -> tuple[RawTable, Cleaned]:
    """The file as it is read, and as a table."""
    raw = read_table(path, place=Place(table))
    return raw, clean(table, raw, guess(table, raw.frame), path.name)


def told(problems: list[Problem]) -> list[str]:
    """Problems in a form that can be compared."""
    return [repr(problem) for problem in problems]


@pytest.mark.parametrize("block_bytes", [1, 100, 100_000])
@pytest.mark.parametrize("table", FILES)
def test_blocks_and_distinct_texts_give_the_same_table(
    table: str, block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"{table}.csv"
    path.write_text(FILES[table], encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(delimited, "read_clean", lambda *_: None)
        patch.setattr("engine.reading.distinct.read_moments", lambda _: None)
        careful, expected = read(path, table)
    monkeypatch.setattr(encoding, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(columns, "LEAST_ROWS", 20)
    monkeypatch.setattr(distinct, "LEAST_ROWS", 20)
    fast, result = read(path, table)
    assert any(is_coded(fast.frame[column]) for column in fast.frame)
    pd.testing.assert_frame_equal(decoded(fast.frame), careful.frame)
    pd.testing.assert_series_equal(fast.rows, careful.rows)
    pd.testing.assert_frame_equal(decoded(result.frame), expected.frame)
    assert told(result.problems) == told(expected.problems)
    assert (result.rows, result.kept, result.bad) == (expected.rows, expected.kept, expected.bad)


ALPHABET = ["a", '"', ",", "\n", "\r\n", "\r", " ", "\ufeff", "é", '""', 'a,"b"\n']


@given(st.lists(st.sampled_from(ALPHABET), min_size=1, max_size=12))
def test_a_clean_block_is_read_as_record_by_record(parts: list[str]) -> None:
    text = "".join(parts)
    lines = list(io.StringIO(text, newline=""))
    arrays = read_clean(text.encode(), Dialect(","), 2)
    if arrays is not None:
        records = list(read_records(lines, Dialect(",")))
        cells = [array.to_pylist() for array in arrays]
        assert [list(record) for record in zip(*cells, strict=True)] == records


@pytest.mark.parametrize("coded", [(), {1}, {0, 1}])
def test_coded_columns_of_a_block_have_the_same_cells(coded: Collection[int]) -> None:
    block = 'lamp,"a ""b"""\nNULL,\nlamp,NA\n,\u706f\n'.encode()
    plain, arrays = (read_clean(block, Dialect(","), 2, places) for places in ((), coded))
    assert plain is not None and arrays is not None
    assert [array.to_pylist() for array in arrays] == [array.to_pylist() for array in plain]
    types = [pa.types.is_dictionary(array.type) for array in arrays]
    assert types == [place in coded for place in (0, 1)]
    assert read_clean(b"\xff,1\n", Dialect(","), 2, {0, 1}) is None


def test_a_blank_line_is_left_to_the_careful_reader() -> None:
    assert read_clean(b"a\n\nb\n", Dialect(","), 1) is None
    assert read_clean(b"a,b\n\nc,d\n", Dialect(","), 2) is None


@pytest.mark.parametrize("table", FILES)
def test_names_that_decide_leave_the_mapping_as_all_scores_make_it(
    table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = FILES[table].replace("query", "what they asked").replace("grade", "x")
    for content in (FILES[table], text):
        frame = pd.read_csv(io.StringIO(content), dtype="str", on_bad_lines="skip", quotechar="'")
        found = guess(table, frame)
        with monkeypatch.context() as patch:
            patch.setattr(mapping, "_sure_score", lambda *_: 0.0)
            assert guess(table, frame) == found


@pytest.mark.parametrize("chunk", [1, 4, 100])
def test_ascii_behind_half_a_character_is_no_utf8(
    chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "CHUNK", chunk)
    path = tmp_path / "s.csv"
    path.write_bytes("aaaébbbb,c".encode())
    assert encoding.find_encoding(path, path.name) == encoding.Encoding("utf-8")
    path.write_bytes(b"aaa\xc3bbb,bbbb\n")
    assert encoding.find_encoding(path, path.name) != encoding.Encoding("utf-8")


def test_a_well_quoted_block_is_clean() -> None:
    arrays = read_clean(b'"a ""b"", c",1\r\n"",2\r\nd,"3"', Dialect(","), 2)
    assert arrays is not None
    assert arrays[0].to_pylist() == ['a "b", c', "", "d"]


@given(st.lists(st.sampled_from(ALPHABET), max_size=12), st.integers(1, 8))
def test_lines_of_blocks_are_those_of_the_text(parts: list[str], size: int) -> None:
    text = "".join(parts)
    ended = re.findall(b"[^\n]*\n|[^\n]+", text.encode())
    whole = [ended[start : start + size] for start in range(0, len(ended), size)]
    blocks = Blocks(map(b"".join, whole))
    assert list(blocks.lines(blocks.take(lambda _: None)[0])) == list(io.StringIO(text, newline=""))
    assert blocks.at_border and not blocks.take(lambda _: None)[0]


def test_blocks_are_read_ahead_in_their_order() -> None:
    parts = [b"%d\n" % number for number in range(50)]
    blocks = Blocks(iter(parts))
    threads = set()

    def read(part: bytes) -> list[pa.Array]:
        threads.add(threading.current_thread())
        return [pa.array([part])]

    with blocks:
        assert next(blocks.lines(b"")) == "0\n"
        lines = blocks.lines(blocks.take(read)[0])
        assert [next(lines), next(lines)] == ["1\n", "2\n"]
        for part in parts[3:]:
            assert blocks.take(read) == (part, [pa.array([part])])
        assert blocks.take(read) == (b"", None)
    assert threads - {threading.current_thread()}


def test_a_block_that_was_begun_is_read_without_its_begin() -> None:
    with Blocks([b"a\nb\n", b"c\nd\n"]) as blocks:
        assert blocks.take(lambda part: [pa.array([part])])[0] == b"a\nb\n"
        assert next(blocks.lines(b"")) == "c\n"
        assert blocks.take(lambda part: [pa.array([part])]) == (b"d\n", [pa.array([b"d\n"])])


@given(st.lists(st.none() | st.text(max_size=3)))
def test_coded_columns_come_into_a_frame_with_the_same_texts(cells: list[str | None]) -> None:
    texts = pa.array(cells, pa.string())
    coded = pa.chunked_array([texts.dictionary_encode(), texts[:2].dictionary_encode()])
    plain = pa.chunked_array([texts, texts[:2]])
    frame = to_frame(pa.table({"coded": coded.unify_dictionaries(), "plain": plain}))
    assert is_coded(frame["coded"])
    expected = pa.table({"coded": plain, "plain": plain}).to_pandas()
    pd.testing.assert_frame_equal(decoded(frame), expected)


def test_bytes_of_another_encoding_are_left_to_the_careful_reader() -> None:
    lines = ["lamp,1\n", "灯,2\n".encode("gb18030").decode("ascii", "surrogateescape")]
    block = "".join(lines).encode("utf-8", "surrogatepass")
    assert read_clean(block, Dialect(","), 2) is None
    assert list(Blocks([]).lines(block)) == lines


def test_only_plain_moments_are_read_at_once() -> None:
    plain = pd.Series(["2026-01-02 03:04:05", None, "2026-01-02T03:04:06"], dtype="str")
    moments = read_moments(plain)
    assert moments is not None
    pd.testing.assert_series_equal(moments, read_times(plain).values)
    for odd in ("2026-01-02", "1700000000000000000", "1969-01-02 03:04:05", "2026-13-02 03:04:05"):
        assert read_moments(pd.Series(["2026-01-02 03:04:05", odd], dtype="str")) is None


@pytest.mark.parametrize("rows", [3, 0])
def test_coded_columns_are_stored_as_texts(rows: int) -> None:
    texts = pd.Series(["lamp", None, "lamp"], dtype="str")
    frame = pd.DataFrame({"query": texts.astype("category"), "position": [1.0, 2.0, np.nan]})
    frame = frame.head(rows)
    workspace = Workspace.create("large")
    workspace.replace_tables({"searches": frame}, {})
    stored = workspace.tables().searches
    pd.testing.assert_frame_equal(stored, decoded(frame))


def test_rows_are_written_in_groups_with_texts_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(table_files, "GROUP_ROWS", 2)
    texts = pd.Series(["lamp", None, "desk", "lamp", None], dtype="str")
    times = pd.Series(pd.to_datetime(["2026-01-02", "2026-01-01", None] + 2 * ["2026-01-03"]))
    frame = pd.DataFrame({"query": texts.astype("category"), "time": times.astype("<M8[us]")})
    frame["intent"] = pd.Series([None, None, "buy", None, None], dtype="str")
    workspace = Workspace.create("groups")
    workspace.replace_tables({"searches": frame}, {})
    pd.testing.assert_frame_equal(workspace.tables().searches, decoded(frame))
    [file] = workspace.folder.rglob("searches.parquet")
    about = pq.read_metadata(file)
    assert [about.row_group(group).num_rows for group in range(3)] == [2, 2, 1]
    assert not about.row_group(0).column(0).is_stats_set
    groups = pq.ParquetFile(file, read_dictionary=["query"])
    assert groups.read_row_group(0).column("query").chunk(0).dictionary.to_pylist() == ["lamp"]


def test_the_child_hands_coded_columns_over(
    tmp_path: Path,
) -> None:
    table = pa.table({"query": pa.array(["lamp", "", "desk"]).dictionary_encode()})
    handover.write_arrow(table, tmp_path / "table.arrow")
    mapped, _ = handover.read_arrow(tmp_path / "table.arrow")
    assert mapped.equals(table)


def test_columns_are_coded_whose_first_cells_repeat_in_all_parts() -> None:
    query, user = pa.array(["lamp", "lamp", "desk", None]), pa.array(["u1", "u2", "u3", "u4"])
    parts = [
        pa.table({"query": query, "user": user.dictionary_encode()}),
        pa.table({"query": query.dictionary_encode(), "user": pa.array(["u5", "u6", "u1", "u7"])}),
    ]
    names = repeating(parts)
    assert names == {"query"}
    coded = pa.concat_tables([code(part, names) for part in parts])
    assert pa.types.is_dictionary(coded.schema.field("query").type)
    assert coded.column("query").to_pylist() == 2 * query.to_pylist()
    assert coded.column("user").to_pylist() == [*user.to_pylist(), "u5", "u6", "u1", "u7"]


def test_coded_texts_count_in_full() -> None:
    texts = pa.array(["x" * 1_000] * 5 + [None])
    table = pa.table({"plain": texts, "coded": texts.dictionary_encode()})
    assert plain_bytes(table) == 10_000


def test_a_zone_beside_repeating_dates_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.csv"
    rows = [f"lamp {n % 7},click,2026-01-0{n % 3 + 1} 10:00:00,Asia/Shanghai" for n in range(100)]
    path.write_text("query,event,date,timezone\n" + "\n".join(rows))
    expected = clean_file("searches", path)
    monkeypatch.setattr(columns, "LEAST_ROWS", 20)
    pd.testing.assert_frame_equal(clean_file("searches", path), expected)
    assert expected["time"].iloc[0] == pd.Timestamp("2026-01-01 02:00:00")
