"""The state folder: workspaces are found and deleted whatever lies beside them."""

import io
import itertools
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from engine.assistant.chats import Chats
from engine.assistant.policy_file import policy_stamp, read_policy
from engine.catalog.decisions import ACCEPTED, Decisions
from engine.errors import InputError
from engine.images.image_store import Brought, Pictures
from engine.messages import LANGUAGES
from engine.reviews.aspects import read_aspects
from engine.settings import PROJECT
from engine.storage.feedback import Feedback
from engine.storage.files import replace_folder, write_json
from engine.storage.runs import list_runs
from engine.storage.scratch import scratch_folder
from engine.storage.tidy import tidy_home
from engine.storage.workspace import Workspace
from engine.tasks.describe.batch import begin_batch, list_batches, read_rows
from engine.tasks.describe.brief import Brief
from engine.tasks.interest.merchandising_file import change_rules, load_rules
from pages.ui.data import staging
from pages.ui.frame import session
from tests.killing import killed_at
from tests.pictures import encoded, product

BROKEN: dict[str, bytes] = {
    "empty": b"",
    "half": b'{"name": "half", "langu',
    "list": b"[1]",
    "no key": b'{"name": "x", "language": "en"}',
    "number": b'{"name": "x", "language": "en", "key": 7}',
    "not text": b"\xff\xfe\x00",
}


@pytest.fixture
def shop(home: Path) -> Workspace:
    """A workspace with two loads and something of all that lies beside them."""
    workspace = Workspace.create("shop", "en")
    frame = pd.DataFrame({"product_id": ["1"], "title": ["mug"]}, dtype="str")
    for _ in range(2):
        workspace.replace_tables({"products": frame, "reviews": frame}, {})
    workspace.correct("intent", {"mug": {"intent": "deal"}})
    row = {"product_id": ["1"], "attribute": ["colour"], "value": ["red"], "confidence": [0.5]}
    Decisions(workspace.folder).decide(pd.DataFrame(row), ACCEPTED)
    change_rules(workspace, lambda rules: rules)
    begin_batch(workspace, "untuned", Brief("ad"), ["1"])
    return workspace


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_folder_hurts_no_other_workspace(home: Path, content: bytes) -> None:
    shops = [Workspace.create(), Workspace.create("named")]
    for name in ("aa", "zz", ".shop.deleted"):
        (home / "workspaces" / name).mkdir()
        (home / "workspaces" / name / "workspace.json").write_bytes(content)
    (home / "workspaces" / "a file").touch()
    (home / "workspaces" / "a folder").mkdir()
    (home / "workspaces" / "broken" / "workspace.json").mkdir(parents=True)
    for shop in shops:
        opened = Workspace.by_key(shop.key)
        assert opened is not None
        assert opened.folder == shop.folder
    for key in ("", "x", "\ud800", "../x", "a" * 100_000):
        assert Workspace.by_key(key) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_broken_record_is_explained(shop: Workspace, language: str) -> None:
    (shop.folder / "workspace.json").write_text("{")
    with pytest.raises(InputError) as caught:
        Workspace.open("shop")
    assert caught.value.code == "workspace.broken"
    assert "workspace.json" in caught.value.message(language)


def test_no_name_on_disk_says_a_key(home: Path) -> None:
    shop = Workspace.create()
    assert shop.name == shop.folder.name == Workspace.open(shop.name).name
    assert not [path for path in home.rglob("*") if shop.key in str(path)]
    assert Workspace.by_key(shop.name) is None


def test_a_workspace_that_an_older_version_named_by_its_key_opens(home: Path) -> None:
    shop = Workspace.create(language="en")
    shop.folder.rename(shop.folder.with_name(shop.key))
    file = shop.folder.with_name(shop.key) / "workspace.json"
    write_json(file, json.loads(file.read_text()) | {"name": shop.key})
    opened = Workspace.by_key(shop.key)
    assert opened is not None
    assert opened.name == shop.key == Workspace.open(shop.key).key


def test_a_hidden_folder_is_opened_by_nobody(shop: Workspace) -> None:
    shop.folder.rename(shop.folder.with_name(".shop.deleted"))
    assert Workspace.by_key(shop.key) is None


def test_other_users_of_the_machine_see_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPLAB_HOME", str(tmp_path / "new" / "home"))
    Workspace.create()
    assert stat.S_IMODE((tmp_path / "new" / "home").stat().st_mode) == 0o700
    (tmp_path / "new" / "home").chmod(0o755)
    tidy_home(tmp_path / "new" / "home")
    assert stat.S_IMODE((tmp_path / "new" / "home").stat().st_mode) == 0o700


def test_a_deletion_that_is_killed_is_finished_at_the_next_start(
    shop: Workspace, home: Path
) -> None:
    whole = home / "whole"
    shop.folder.rename(whole)
    for change in itertools.count():
        shutil.copytree(whole, shop.folder)
        killed = killed_at(change, shop.delete)
        if opened := Workspace.by_key(shop.key):
            assert len(opened.tables().products) == 1
            opened.delete()
        Workspace.create("shop").delete()
        tidy_home(home)
        assert [path.name for path in (home / "workspaces").iterdir()] == []
        if not killed:
            break
    assert change > 10


