"""Odd cells, names and links are refused or read as text, and never end in a bare error."""

import io
import zipfile

import pytest

from bench import fuzz_files
from bench.damaged_files import BINARIES, TEXTS
from bench.fuzz import DOORS, fuzz
from engine.images.archive import read_archive
from engine.reading.html import visible_text
from pages.ui.cross_sell.basket import names_of


@pytest.mark.parametrize("door", DOORS)
def test_strange_inputs_are_refused_or_read(door: str, home: object) -> None:
    assert fuzz(door, 20, seed=0) == {}


def test_a_damaged_file_of_each_kind_is_refused_or_read(home: object) -> None:
    kinds = len(TEXTS) + len(BINARIES)
    outcomes, faults = fuzz_files.fuzz(kinds, seed=0)
    assert faults == {}
    assert outcomes.total() == kinds


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<![love]>", ""),
        ("a<![CDATA[b", "a<![CDATA[b"),
        ("&#" + "9" * 5000 + ";", "\ufffd"),
        ("5 < 6 <b>and</b> 7 > 6", "5 < 6 and 7 > 6"),
        ('<a title="x>y">link</a>', "link"),
        ("<script>if (a<b) '</p>'</script>after", "after"),
    ],
)
def test_odd_markup_is_read(cell: str, text: str) -> None:
    assert visible_text(cell) == text


def test_a_member_without_a_name_is_left_out() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("aaaa.jpg", b"x")
    nameless = io.BytesIO(packed.getvalue().replace(b"aaaa.jpg", b"\0aaa.jpg"))
    assert list(read_archive(nameless, "pictures.zip", ["a"])) == []


@pytest.mark.parametrize("value", ["[" * 5_000, "{", "3", '{"a": 1}', "[[1], null]"])
def test_a_link_without_a_basket_is_an_empty_one(value: str) -> None:
    assert names_of(value) == []
