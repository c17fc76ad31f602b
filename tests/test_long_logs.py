"""Logs of millions of events: what is read of them, how far a load is, and how it is stopped."""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.errors import Cancelled, InputError
from engine.progress import Silent
from engine.reading import budget, child, columns, encoding, limits
from engine.reading.format import parse
from engine.reading.layout import Place
from engine.reading.load import load_files
from engine.reading.reader import read_table
from engine.storage import stored_frames, table_files
from engine.storage.workspace import Workspace
from pages.ui.parts import loading

pytestmark = pytest.mark.usefixtures("home")


class Stages(Silent):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int]] = []

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        self.told.append((name, done, total))


def write_log(path: Path, events: int, *, times: bool = True) -> Path:
    """A log whose times are in no order; the last row has none."""
    order = np.random.default_rng(0).permutation(events)
    frame = pd.DataFrame({"query": [f"lamp {n}" for n in order], "event": "click"})
    if times:
        frame["time"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(order, unit="min")
        frame["time"] = frame["time"].dt.strftime("%Y-%m-%d %H:%M:%S")
        frame.loc[events - 1, "time"] = None
    frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("coded", [True, False])
@pytest.mark.parametrize("times", [True, False])
def test_the_latest_rows_of_a_long_log_are_read(
    coded: bool, times: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_log(tmp_path / "log.csv", 75, times=times)
    whole = Workspace.create("whole")
    load_files(whole, {"searches": path})
    rows = whole.table("searches")
    monkeypatch.setitem(stored_frames.MOST_READ, "searches", 30)
    monkeypatch.setattr(table_files, "GROUP_ROWS", 20)
    if coded:
        monkeypatch.setattr(columns, "LEAST_ROWS", 20)
    workspace = Workspace.create("long")
    report = load_files(workspace, {"searches": path})
    if times:
        rows = rows.sort_values("time", kind="stable", na_position="first")
    latest = rows.tail(30).reset_index(drop=True)
    pd.testing.assert_frame_equal(workspace.table("searches"), latest)
    pd.testing.assert_frame_equal(workspace.tables().searches, latest)
    assert workspace.about_tables()["searches"]["rows"] == 75
    codes = [problem.code for problem in report.tables["searches"].problems]
    assert codes == ["data.latest_read" if times else "data.last_read"]


def test_a_log_may_be_longer_than_other_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_log(tmp_path / "log.csv", 20)
    monkeypatch.setattr(limits, "FILE_BYTES", 100)
    assert len(read_table(path, place=Place("searches")).frame) == 20
    with pytest.raises(InputError, match="larger than"):
        read_table(path, place=Place("reviews"))
    monkeypatch.setattr(limits, "LOG_ROWS", 10)
    with pytest.raises(InputError, match="more than 10 rows"):
        read_table(path, place=Place("searches"))


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_parsing_says_how_much_is_read(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "BLOCK_BYTES", 1_000)
    path = write_log(tmp_path / "log.csv", 200)
    if ending == "parquet":
        frame = pd.read_csv(path)
        path = tmp_path / "log.parquet"
        frame.to_parquet(path)
    shares: list[float] = []
    parse(path, path.name, tmp_path, Place("searches"), shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert len(shares) > 3 or ending == "parquet"


def test_a_load_says_how_far_it_is_within_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_log(tmp_path / "log.csv", 2_000)
    monkeypatch.setattr("engine.reading.cleaning.LEAST_ROWS", 1_000)
    monkeypatch.setattr(child, "ASK_SECONDS", 0.01)
    stages = Stages()
    load_files(Workspace.create("told"), {"searches": path}, progress=stages)
    names = [name for name, *_ in stages.told]
    assert names[0] == names[-1] == "load"
    assert "read" in names
    assert ("clean", 0, 8) in stages.told


def test_whoever_cancels_stops_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Cancels(Silent):
        def check(self) -> None:
            if (tmp_path / "pid").exists():
                raise Cancelled

    waits = "import os, pathlib, time; pathlib.Path('pid').write_text(str(os.getpid()));"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(child, "COMMAND", [sys.executable, "-c", f"{waits} time.sleep(600)"])
    with (
        child.Parsing(tmp_path / "pid", "log.csv", tmp_path, Place()) as parsing,
        pytest.raises(Cancelled),
    ):
        parsing.wait(Cancels())
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_texts_that_were_given_back_can_be_read_again(tmp_path: Path) -> None:
    raw = read_table(write_log(tmp_path / "log.csv", 3_000), place=Place("searches"))
    before = raw.frame.copy()
    assert raw.pages is not None
    raw.give_back()
    pd.testing.assert_frame_equal(raw.frame, before)


def test_the_bar_moves_within_a_large_file(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[float] = []

    class Line:
        def progress(self, share: float, **_: Any) -> None:
            shown.append(round(share, 3))

    monkeypatch.setattr(loading.st, "progress", lambda _: Line())
    monkeypatch.setattr(loading, "t", lambda *_, **__: "")
    bar = loading.Bar()
    bar.check()
    bar.stage("load", 1, 2)
    bar.stage("read", 50, 100)
    bar.stage("clean", 4, 8)
    bar.check()
    bar.stage("load", 2, 2)
    assert shown == [0.5, 0.65, 0.9, 0.9, 1.0]


def test_one_long_log_is_cleaned_at_a_time(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_log(tmp_path / "log.csv", 20)
    monkeypatch.setattr(limits, "ROWS", 10)
    monkeypatch.setattr(budget, "turns", lambda: 1)
    monkeypatch.setattr(budget, "WAIT_SECONDS", 0.0)
    with budget.parsing_turn(), pytest.raises(InputError, match="Too many files"):
        load_files(Workspace.create("waits"), {"searches": path})
    load_files(Workspace.create("goes"), {"searches": path})