def test_a_deletion_that_is_killed_leaves_no_lock(shop: Workspace, home: Path) -> None:
    whole = home / "whole"
    shop.folder.rename(whole)
    for change in itertools.count():
        shutil.copytree(whole, shop.folder)
        killed = killed_at(change, shop.delete)
        if opened := Workspace.by_key(shop.key):
            opened.delete()
        tidy_home(home)
        assert [path.name for path in (home / "workspaces").iterdir()] == []
        if not killed:
            break


def add_pictures(shop: Workspace) -> None:
    """Add a picture to a workspace that is deleted while it is fetched."""

    def fetched() -> Iterator[Brought]:
        shop.delete()
        yield Brought("1", "http://x/1.png", encoded(product("red")))

    Pictures(shop.folder).add(fetched())


def after_deletion(write: Callable[[Workspace], object]) -> Callable[[Workspace], None]:
    def delete_and_write(shop: Workspace) -> None:
        shop.delete()
        write(shop)

    return delete_and_write


WRITES: dict[str, Callable[[Workspace], object]] = {
    "pictures": add_pictures,
    "chats": after_deletion(Chats),
    "upload": after_deletion(lambda shop: staging.stage(shop, "orders", "a", io.BytesIO(b"a"))),
    "batch": after_deletion(lambda shop: begin_batch(shop, "untuned", Brief("ad"), ["1"])),
    "record": after_deletion(lambda shop: write_json(shop.folder / "workspace.json", {})),
    "run": after_deletion(lambda shop: save_nothing(shop.folder / "runs" / "x")),
}


def save_nothing(folder: Path) -> None:
    with replace_folder(folder):
        pass


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_nothing_brings_a_deleted_workspace_back(
    shop: Workspace, write: Callable[[Workspace], object]
) -> None:
    with pytest.raises(InputError) as caught:
        write(shop)
    assert caught.value.code == "workspace.deleted"
    assert not shop.folder.exists()


KILLED_READER = """
import os
from pathlib import Path
from engine.reading import reader
reader.parse = lambda *_: os._exit(9)
reader.read_table(Path("README.md"), name="a.csv")
"""


def test_scratch_folders_of_killed_processes_are_deleted_at_the_next_start(home: Path) -> None:
    command = [sys.executable, "-c", KILLED_READER]
    assert subprocess.run(command, cwd=PROJECT, check=False).returncode == 9
    assert len(list(home.glob("reading-*"))) == 1
    with scratch_folder() as folder:
        (folder / "table").touch()
        tidy_home(home)
        assert list(home.glob("reading-*")) == [folder]
        assert (folder / "table").exists()
    assert not list(home.glob("reading-*"))


READS: dict[str, Callable[[Workspace], object]] = {
    "key": lambda shop: Workspace.by_key(shop.key),
    "tables": lambda shop: shop.tables(),
    "about": lambda shop: shop.about_tables(),
    "undo": lambda shop: shop.can_undo,
    "stamp": session.stamp,
    "corrections": lambda shop: shop.corrections(),
    "decisions": lambda shop: Decisions(shop.folder).table(),
    "runs": list_runs,
    "batches": lambda shop: [read_rows(shop, batch) for batch in list_batches(shop)],
    "rules": load_rules,
    "aspects": read_aspects,
    "policy": lambda shop: (read_policy(shop), policy_stamp(shop)),
    "pictures": lambda shop: (Pictures(shop.folder).table(), Pictures(shop.folder).stamp()),
    "uploads": staging.staged,
}


class Deletion:
    """Deletes a workspace when a file in it is opened for the `at`-th time."""

    def __init__(self) -> None:
        self.shop: Workspace | None = None
        self.left = 0

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        shop, path = self.shop, str(arguments[0]) if arguments else ""
        looks = event in ("open", "os.scandir", "os.listdir")
        if shop is None or not looks or not path.startswith(str(shop.folder)):
            return
        self.left -= 1
        if self.left < 0:
            self.shop = None
            shop.delete()


@pytest.fixture(scope="module")
def deletion() -> Deletion:
    """The hook; a process cannot take its hooks away again."""
    hook = Deletion()
    sys.addaudithook(hook)
    return hook


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_deletion_at_any_moment_disturbs_no_reader(
    shop: Workspace, home: Path, deletion: Deletion, read: Callable[[Workspace], object]
) -> None:
    whole = home / "whole"
    shop.folder.rename(whole)
    for deletion.left in range(100):
        shutil.copytree(whole, shop.folder)
        deletion.shop = shop
        read(shop)
        deleted, deletion.shop = deletion.shop is None, None
        read(shop)
        shutil.rmtree(shop.folder, ignore_errors=True)
        if not deleted:
            return
    raise AssertionError("it reads for ever")


def test_the_databases_of_a_deleted_workspace_say_so(shop: Workspace) -> None:
    shop.delete()
    with pytest.raises(InputError) as caught:
        Feedback(shop)
    assert caught.value.code == "workspace.deleted"
    assert not os.path.lexists(shop.folder)
