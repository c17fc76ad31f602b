"""What grows with the rows of a large shop is worked out in a child process with limits."""

import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from engine.bandit.popularity import read_popularity
from engine.bandit.simulator import conversion_rates, frequent_lists
from engine.bandit.visits import logged_acts
from engine.case.from_log import assumptions_of
from engine.codec import encode
from engine.errors import InputError
from engine.evidence.log_counts import count_log
from engine.evidence.log_figures import read_log_figures
from engine.experiment.shopper_days import _read_daily
from engine.labelling.clicks import clicked
from engine.labelling.labels import (
    category_votes,
    collect_queries,
    frequent_queries,
    logged_intents,
    searches_by_day,
)
from engine.messages import LANGUAGES, say
from engine.retrieval.example_queries import example_queries
from engine.retrieval.past_queries import past_queries
from engine.retrieval.query_suggestions import _popularity
from engine.simulation.tiny_shop import tiny_frames, tiny_orders, tiny_pages
from engine.storage import summaries
from engine.storage.kept_summaries import FOLDER, KeptSummaries, write_outcome
from engine.storage.summaries import served
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables, frame_fingerprints
from engine.tasks import TASKS
from engine.tasks.interest.novelty import tells_age
from engine.tasks.interest.timeline import build_timeline, count_acts
from engine.training.readiness import rate_tasks
from tests.shop_double import FakeModels, clean, open_page, said_on, small_shop

SUMMARIES = (
    _popularity, _read_daily, assumptions_of, category_votes, clicked, collect_queries,
    conversion_rates, count_acts, count_log, example_queries, frame_fingerprints, frequent_lists,
    frequent_queries, logged_acts, logged_intents, past_queries, read_log_figures, read_popularity,
    searches_by_day, tells_age,
)  # fmt: skip


