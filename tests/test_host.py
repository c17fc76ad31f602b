"""What the host sees and does: usage, quotas, backups, and the page with its password."""

import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine import jobs
from engine.cli import main
from engine.errors import InputError
from engine.host import password
from engine.host.backup import back_up, restore
from engine.host.password import Attempts
from engine.host.usage import free_space, read_usage
from engine.images.image_store import Pictures
from engine.messages import LANGUAGES
from engine.settings import PROJECT
from engine.storage.feedback import Feedback, Shown
from engine.storage.quota import bytes_in
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n, shell
from tests.shop_double import small_shop, texts_of
from tests.waiting import LONG

SECRET = "correct horse"


@pytest.fixture(autouse=True)
def no_worker(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.jobs.queue.ensure_supervisor", lambda: None)
    monkeypatch.setattr("engine.jobs.ensure_supervisor", lambda: None)


def test_the_command_says_who_uses_what(capfd: pytest.CaptureFixture[str]) -> None:
    shop = small_shop()
    job_id = jobs.submit(shop.name, "search", {}, owner="10.0.0.7")
    assert main(["host", "--json"]) == 0
    usage = json.loads(capfd.readouterr().out)
    (one,) = usage["workspaces"]
    assert (one["name"], one["jobs"]) == (shop.name, 1)
    assert one["rows"] == sum(len(frame) for frame in shop.tables().frames.values())
    assert one["bytes"] == bytes_in(shop.folder)
    assert main(["host", "stop", job_id]) == 0
    assert jobs.get_job(job_id).state == "cancelled"
    assert main(["host", "delete", shop.name]) == 0
    assert not shop.folder.exists()
    assert main(["host", "delete"]) == 2


def test_a_workspace_has_a_limit_of_disk_and_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = small_shop()
    more = {"products": pd.concat([shop.tables().products] * 2)}
    monkeypatch.setenv("SHOPLAB_WORKSPACE_ROWS", "100")
    with pytest.raises(InputError) as caught:
        shop.replace_tables(more, {})
    assert caught.value.code == "workspace.too_many_rows"
    assert len(shop.tables().products) == 24
    monkeypatch.delenv("SHOPLAB_WORKSPACE_ROWS")
    monkeypatch.setenv("SHOPLAB_WORKSPACE_MB", "0")
    acts: list[Callable[[], object]] = [
        lambda: shop.replace_tables(more, {}),
        lambda: jobs.submit(shop.name, "search", {}),
        lambda: Pictures(shop.folder).add([]),
    ]
    for act in acts:
        with pytest.raises(InputError) as caught:
            act()
        assert caught.value.code == "workspace.full"
    monkeypatch.delenv("SHOPLAB_WORKSPACE_MB")
    shop.replace_tables(more, {})


def test_free_space_takes_what_nobody_needs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOPLAB_MODELS", raising=False)
    small_shop()
    before = read_usage()
    part = home / "models" / ".x--big.part"
    for file in (part / "model.incomplete", home / "logs" / "job-old.log"):
        file.parent.mkdir(parents=True)
        file.write_bytes(bytes(1000))
    assert free_space() >= 1000
    assert not part.exists()
    assert read_usage().workspaces == before.workspaces


def liked(shop: Workspace) -> None:
    with Feedback(shop) as feedback:
        feedback.show(Shown("L", "v", "", "mug", "", "x", {"x": 1.0}, {}, ["P00"]))
        feedback.record("L", "P00", "like")


def test_a_backup_brings_back_everything(home: Path, tmp_path: Path) -> None:
    shop, other = small_shop(), Workspace.create("other")
    shop.correct("intent", {"mug": {"intent": "gift"}})
    liked(shop)
    tables, key = shop.tables(), shop.key
    file = tmp_path / "all.zip"
    assert back_up(file) == ["other", "shop"]
    shop.delete()
    other.delete()
    assert restore(file) == ["other", "shop"]
    again = Workspace.by_key(key)
    assert again is not None
    pd.testing.assert_frame_equal(again.tables().products, tables.products)
    assert again.corrections()["label"].tolist() == ["gift"]
    with Feedback(again) as feedback:
        assert feedback.likes("v") == {"P00"}
    with pytest.raises(InputError) as caught:
        restore(file)
    assert caught.value.code == "workspace.exists"
    assert [path.name for path in (home / "workspaces").iterdir() if ".new" in path.name] == []


def rewrite(file: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def put(name: str) -> Callable[[dict[str, bytes]], None]:
    """Add a member that the manifest knows as well."""

    def change(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"])
        manifest["files"][name] = hashlib.sha256(b"x").hexdigest()
        members["manifest.json"] = json.dumps(manifest).encode()
        members[name] = b"x"

    return change


def spoil(members: dict[str, bytes]) -> None:
    members["workspaces/shop/workspace.json"] += b" "


def forget(members: dict[str, bytes]) -> None:
    del members["workspaces/shop/workspace.json"]


def no_manifest(members: dict[str, bytes]) -> None:
    del members["manifest.json"]


@pytest.mark.parametrize(
    "change",
    [
        put("workspaces/../escaped.json"),
        put("workspaces/shop/../../escaped.json"),
        put("/escaped.json"),
        put("workspaces/shop/..\\escaped.json"),
        put("workspaces/shop/bundle/model.pkl"),
        put("workspaces/shop/bundle/pytorch_model.BIN"),
        put("workspaces/shop/.hidden"),
        put("jobs.sqlite"),
        put("workspaces/another/text.txt"),
        spoil,
        forget,
        no_manifest,
    ],
)
def test_a_backup_that_was_tampered_with_restores_nothing(
    home: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    shop = small_shop()
    file = tmp_path / "shop.zip"
    back_up(file, shop.name)
    shop.delete()
    rewrite(file, change)
    before = sorted(home.rglob("*"))
    with pytest.raises(InputError) as caught:
        restore(file)
    assert caught.value.code == "host.bad_backup"
    assert sorted(home.rglob("*")) == before
    assert not (tmp_path / "escaped.json").exists()


def test_a_file_that_is_no_backup_is_named(tmp_path: Path) -> None:
    file = tmp_path / "no.zip"
    file.write_bytes(b"no zip")
    with pytest.raises(InputError) as caught:
        restore(file)
    assert caught.value.code == "host.bad_backup"


def test_a_database_is_backed_up_in_one_state_while_it_is_used(tmp_path: Path) -> None:
    shop = small_shop()
    liked(shop)
    with closing(sqlite3.connect(shop.folder / "feedback.sqlite")) as open_still:
        open_still.execute("SELECT * FROM events").fetchall()
        back_up(tmp_path / "shop.zip", shop.name)
    with zipfile.ZipFile(tmp_path / "shop.zip") as archive:
        names = archive.namelist()
    assert "workspaces/shop/feedback.sqlite" in names
    assert not [name for name in names if name.endswith(("-wal", "-shm", ".lock"))]


def test_few_passwords_may_be_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = Attempts()
    assert not attempts.check("", "a", 0.0)
    monkeypatch.setenv(password.VARIABLE, SECRET)
    for _ in range(password.MOST_FAILURES - 1):
        assert not attempts.check("wrong", "a", 0.0)
    with pytest.raises(InputError):
        attempts.check(SECRET, "a", 1.0)
    assert attempts.check(SECRET, "b", 1.0)
    assert attempts.check(SECRET, "a", password.WINDOW_SECONDS + 1)
    for number in range(password.MOST_OF_ALL):
        assert not attempts.check("wrong", f"from {number}", 5_000.0)
    with pytest.raises(InputError):
        attempts.check(SECRET, "anybody", 5_001.0)


def open_host(language: str) -> AppTest:
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=LONG).run()
    app.switch_page("pages/host.py")
    app.query_params["lang"] = language
    app.session_state["lang"] = language
    return app.run()


def test_without_a_password_there_is_no_page_for_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not shell.available("host")
    small_shop()
    with pytest.raises(ValueError, match="navigation page"):
        open_host("en")
    monkeypatch.setenv(password.VARIABLE, SECRET)
    assert shell.available("host")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_opens_with_the_password_alone_and_acts(
    home: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(password.VARIABLE, SECRET)
    say = i18n.catalog().say
    shop = small_shop(language)
    job_id = jobs.submit(shop.name, "search", {}, owner="10.0.0.7")
    app = open_host(language)
    app.text_input(key="host_password").set_value("wrong")
    app.button[0].click().run()
    assert say("host.door.wrong", language) in [error.value for error in app.error]
    assert not app.dataframe
    app.text_input(key="host_password").set_value(SECRET)
    app.button[0].click().run()
    assert not app.exception
    assert app.dataframe[0].value["name"].tolist() == [shop.name]
    app.button(key=f"stop_{job_id}").click().run()
    assert jobs.get_job(job_id).state == "cancelled"
    app.selectbox(key="kept").select(shop.name)
    app.button(key="host_backup").click().run()
    assert not app.exception
    (file,) = (home / "backups").iterdir()
    app.selectbox(key="doomed").select(shop.name).run()
    app.checkbox(key=f"sure_{shop.name}").check().run()
    app.button(key="host_delete").click().run()
    assert not shop.folder.exists()
    app.selectbox(key="restored").select(file.name).run()
    app.button(key="host_restore").click().run()
    assert not app.exception
    assert Workspace.open(shop.name).key == shop.key
    assert i18n.escape(shop.name) in texts_of(app) or app.success


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_tab_more_than_the_host_allows_is_turned_away(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPLAB_SESSIONS", "2")
    refusal = i18n.catalog().say("app.full_house", language, most=2)
    for tabs in (2, 3):
        monkeypatch.setattr(shell, "open_tabs", lambda tabs=tabs: tabs)
        app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=LONG)
        app.session_state["lang"] = language
        app.run()
        assert not app.exception
        assert (refusal in [error.value for error in app.error]) == (tabs == 3)
