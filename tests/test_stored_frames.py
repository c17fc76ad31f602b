"""Tables of a shop that are read from the disk only when somebody asks for them."""

from pathlib import Path

import pandas as pd
import pytest

from engine.messages import LANGUAGES
from engine.storage import stored_frames
from engine.storage.trouble import DiskTrouble
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables
from engine.tables.texts import normalise_texts
from engine.tasks import TASKS, get_task
from tests.shop_double import small_shop


@pytest.fixture
def shop(home: Path) -> Workspace:
    return small_shop()


def damage(shop: Workspace, name: str) -> None:
    file = shop.folder / str(shop.generation) / f"{name}.parquet"
    file.unlink()  # hard links lead to other generations
    file.write_bytes(b"PAR1 and no more")


def test_only_what_is_asked_for_is_read(shop: Workspace) -> None:
    damage(shop, "searches")
    tables = shop.tables()
    assert "searches" in tables.frames
    assert len(tables.products)
    with pytest.raises(DiskTrouble):
        _ = tables.searches
    with pytest.raises(DiskTrouble):
        tables.columns("searches", "query")


def test_tables_that_are_deleted_meanwhile_can_still_be_read(shop: Workspace) -> None:
    whole = shop.tables().searches
    tables = shop.tables()
    shop.delete()
    pd.testing.assert_frame_equal(tables.columns("searches", "query"), whole[["query"]])
    pd.testing.assert_frame_equal(tables.searches, whole)


def test_columns_are_those_of_the_table_read_or_not(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(stored_frames.MOST_READ, "searches", 7)
    tables = shop.tables()
    assert isinstance(tables.frames, stored_frames.StoredFrames)
    few = tables.columns("searches", "event", "query")
    whole = tables.searches
    assert len(whole) == 7
    pd.testing.assert_frame_equal(few, whole[["event", "query"]])
    pd.testing.assert_frame_equal(tables.columns("searches", "event", "query"), few)
    in_memory = Tables({"searches": whole})
    pd.testing.assert_frame_equal(in_memory.columns("searches", "event", "query"), few)
    assert list(in_memory.columns("orders", "order_id")) == ["order_id"]


@pytest.mark.parametrize("task", TASKS)
def test_readiness_is_the_same_of_tables_on_the_disk(shop: Workspace, task: str) -> None:
    stored = shop.tables()
    in_memory = Tables({name: stored[name] for name in stored.frames}, stored.language)
    assert get_task(task).readiness(shop.tables()) == get_task(task).readiness(in_memory)


@pytest.mark.parametrize("language", LANGUAGES)
def test_missing_texts_stay_missing(language: str) -> None:
    text = {"en": " Red  MUG ", "zh": " 红色 杯子 "}[language]
    texts = normalise_texts(pd.Series([text, None, text]))
    assert texts.isna().tolist() == [False, True, False]
    assert texts[0] == texts[2] == {"en": "red mug", "zh": "红色 杯子"}[language]