@pytest.fixture
def shop(home: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A shop that counts as a large one."""
    monkeypatch.setattr(summaries, "MOST_HERE", 0)
    summaries._refusals.clear()
    workspace = Workspace.create("shop", "en")
    pages = tiny_pages()
    page = pd.Series(pd.factorize(pages["session_id"])[0])
    # So many shoppers and queries that every summary has something to say.
    pages["user_id"] = "u" + (page % 25).astype("str")
    pages["query"] = pages["query"].where(page % 3 > 0, pages["query"] + " sale")
    pages["intent"] = pd.Series(["deal", "gift"], dtype="str").loc[page % 2].array
    frames = {"products": tiny_frames()["products"], "searches": pages, "orders": tiny_orders()}
    workspace.replace_tables(frames, {})
    return workspace


def assert_same(found: object, expected: object) -> None:
    if isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(found, expected)
    elif isinstance(expected, pd.Series):
        pd.testing.assert_series_equal(found, expected)
    else:
        assert encode(found) == encode(expected)


@pytest.mark.parametrize("summary", SUMMARIES, ids=lambda one: one.__name__)
def test_a_summary_from_the_disk_is_what_the_tables_give(
    shop: Workspace, summary: Callable[[Tables], object]
) -> None:
    tables = shop.tables()
    kept = KeptSummaries(shop.folder, shop.generation, shop.language)
    derive = summary.__wrapped__  # type: ignore[attr-defined]
    write_outcome(lambda: derive(tables), kept.file_of(derive))
    read = served(shop, tables)
    assert read.elsewhere is not None
    assert_same(summary(read), summary(tables))


def test_a_child_works_out_what_a_large_shop_is_asked_and_keeps_it(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = rate_tasks(shop.tables())
    assert set(here) == set(TASKS)
    elsewhere = served(shop, Tables())
    assert encode(rate_tasks(elsewhere)) == encode(here)
    # What the readiness was made from is there as well, and so is the same after a restart.
    monkeypatch.setattr(summaries, "COMMAND", ("false",))
    pd.testing.assert_frame_equal(collect_queries(elsewhere), collect_queries(shop.tables()))
    assert encode(rate_tasks(served(shop, Tables()))) == encode(here)
    shop.correct("intent", {"red mug": {"intent": "deal"}})
    with pytest.raises(InputError) as caught:
        rate_tasks(elsewhere)
    assert caught.value.code == "summaries.failed"


def test_a_child_is_asked_with_arguments(shop: Workspace) -> None:
    user = shop.tables().searches["user_id"].dropna().iloc[0]
    found = served(shop, Tables()).work_out(build_timeline, user)
    pd.testing.assert_frame_equal(found, build_timeline(shop.tables(), user))
    assert not (shop.folder / FOLDER).exists()


def test_a_small_shop_starts_no_child(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summaries, "COMMAND", ("false",))
    shop = small_shop()
    tables = served(shop, shop.tables())
    assert tables.elsewhere is None
    assert len(past_queries(tables)) and rate_tasks(tables)


def test_a_load_makes_what_was_kept_useless(shop: Workspace) -> None:
    old = KeptSummaries(shop.folder, shop.generation, shop.language)
    old.keep(past_queries, lambda: pd.DataFrame(), old.file_of(past_queries))
    shop.replace_tables({"searches": shop.tables().searches.head(3)}, {})
    new = KeptSummaries(shop.folder, shop.generation, shop.language)
    new.keep(past_queries, lambda: pd.DataFrame(), new.file_of(past_queries))
    assert [path.name for path in (shop.folder / FOLDER).iterdir()] == [new.folder.name]


def test_a_hanging_child_is_ended_and_not_started_again(
    shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "started"
    hang = f"import time; open({str(mark)!r}, 'a').write('.'); time.sleep(600)"
    monkeypatch.setattr(summaries, "COMMAND", (sys.executable, "-c", hang))
    monkeypatch.setattr(summaries, "CHILD_SECONDS", 1)
    for _ in range(2):
        with pytest.raises(InputError) as caught:
            past_queries(served(shop, shop.tables()))
        assert caught.value.code == "summaries.too_slow"
    assert mark.read_text() == "."


def test_a_child_that_needs_too_much_memory_or_time_is_ended(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = (
        "import sys; from engine.storage import process_limits as limits;"
        "limits.limit_memory(200_000_000); limits.limit_time(1);"
    )
    for work, code in (
        ("bytearray(10**9)", "too_heavy"),
        ("\nwhile True: pass", "too_slow"),
    ):
        monkeypatch.setattr(summaries, "COMMAND", (sys.executable, "-c", limited + work))
        summaries._refusals.clear()
        with pytest.raises(InputError) as caught:
            past_queries(served(shop, shop.tables()))
        assert caught.value.code == f"summaries.{code}"


def test_only_one_child_works_at_a_time(shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summaries, "WAIT_SECONDS", 0.0)
    monkeypatch.setattr(summaries, "COMMAND", ("true",))
    with summaries._turn(), pytest.raises(InputError) as caught:
        past_queries(served(shop, shop.tables()))
    assert caught.value.code == "summaries.busy"
    assert not summaries._refusals


def test_tables_that_are_gone_are_said(shop: Workspace) -> None:
    tables = served(shop, shop.tables())
    shop.delete()
    with pytest.raises(InputError) as caught:
        past_queries(tables)
    assert caught.value.code == "summaries.gone"


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_say_that_a_log_takes_too_long_and_show_what_needs_none(
    shop: Workspace, language: str, models: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang = (sys.executable, "-c", "import time; time.sleep(600)")
    monkeypatch.setattr(summaries, "COMMAND", hang)
    monkeypatch.setattr(summaries, "CHILD_SECONDS", 0.1)
    reason = say("summaries.too_slow", language, seconds=0.1)
    data = clean(open_page("data", shop, language))
    assert reason in said_on(data)
    assert len(data.dataframe) == 3  # the fields, what is loaded, and its rows
    search = clean(open_page("search", shop, language, q="red mug"))
    assert reason in said_on(search)
    assert "search" in {asked.task for asked in models.asked if asked.verb == "predict"}
