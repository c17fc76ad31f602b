"""A workspace on disk: whole after a kill at any moment, and for whoever reads while it changes."""

import itertools
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from engine.assistant.policy_file import keep_policy
from engine.catalog.decisions import ACCEPTED, Decisions
from engine.cli import main
from engine.errors import InputError
from engine.images.image_store import Pictures
from engine.messages import LANGUAGES
from engine.reviews.aspects import keep_aspects
from engine.storage import changing
from engine.storage.changing import WorkspaceBusy
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables
from engine.tasks.interest.merchandising_file import change_rules
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


def test_an_undo_brings_the_language_back(home: Path) -> None:
    shop = Workspace.create()
    shop.set_language("en")
    shop.replace_tables(frames("a"), {})
    shop.set_sample("en")
    shop.replace_tables(frames("b"), {})
    shop.set_language("zh")
    assert (Workspace.open(shop.name).language, shop.sample) == ("zh", "")
    assert shop.undo_load()
    for each in (shop, Workspace.open(shop.name)):
        assert (each.language, each.language_chosen, each.sample) == ("en", True, "en")
    shop.set_language("zh", chosen=False)
    shop.replace_tables(frames("c"), {})
    shop.set_language("en")
    assert shop.undo_load()
    again = Workspace.open(shop.name)
    assert (again.language, again.language_chosen) == ("zh", False)


def test_a_load_keeps_the_language_of_a_load_in_another_tab(shop: Workspace) -> None:
    Workspace.open(shop.name).set_language("zh")
    assert shop.language == "en"
    shop.replace_tables(frames("c"), {})
    assert (shop.language, Workspace.open(shop.name).language) == ("zh", "zh")


def test_who_reads_during_loads_gets_the_tables_of_one_load(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, loads = pd.read_parquet, iter("cd")

    def read_slowly(source: object, **options: object) -> pd.DataFrame:
        frame = read(source, **options)
        for mark in loads:
            shop.replace_tables(frames(mark), {})
        return frame

    monkeypatch.setattr(pd, "read_parquet", read_slowly)
    assert marks(shop) == {"b"}
    assert marks(shop) == {"d"}
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


def in_thread(work: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    """Do `work` in another thread; the list gets what it raises."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, errors


def test_two_loads_at_once_lose_nothing(shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    write, others = pd.DataFrame.to_parquet, []

    def load_orders() -> None:
        Workspace.open("shop").replace_tables({"orders": frames("d")["orders"]}, {})

    def write_slowly(frame: pd.DataFrame, path: Path, **options: bool) -> None:
        if not others:
            others.append(in_thread(load_orders))
            # Without a lock the other load is through before this one has written anything.
            others[0][0].join(0.5)
        write(frame, path, **options)

    monkeypatch.setattr(pd.DataFrame, "to_parquet", write_slowly)
    shop.replace_tables({"products": frames("c")["products"]}, {})
    others[0][0].join()
    assert others[0][1] == []
    tables = shop.tables()
    assert set(tables.products["title"]) == {"c"}
    assert set(tables.orders["order_id"]) == {"d"}


CHANGES: dict[str, Callable[[Workspace], object]] = {
    "load": lambda shop: shop.replace_tables(frames("c"), {}),
    "undo": lambda shop: shop.undo_load(),
    "title": lambda shop: shop.set_title("New"),
    "language": lambda shop: shop.set_language("zh"),
    "delete": lambda shop: shop.delete(),
    "correct": lambda shop: shop.correct("intent", {"mug": {"intent": "deal"}}),
    "decide": lambda shop: Decisions(shop.folder).decide(SUGGESTION, ACCEPTED),
    "aspects": lambda shop: keep_aspects(shop, {"fit": ["size"]}),
    "rules": lambda shop: change_rules(shop, lambda rules: rules),
    "policy": lambda shop: keep_policy(shop, "Returns within 30 days.", "policy.md"),
    "picture": lambda shop: Pictures(shop.folder).remove("x"),
}
SUGGESTION = pd.DataFrame(
    {"product_id": ["1"], "attribute": ["colour"], "value": ["red"], "confidence": [0.9]}
)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_while_somebody_changes_a_workspace_others_are_told_to_wait(
    shop: Workspace, change: Callable[[Workspace], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changing, "WAIT_SECONDS", 0)
    before = {path: path.read_bytes() for path in shop.folder.rglob("*") if path.is_file()}
    with shop.changing():
        thread, errors = in_thread(lambda: change(Workspace.open("shop")))
        thread.join()
    assert [type(error) for error in errors] == [WorkspaceBusy]
    after = {path: path.read_bytes() for path in shop.folder.rglob("*") if path.is_file()}
    assert after == before
    change(Workspace.open("shop"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_line_says_that_somebody_else_is_loading(
    shop: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    language: str,
) -> None:
    monkeypatch.setattr(changing, "WAIT_SECONDS", 0)
    file = tmp_path / "products.csv"
    file.write_text("product_id,title\n1,Mug\n2,Pan\n")
    arguments = ["load", "shop", "--products", str(file), "--language", language]
    statuses: list[int] = []
    with shop.changing():
        thread, errors = in_thread(lambda: statuses.append(main(arguments)))
        thread.join()
    assert (statuses, errors) == ([2], [])
    assert WorkspaceBusy().message(language) in capfd.readouterr().err
    assert main(arguments) == 0


def test_a_deleted_workspace_is_not_changed(shop: Workspace) -> None:
    Workspace.open("shop").delete()
    for change in CHANGES.values():
        with pytest.raises(InputError) as caught:
            change(shop)
        assert caught.value.code == "workspace.deleted"
    assert not shop.folder.exists()


def test_what_a_killed_creation_left_takes_no_name(home: Path) -> None:
    for change in itertools.count():
        name = f"new-{change}"
        killed = killed_at(change, lambda: Workspace.create(name, "en"))  # noqa: B023
        if not (home / "workspaces" / name / "workspace.json").exists():
            Workspace.create(name, "en")
        assert Workspace.open(name).name == name
        with pytest.raises(InputError) as caught:
            Workspace.create(name, "en")
        assert caught.value.code == "workspace.exists"
        if not killed:
            break
    assert change > 2


def test_a_name_with_half_a_surrogate_pair_can_be_written(home) -> None:
    shop = Workspace.create("shop")
    shop.set_title("My \ud83d shop")
    assert Workspace.open("shop").title == "My ? shop"


def test_equal_shops_share_their_rows_and_keep_their_own_corrections(home: Path) -> None:
    one, two = shops = [Workspace.create(name, "en") for name in ("one", "two")]
    for shop in shops:
        shop.replace_tables(frames("equal"), {})
    one.correct("intent", {"mug": {"intent": "gift"}})
    known: dict[str, Tables] = {}
    first, second = (shop.equal_tables(known) for shop in shops)
    assert first.products is second.products
    assert first.corrections["label"].tolist() == ["gift"]
    assert second.corrections.empty
    assert len(known) == 1
    two.replace_tables(frames("other"), {})
    assert two.equal_tables(known).products["title"].tolist() == ["other", "other"]
    assert one.equal_tables(known).products is first.products
