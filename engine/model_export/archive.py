"""An exported model as one ZIP archive, one GGUF file, or a repository of the Hugging Face Hub."""

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from engine.errors import InputError, ShoplabError
from engine.model_export.folder import size_of, write_folder
from engine.model_export.gguf_weights import Weights, find_generator, gguf_bytes
from engine.model_export.source import Source, find_source
from engine.models.download import check_size
from engine.settings import home
from engine.storage.files import write_atomically
from engine.storage.scratch import scratch_folder
from engine.storage.workspace import Workspace

# One export at a time on the whole machine: each may need memory for a model.
_LOCK = "exports.lock"
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")


def export_model(
    workspace: Workspace, task: str, run_id: str | None, target: Path, language: str
) -> Source:
    """Write the model of a run of `task` (the newest for None) as a ZIP archive to `target`.

    The card is in `language`. Raises InputError as `find_source` does, for a model bigger than the
    host allows, and where the pretrained model is missing; ShoplabError if the disk is too full.
    """
    source = find_source(workspace, task, run_id)
    with _written(source, workspace, language) as folder:
        write_atomically(target, lambda path: _zip(folder, path, f"shoplab-{source.run.run_id}"))
    return source


def export_gguf(
    workspace: Workspace,
    task: str,
    run_id: str | None,
    target: Path,
    weights: Weights,
    language: str,
) -> Source:
    """Write the generator of a run of `task` (the newest for None) as a GGUF file to `target`.

    Raises InputError as `find_generator` and `write_gguf` do, and for a file bigger than the host
    allows; ShoplabError if the disk is too full.
    """
    from engine.model_export.gguf_file import write_gguf  # torch

    source = find_generator(workspace, task, run_id)
    size = gguf_bytes(source, weights)
    with FileLock(home() / _LOCK):
        check_size(source.run.run_id, size, size, home())
        write_atomically(
            target, lambda path: write_gguf(source, path, workspace, weights, language)
        )
    return source


def push_model(
    workspace: Workspace, task: str, run_id: str | None, repository: str, token: str, language: str
) -> str:
    """Upload the model to a private `repository` (owner/name) of the hub; returns its address.

    The token is used for this call alone. Raises what `export_model` raises, InputError for what is
    no repository's name and ShoplabError if the hub does not take it.
    """
    if not _REPOSITORY.fullmatch(repository):
        raise InputError("model_export.bad_repository", repository=repository)
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

    source = find_source(workspace, task, run_id)
    api = HfApi(token=token)
    with _written(source, workspace, language) as folder:
        try:
            # Private, and so nobody else's to read, until its owner decides otherwise.
            address = api.create_repo(repository, private=True, exist_ok=True)
            api.upload_folder(repo_id=repository, folder_path=folder)
        except (HTTPError, OSError, ValueError) as error:
            why = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise ShoplabError(
                "model_export.not_pushed", repository=repository, why=why.replace(token, "…")
            ) from None
    return str(address)


@contextmanager
def _written(source: Source, workspace: Workspace, language: str) -> Iterator[Path]:
    size = size_of(source)
    with FileLock(home() / _LOCK), scratch_folder() as scratch:
        # The folder and the archive are there at the same time.
        check_size(source.run.run_id, size, 2 * size, home())
        folder = scratch / "model"
        folder.mkdir()
        write_folder(source, folder, workspace, language)
        yield folder


def _zip(folder: Path, target: Path, name: str) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                # Weights hardly get smaller.
                weights = file.suffix == ".safetensors"
                packing = zipfile.ZIP_STORED if weights else zipfile.ZIP_DEFLATED
                archive.write(file, f"{name}/{file.relative_to(folder).as_posix()}", packing)
