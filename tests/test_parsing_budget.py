"""Files are parsed under one limit for the whole server, and those that were refused only once."""

import io
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import InputError
from engine.images import archive
from engine.images.archive import read_archive
from engine.reading import budget, child, limits
from engine.reading.budget import parsing_turn, turns
from engine.reading.child import parse_ahead
from engine.reading.layout import Place
from engine.reading.reader import read_table
from engine.settings import SAMPLE_DATA
from pages.ui.parts import download


def count_children(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """A list that grows with each child that is started from now on."""
    started: list[object] = []
    really = child.Parsing.__init__

    def start(*arguments: Any) -> None:
        started.append(arguments)
        really(*arguments)

    monkeypatch.setattr(child.Parsing, "__init__", start)
    return started


def test_no_more_files_are_parsed_at_a_time_than_memory_allows(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPLAB_PARSING_MB", str(2 * limits.CHILD_MEMORY_BYTES // 1_000_000))
    monkeypatch.setattr(budget, "WAIT_SECONDS", 0.0)
    assert turns() == 2
    with parsing_turn(), parsing_turn():
        with pytest.raises(InputError) as caught, parsing_turn():
            pass
        assert caught.value.code == "reader.busy"
    with parsing_turn():
        pass
    monkeypatch.setenv("SHOPLAB_PARSING_MB", "1")
    assert turns() == 1


def test_a_refused_file_is_not_parsed_again_until_it_changes(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "bad.parquet"
    file.write_bytes(b"PAR1 no parquet")
    started = count_children(monkeypatch)
    refusals = []
    for _ in range(3):
        with pytest.raises(InputError) as caught:
            read_table(file)
        refusals.append(caught.value.code)
    assert len(set(refusals)) == 1
    assert len(started) == 1
    pq.write_table(pa.table({"id": ["1"]}), file)
    assert len(read_table(file).frame) == 1
    assert len(started) == 2


def test_what_a_few_bytes_stand_for_is_measured_before_the_page_reads_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "repeated.parquet"
    long = pa.array(["x" * 1_000_000]).dictionary_encode()
    rows = pa.DictionaryArray.from_arrays(pa.array([0] * 600, pa.int32()), long.dictionary)
    pq.write_table(pa.table({"text": rows}), file)
    assert file.stat().st_size < 1_000_000
    with pytest.raises(InputError) as caught:
        read_table(file)
    assert caught.value.code == "reader.too_big"


def test_a_zip_with_a_huge_list_of_members_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as many:
        for number in range(200):
            many.writestr(f"P{number}.jpg", b"")
    monkeypatch.setattr(archive, "MOST_DIRECTORY_BYTES", 5_000)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(InputError) as caught:
        list(read_archive(written, "many.zip", ["P1"]))
    assert caught.value.code == "images.too_many_files"


def test_a_download_is_made_in_blocks_and_reads_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_BLOCK", 3)
    frame = pd.DataFrame({"title": [f"=cup {n}" for n in range(8)], "price": range(8)})
    read = pd.read_csv(io.BytesIO(download.csv_bytes(frame)))
    assert read["title"].tolist() == [f"'=cup {n}" for n in range(8)]
    assert read["price"].tolist() == list(range(8))
    assert download.csv_bytes(frame.head(0)) == b'\xef\xbb\xbf"title","price"\n'.replace(
        b"\n", os.linesep.encode()
    )


def test_a_file_that_is_parsed_ahead_is_parsed_once_and_gives_its_turn_back(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPLAB_PARSING_MB", "1")
    monkeypatch.setattr(budget, "WAIT_SECONDS", 0.0)
    file = tmp_path / "a.csv"
    file.write_text("id,t\n" + "1,abcdef\n" * 10_000)
    place = Place(table="searches")
    started = count_children(monkeypatch)
    with parse_ahead(file, "a.csv", place):
        with pytest.raises(InputError, match="Too many files"), parsing_turn():
            pass
        assert len(read_table(file, place=place).frame) == 10_000
        with parsing_turn():
            pass
    assert len(started) == 1
    assert not list(home.glob("reading-*"))


def test_a_file_that_nobody_asks_for_is_parsed_no_further(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "COMMAND", [sys.executable, "-c", "import time; time.sleep(600)"])
    file = tmp_path / "a.csv"
    file.write_text("id,t\n" + "1,abcdef\n" * 10_000)
    before = psutil.Process().children()
    with pytest.raises(ValueError, match="otherwise"), parse_ahead(file, "a.csv", Place()):
        assert len(psutil.Process().children()) == len(before) + 1
        raise ValueError("otherwise")
    assert not child._ahead
    assert psutil.Process().children() == before
    assert not list(home.glob("reading-*"))


@pytest.mark.parametrize("name", ["small", "large", "missing", "folder", "sample"])
def test_only_what_a_child_has_to_parse_is_parsed_ahead(
    name: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = count_children(monkeypatch)
    monkeypatch.setattr(limits, "FILE_BYTES", 1_000_000)
    (tmp_path / "small").write_bytes(b"a\n")
    (tmp_path / "large").write_bytes(b"a\n" * 1_000_000)
    (tmp_path / "folder").mkdir()
    sample = SAMPLE_DATA / "en" / "products.csv"
    with parse_ahead(sample if name == "sample" else tmp_path / name, "a.csv", Place()):
        assert not started


def test_a_child_that_waits_parses_the_file_that_is_read_first(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id,t\n" + "1,abcdef\n" * 10_000)
    (tmp_path / "small.csv").write_text("id,t\n1,a\n")
    child.prepare_child(["bench", "--searches", str(tmp_path / "small.csv"), "x" * 1_000])
    assert not child._prepared
    child.prepare_child(["bench", "--searches", str(file)])
    [waiting] = child._prepared
    assert len(read_table(file).frame) == 10_000
    assert waiting.returncode == 0
    assert not child._prepared


def test_a_child_that_nobody_needs_ends_with_its_parent(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id,t\n" + "1,abcdef\n" * 10_000)
    child.prepare_child([str(file)])
    waiting = child._prepared.pop()
    waiting.communicate(timeout=60)  # closes its standard input, as the end of the parent does
    assert waiting.returncode == 0
