"""A workspace on disk: whole after a kill at any moment, and for whoever reads while it changes."""

import itertools
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from engine.storage.workspace import Workspace
from tests.killing import killed_at


def frames(mark: str) -> dict[str, pd.DataFrame]:
    """Two small tables whose every cell is `mark`."""
    return {
        "products": pd.DataFrame({"product_id": [mark, mark], "title": [mark, mark]}, dtype="str"),
        "orders": pd.DataFrame({"order_id": [mark], "product_id": [mark]}, dtype="str"),
    }


def marks(shop: Workspace) -> set[str]:
    """What the cells of the tables say; the tables of one load say one thing."""
    tables = Workspace(shop.folder).tables()
    return {mark for frame in tables.frames.values() for mark in frame.to_numpy().ravel()}


def as_an_older_version_left_it(shop: Workspace) -> None:
    """Put the tables where they lay until November 2026."""
    generations = json.loads((shop.folder / "generations.json").read_text())
    for name, generation in zip(("previous", "tables"), generations, strict=True):
        (shop.folder / generation).rename(shop.folder / name)
    (shop.folder / "generations.json").unlink()


def unused(shop: Workspace) -> set[Path]:
    """The folders of tables that are neither current nor kept for undo."""
    names = json.loads((shop.folder / "generations.json").read_text())
    folders = {*(shop.folder / "generations").iterdir(), shop.folder / "tables"}
    folders |= {shop.folder / "previous"}
    return {folder for folder in folders if folder.exists()} - {shop.folder / n for n in names}


@pytest.fixture
def shop(home: Path) -> Workspace:
    """A workspace with two loads, `a` and then `b`."""
    workspace = Workspace.create("shop", "en")
    workspace.replace_tables(frames("a"), {})
    workspace.replace_tables(frames("b"), {})
    return workspace


@pytest.mark.parametrize("old", [False, True])
def test_a_load_that_is_killed_leaves_the_tables_of_one_load(shop: Workspace, old: bool) -> None:
    if old:
        as_an_older_version_left_it(shop)
    whole = shop.folder.with_name("whole")
    shop.folder.rename(whole)
    outcomes = []
    for change in itertools.count():
        shutil.copytree(whole, shop.folder)
        killed = killed_at(change, lambda: shop.replace_tables(frames("c"), {}))
        outcomes.append(marks(shop))
        assert outcomes[-1] in ({"b"}, {"c"})
        assert shop.undo_load()
        assert marks(shop) == ({"a"} if outcomes[-1] == {"b"} else {"b"})
        shop.replace_tables(frames("d"), {})
        assert marks(shop) == {"d"}
        assert not unused(shop)
        shutil.rmtree(shop.folder)
        if not killed:
            break
    assert outcomes[0] == {"b"}
    assert outcomes[-1] == {"c"}
    assert len(outcomes) > 5


def test_an_undo_that_is_killed_leaves_the_tables_of_one_load(shop: Workspace) -> None:
    whole = shop.folder.with_name("whole")
    shop.folder.rename(whole)
    for change in itertools.count():
        shutil.copytree(whole, shop.folder)
        killed = killed_at(change, shop.undo_load)
        assert marks(shop) == ({"b"} if shop.can_undo else {"a"})
        shutil.rmtree(shop.folder)
        if not killed:
            break
    assert change > 2


def test_who_reads_during_loads_gets_the_tables_of_one_load(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, loads = pd.read_parquet, iter("cd")

    def read_slowly(path: Path) -> pd.DataFrame:
        frame = read(path)
        for mark in loads:
            shop.replace_tables(frames(mark), {})
        return frame

    monkeypatch.setattr(pd, "read_parquet", read_slowly)
    assert marks(shop) == {"b"}
    assert marks(shop) == {"d"}
    assert len(unused(shop)) == 1
    shop.replace_tables(frames("e"), {})
    assert not unused(shop)


def test_who_comes_too_late_for_a_generation_reads_the_next(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.storage import generations

    hold, loads = generations.hold, iter("cd")

    def hold_late(folder: Path) -> object:
        monkeypatch.setattr(generations, "hold", hold)
        for mark in loads:
            shop.replace_tables(frames(mark), {})
        return hold(folder)

    monkeypatch.setattr(generations, "hold", hold_late)
    assert marks(shop) == {"d"}


def test_a_load_keeps_the_tables_it_does_not_name(shop: Workspace) -> None:
    shop.replace_tables({"orders": frames("c")["orders"]}, {})
    tables = shop.tables()
    assert set(tables.products["title"]) == {"b"}
    assert set(tables.orders["order_id"]) == {"c"}
    assert shop.undo_load()
    assert marks(shop) == {"b"}
    assert not shop.undo_load()


def test_the_first_load_can_be_undone(home: Path) -> None:
    shop = Workspace.create("new", "en")
    assert (shop.generation, shop.can_undo) == ("", False)
    shop.replace_tables(frames("a"), {})
    assert shop.undo_load()
    assert (shop.generation, shop.about_tables(), shop.can_undo) == ("", {}, False)


def test_what_a_kill_of_an_older_version_left_opens(shop: Workspace) -> None:
    as_an_older_version_left_it(shop)
    shutil.rmtree(shop.folder / "tables")
    assert marks(shop) == {"a"}
    assert not shop.can_undo


def test_the_same_tables_have_the_same_mark(shop: Workspace) -> None:
    first = shop.generation
    shop.replace_tables(frames("c"), {})
    assert shop.generation != first
    shop.undo_load()
    assert shop.generation == first
