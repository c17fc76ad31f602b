"""Logs of JSON lines: half a line and a full disk cost no other row."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from engine.catalog.decisions import ACCEPTED, Decisions
from engine.storage.append_log import AppendLog
from engine.storage.workspace import Workspace
from pages.ui.assistant.checked_messages import read_messages
from tests.killing import full_disk, killed_at

# Everything that `splitlines` takes for the end of a line, and half a surrogate pair.
ODD = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\rh\ni\ud800"


def correct(shop: Workspace, text: str, label: str) -> None:
    shop.correct("intent", {text: {"intent": label, "category": label}})


def corrected(shop: Workspace) -> list[str]:
    return shop.corrections()["input"].tolist()[::2]


def decide(shop: Workspace, product: str, state: str) -> None:
    row = {"product_id": product, "attribute": "colour", "value": ODD[:-1], "confidence": 0.5}
    Decisions(shop.folder).decide(pd.DataFrame([row]), state)


def decided(shop: Workspace) -> list[str]:
    return Decisions(shop.folder).table()["product_id"].tolist()


Append = Callable[[Workspace, str, str], None]
Read = Callable[[Workspace], list[str]]
LOGS: dict[str, tuple[Append, Read]] = {
    "corrections.jsonl": (correct, corrected),
    "decisions.jsonl": (decide, decided),
}


@pytest.fixture
def shop(home: Path) -> Workspace:
    return Workspace.create("shop", "en")


@pytest.mark.parametrize("name", LOGS)
def test_half_a_line_is_left_out_and_cut_off(shop: Workspace, name: str) -> None:
    append, read = LOGS[name]
    append(shop, "mug", ACCEPTED)
    before = (shop.folder / name).read_bytes()
    append(shop, "pan", ACCEPTED)
    whole = (shop.folder / name).read_bytes()
    for size in range(len(before), len(before) + 9):
        (shop.folder / name).write_bytes(whole[:size])
        assert read(shop) == ["mug"]
        append(shop, "pot", ACCEPTED)
        assert read(shop) == ["mug", "pot"]
        assert all(json.loads(line) for line in (shop.folder / name).read_bytes().split(b"\n")[:-1])


@pytest.mark.parametrize("name", LOGS)
def test_a_full_disk_leaves_the_log_as_it_was(shop: Workspace, name: str) -> None:
    append, read = LOGS[name]
    append(shop, "mug", ACCEPTED)
    before = (shop.folder / name).read_bytes()
    with full_disk(len(before) + 20), pytest.raises(OSError, match="File too large"):
        append(shop, "pan", ACCEPTED)
    assert (shop.folder / name).read_bytes() == before
    append(shop, "pot", ACCEPTED)
    assert read(shop) == ["mug", "pot"]


def test_a_kill_while_appending_costs_no_row_of_before(tmp_path: Path) -> None:
    log = AppendLog(tmp_path / "log.jsonl")
    for number in itertools.count():
        before = log.rows()
        killed = killed_at(number, lambda: log.append([{"number": number}]))  # noqa: B023
        assert log.rows() in (before, [*before, {"number": number}])
        if not killed:
            break


def test_what_an_older_version_appended_to_half_a_line_is_left_out(shop: Workspace) -> None:
    correct(shop, "mug", "deal")
    file = shop.folder / "corrections.jsonl"
    file.write_bytes(file.read_bytes() + b'{"task": "intent", "inp' + file.read_bytes())
    assert corrected(shop) == ["mug"]
    assert shop.tables().corrections["label"].tolist() == ["deal", "deal"]


def test_texts_may_hold_what_looks_like_the_end_of_a_line(shop: Workspace, tmp_path: Path) -> None:
    correct(shop, ODD, "deal")
    correct(shop, "mug", "deal")
    assert corrected(shop) == [ODD.replace("\ud800", "?"), "mug"]
    log = AppendLog(tmp_path / "log.jsonl")
    log.append([{"text": ODD[:-1]}, {"text": ""}])
    assert log.rows() == [{"text": ODD[:-1]}, {"text": ""}]


def test_a_file_of_messages_is_cut_at_line_ends_alone() -> None:
    texts = [ODD[:-1], "mug?"]
    content = "\r\n".join(json.dumps({"message": text}, ensure_ascii=False) for text in texts)
    rows = read_messages("messages.jsonl", content.encode())
    assert [row.message.text for row in rows] == texts
