"""What costs more than a moment is read in a child, once, and only as much of it as is used."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.assistant.policy_file import read_upload
from engine.errors import InputError
from engine.reading import child, reader
from engine.reading.child import SMALL_BYTES, parse_in_child
from engine.reading.layout import Place
from engine.reading.load import load_sample, preview
from engine.reading.reader import read_table
from engine.reviews.stream import MOST, read_lines, read_stream
from engine.storage.workspace import Workspace
from pages.ui.assistant.checked_messages import MOST as MESSAGES
from pages.ui.assistant.checked_messages import read_messages
from pages.ui.parts import query_file, uploads

pytestmark = pytest.mark.usefixtures("home")
LINES = b"a mug\n" * (SMALL_BYTES // 6 + 2)


class Upload(io.BytesIO):
    """A file as Streamlit hands it over."""

    file_id = "1"

    def __init__(self, name: str, content: bytes) -> None:
        super().__init__(content)
        self.name = name


def _preview(path: Path) -> object:
    (path / "a.csv").write_bytes(b"product_id,title\n" + LINES)
    return preview(path / "a.csv", "products")


# Whatever takes files of any size from a page.
DOORS: dict[str, Callable[[Path], object]] = {
    "table": _preview,
    "policy": lambda _: read_upload(LINES, "policy.md"),
    "texts": lambda _: read_stream(LINES, "a.txt"),
    "table of texts": lambda _: read_stream(b"text\n" + LINES, "a.csv"),
    "queries": lambda _: query_file.read_queries(Upload("a.txt", LINES)),
    "table of queries": lambda _: query_file.read_queries(Upload("a.csv", b"query\n" + LINES)),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_text_that_takes_a_while_is_read_in_a_child(
    door: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children = []

    def parse(path: Path, name: str, scratch: Path, place: Place, _: object) -> None:
        children.append(place)
        raise InputError("reader.busy")

    monkeypatch.setattr(reader, "parse_in_child", parse)
    with pytest.raises(InputError):
        DOORS[door](tmp_path)
    assert len(children) == 1


def test_a_child_reads_plain_lines_as_this_process_does(tmp_path: Path) -> None:
    file = tmp_path / "policy.md"
    file.write_bytes("# Returns\n\n  within 30 days\n".encode("utf-16"))
    (tmp_path / "scratch").mkdir()
    place = Place(lines=10)
    here = read_table(file, name="policy.md", place=place)
    there = parse_in_child(file, "policy.md", tmp_path / "scratch", place)
    assert here.frame["text"].tolist() == ["# Returns", "  within 30 days"]
    assert here.rows.tolist() == [1, 3]
    assert there.text.table.to_pandas().equals(here.frame)


def test_a_policy_keeps_its_blank_lines_in_any_encoding() -> None:
    text = "# 退货\n\n三十天内可以退货。\n\n\n运费自理。"
    for codec in ("utf-8", "gb18030", "utf-16"):
        assert read_upload(text.encode(codec), "policy.md") == text


def test_the_sample_shop_needs_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(path: Path, *_: object) -> None:
        raise InputError("reader.busy", [], file=path.name)

    monkeypatch.setattr(child, "SMALL_BYTES", 0)
    monkeypatch.setattr(reader, "parse_in_child", parse)
    assert load_sample(Workspace.create("shop"), "en").tables["searches"].kept > 0


def test_no_more_is_read_than_is_used() -> None:
    assert len(read_lines("a mug\n" * 100_000)) == MOST
    line = json.dumps({"message": "Where is my parcel?"}) + "\n"
    # What follows is not even looked at.
    assert len(read_messages("a.jsonl", (line * MESSAGES + "{").encode())) == MESSAGES
    assert len(read_messages("a.txt", b"mug?\r\n" * 100_000)) == MESSAGES
    wide = "message," + "x," * 100_000 + "\n" + "mug?" + "," * 100_001 + "\n"
    assert [row.message.text for row in read_messages("a.csv", wide.encode())] == ["mug?"]


def test_a_message_too_long_for_a_model_is_refused_by_its_line() -> None:
    with pytest.raises(InputError) as refused:
        read_messages("a.txt", b"mug?\n" + b"a" * 100_000)
    assert refused.value.code == "assistant.bad_message"
    assert refused.value.params["row"] == 2


def test_an_upload_is_read_once_and_so_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads.st, "session_state", {})
    reads = []

    def read(file: Upload) -> str:
        reads.append(file.name)
        if file.name == "bad":
            raise InputError("reader.busy")
        return file.name

    good, bad = Upload("good", b""), Upload("bad", b"")
    bad.file_id = "2"
    for _ in range(3):
        assert uploads.read_once(good, read) == "good"
        with pytest.raises(InputError):
            uploads.read_once(bad, read)
    assert reads == ["good", "bad"]
