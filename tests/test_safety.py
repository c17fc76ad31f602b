"""What one team could do to others, or a kill leaves behind; see docs/security.md."""

import io
import os
import socket
import tomllib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine.errors import InputError, ShoplabError
from engine.images.image_store import Brought, Pictures
from engine.models import endpoint
from engine.models.endpoint import Endpoint, public_address
from engine.settings import PROJECT, private_endpoints
from engine.storage.files import replace_folder
from engine.storage.lock import hold
from engine.storage.tidy import tidy_home
from engine.storage.workspace import Workspace

MESSAGES = [{"role": "user", "content": "hello"}]


def test_a_kill_in_the_middle_of_a_swap_leaves_one_of_both_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "old").touch()
    really = os.replace

    def killed(source: Path, target: Path) -> None:
        if Path(target) == folder:
            raise KeyboardInterrupt
        really(source, target)

    monkeypatch.setattr(os, "replace", killed)
    try:
        with replace_folder(folder) as new:
            (new / "new").touch()
    except KeyboardInterrupt:
        pass
    assert [path.name for path in folder.iterdir()] in (["old"], ["new"])


def test_a_swap_leaves_nothing_beside_the_new_folder(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    for name in ("first", "second"):
        with replace_folder(folder) as new:
            (new / name).touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "second"]


def test_the_next_start_finishes_what_kills_left_of_every_kind(home: Path) -> None:
    workspace = Workspace.create("shop")
    left = [
        home / "workspaces" / ".gone.1234.deleted",
        workspace.folder / "copy" / ".batch.deleted",
        workspace.folder / "runs" / ".search-1.abcd.new",
        home / "reading-abcd",
    ]
    going_on = workspace.folder / "runs" / ".search-2.abcd.new"
    checkpoints = workspace.folder / "runs" / ".search-3" / "checkpoints"
    for folder in (*left, going_on, checkpoints):
        folder.mkdir(parents=True)
    old, young = (workspace.folder / f".rules.json.{name}" for name in ("old", "young"))
    for file in (old, young):
        file.touch()
    os.utime(old, (0, 0))
    with hold(going_on):
        tidy_home(home)
    assert [folder for folder in (*left, old) if folder.exists()] == []
    assert going_on.exists()
    assert checkpoints.exists()
    assert young.exists()


def test_adding_pictures_brings_no_deleted_shop_back(home: Path) -> None:
    shop = Workspace.create("shop")
    content = io.BytesIO()
    Image.new("RGB", (64, 64)).save(content, "PNG")
    shop.delete()
    with pytest.raises(InputError):
        Pictures(shop.folder).add([Brought("P1", "a.png", content.getvalue())])
    assert not shop.folder.exists()


def test_error_boxes_offer_no_services_of_other_companies() -> None:
    config = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["client"]["showErrorLinks"] is False


def test_no_code_of_a_models_folder_is_run() -> None:
    sources = {file: file.read_text("utf-8") for file in (PROJECT / "engine").rglob("*.py")}
    loading = {file for file, text in sources.items() if "from_pretrained(" in text}
    loading |= {file for file, text in sources.items() if "CrossEncoder(\n" in text}
    # PEFT reads matrices alone, onto a model that is loaded already.
    assert len(loading) >= 4
    for file in loading:
        assert "trust_remote_code" in sources[file], file
        assert "trust_remote_code=True" not in sources[file], file


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00::1", "0.0.0.0",
     "192.0.0.9", "192.88.99.1", "5f00::1", "3fff::1", "fec0::1", "64:ff9b::a00:1", "2002:a00:1::"],
)  # fmt: skip
def test_an_endpoint_in_the_servers_own_network_is_refused(host: str) -> None:
    url = f"http://[{host}]:8080" if ":" in host else f"http://{host}:8080"
    with pytest.raises(InputError) as caught:
        Endpoint(url, "tiny", private=False).ask(MESSAGES)
    assert caught.value.code == "endpoint.private_address"


def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(*_: object, **__: object) -> list[tuple[Any, ...]]:
        return [(0, 0, 0, "", (address, 0)) for address in ("8.8.8.8", "192.168.0.7")]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(InputError):
        public_address("models.example")


def test_a_public_endpoint_is_asked_at_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: dict[str, Any] = {}

    class Client:
        def __init__(self, **_: object) -> None:
            pass

        def __enter__(self) -> "Client":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def stream(self, method: str, url: str, **options: Any) -> object:
            asked.update(url=url, **options)
            raise endpoint.httpx2.ConnectError("no network here")

    monkeypatch.setattr(endpoint.httpx2, "Client", Client)
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("93.184.216.34", 0))]
    )
    with pytest.raises(ShoplabError):
        Endpoint("https://models.example:8443/v1", "tiny", private=False).ask(MESSAGES)
    assert asked["url"] == "https://93.184.216.34:8443/v1/chat/completions"
    assert asked["headers"]["Host"] == "models.example:8443"
    assert asked["extensions"] == {"sni_hostname": "models.example"}


def test_the_host_decides_on_private_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOPLAB_PRIVATE_ENDPOINTS")
    assert private_endpoints(local=True)
    assert not private_endpoints(local=False)
    monkeypatch.setenv("SHOPLAB_PRIVATE_ENDPOINTS", "1")
    assert private_endpoints(local=False)
    monkeypatch.setenv("SHOPLAB_PRIVATE_ENDPOINTS", "0")
    assert not private_endpoints(local=True)
