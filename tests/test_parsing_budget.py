"""Files are parsed under one limit for the whole server, and those that were refused only once."""

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import InputError
from engine.images import archive
from engine.images.archive import read_archive
from engine.reading import budget, child, limits
from engine.reading.budget import parsing_turn, turns
from engine.reading.reader import read_table
from pages.ui.parts import download


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
    started: list[object] = []
    really = child._run_child

    def run(*arguments: Any) -> int:
        started.append(arguments)
        return really(*arguments)

    monkeypatch.setattr(child, "_run_child", run)
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
