"""The vectors of a catalog are made in parts, none of them twice, and found by the index."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import Cancelled
from engine.progress import Progress, Silent
from engine.retrieval.dense import hash_text, read_vectors
from engine.retrieval.vector_parts import complete_vectors, write_part

TEXTS = ["red mug", "blue pan", "red mug", "lamp"]


class Makers:
    """Makes parts of one text each, up to `most`; notes what it was asked for."""

    def __init__(self, most: int = 10) -> None:
        self.most = most
        self.asked: list[str] = []

    def __call__(self, parts: Path, texts: Sequence[str], progress: Progress) -> None:
        self.asked += texts
        for text in texts[: self.most]:
            write_part(parts, [text], encode)
        if self.most < len(texts):
            raise Cancelled


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)


def check_whole(folder: Path) -> None:
    stored = read_vectors(folder)
    assert stored.keys() == {hash_text(text) for text in TEXTS}
    for text in TEXTS:
        assert stored[hash_text(text)].tolist() == [len(text), 1.0]
    assert not (folder / "parts").exists()


def test_only_what_is_missing_is_made(home: Path, tmp_path: Path) -> None:
    makers = Makers()
    assert complete_vectors(tmp_path, TEXTS[:2], makers, Silent()) == 2
    assert complete_vectors(tmp_path, TEXTS, makers, Silent()) == 1
    assert makers.asked == ["red mug", "blue pan", "lamp"]
    assert complete_vectors(tmp_path, TEXTS, makers, Silent()) == 0
    check_whole(tmp_path)


def test_parts_of_before_a_kill_are_taken_over(home: Path, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        complete_vectors(tmp_path, TEXTS, Makers(most=2), Silent())
    assert not read_vectors(tmp_path)
    again = Makers()
    complete_vectors(tmp_path, TEXTS, again, Silent())
    assert again.asked == ["lamp"]
    check_whole(tmp_path)


def test_a_part_that_is_half_written_is_made_again(home: Path, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        complete_vectors(tmp_path, TEXTS, Makers(most=2), Silent())
    for part in (tmp_path / "parts").iterdir():
        if hash_text("red mug") in read_vectors(part):
            (part / "texts.parquet").unlink()
    again = Makers()
    complete_vectors(tmp_path, TEXTS, again, Silent())
    assert again.asked == ["red mug", "lamp"]
    check_whole(tmp_path)
