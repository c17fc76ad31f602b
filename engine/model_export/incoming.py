"""An archive of a model, checked and put among the models that trainings can start from."""

import json
import re
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from engine.errors import InputError
from engine.models.download import HUB_FILES, check_size
from engine.models.pretrained import available, is_model_folder, models_folder
from engine.storage.files import replace_folder
from engine.storage.scratch import scratch_folder

# The owner of imported models in the names that trainings take.
OWNER = "imported"
MOST_FILES = 200
MOST_TEXT = 50_000_000
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Beside a model's own files: the card, and what Git keeps about a repository.
_PASSED_OVER = (".md", ".gitattributes")
_MOST_HEADER = 100_000_000
_ADAPTER = "adapter_config.json"
# Settings that say which code a library is to import, and the only place for that of an encoder.
_CODE = ("auto_map", "auto_mapping", "custom_pipelines")
_MODULES = "sentence_transformers."


def import_model(file: Path, name: str = "") -> str:
    """Make the model in the archive `file` one that trainings can start from; returns its id.

    The id is `imported/<name>`, the name being that of the archive's folder where none is given. Of
    LoRA matrices and their base one model is made. A classifier comes without its head. Raises
    InputError, and leaves nothing behind, for an archive that is damaged, too big, leads out of its
    folder or holds more than safetensors, JSON and texts, and for a name that is taken.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = _check(archive, file)
            model = _name(name or members[0].filename.split("/")[0])
            with scratch_folder() as scratch:
                folder = _unpack(archive, members, scratch, file)
                _put(folder, models_folder() / model.replace("/", "--"), file)
    except (OSError, zipfile.BadZipFile, ValueError, KeyError, NotImplementedError) as error:
        raise InputError("model_export.damaged", file=file.name) from error
    return model


def imported_models(role: str) -> list[str]:
    """The ids of the imported models of a role, `encoder` or `generator`."""
    folders = [one for one in models_folder().glob(f"{OWNER}--*") if is_model_folder(one)]
    kinds = {one: "encoder" if (one / "modules.json").is_file() else "generator" for one in folders}
    return sorted(one.name.replace("--", "/", 1) for one in folders if kinds[one] == role)


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InputError("model_export.bad_name", name=name)
    model = f"{OWNER}/{name}"
    if available(model):
        raise InputError("model_export.name_taken", model=model)
    return model


def _check(archive: zipfile.ZipFile, file: Path) -> list[zipfile.ZipInfo]:
    """The members of an archive whose names and sizes are in order."""
    members = [member for member in archive.infolist() if not member.is_dir()]
    if not 0 < len(members) <= MOST_FILES:
        raise ValueError("number of files")
    for member in members:
        parts = member.filename.split("/")
        sound = len(parts) > 1 and not any(part in ("", ".", "..") for part in parts)
        endings = (*HUB_FILES, *_PASSED_OVER)
        if not (sound and member.filename.endswith(endings)) or set("\\:\0") & {*member.filename}:
            raise InputError("model_export.unsafe", file=file.name, member=member.filename)
        if not member.filename.endswith(".safetensors") and member.file_size > MOST_TEXT:
            raise ValueError("size of a text")
    size = sum(member.file_size for member in members)
    models_folder().mkdir(parents=True, exist_ok=True)
    check_size(file.name, size, 2 * size, models_folder())
    return members


def _unpack(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], scratch: Path, file: Path
) -> Path:
    """The folder with the model's files; each safetensors file is as its header says."""
    folder = scratch / "model"
    for member in members:
        path = PurePosixPath(member.filename)
        if path.name.endswith(_PASSED_OVER):
            continue
        target = folder.joinpath(*path.parts[1:])
        target.parent.mkdir(parents=True, exist_ok=True)
        # No more is read than the list of members says.
        with archive.open(member) as stream, target.open("xb") as output:
            shutil.copyfileobj(stream, output, 1 << 20)
        if target.suffix == ".safetensors":
            check_safetensors(target)
        elif target.suffix == ".json":
            _refuse_code(json.loads(target.read_text(encoding="utf-8")), member, file)
    return folder


def _refuse_code(about: object, member: zipfile.ZipInfo, file: Path) -> None:
    """Refuse settings that name classes of their own, which a library would import and run."""
    for key, value in _settings(about):
        own_module = key == "type" and "modules.json" in member.filename
        if (key in _CODE and value) or (own_module and not str(value).startswith(_MODULES)):
            raise InputError("model_export.unsafe", file=file.name, member=member.filename)


def _settings(about: object) -> Iterator[tuple[str, object]]:
    """Every key and value in what a JSON file holds, however deep."""
    inner: Iterable[object] = ()
    if isinstance(about, dict):
        yield from about.items()
        inner = about.values()
    elif isinstance(about, list):
        inner = about
    for one in inner:
        yield from _settings(one)


def check_safetensors(path: Path) -> None:
    """Raise ValueError unless the tensors fill the file exactly, as its header says."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if not 2 <= length <= min(size - 8, _MOST_HEADER):
            raise ValueError("safetensors header")
        header = json.loads(stream.read(length))
    spans = sorted(
        tensor["data_offsets"] for name, tensor in header.items() if name != "__metadata__"
    )
    end = 0
    for start, stop in spans:
        if start != end or stop < start:
            raise ValueError("safetensors offsets")
        end = stop
    if not spans or end != size - 8 - length:
        raise ValueError("safetensors size")


def _put(folder: Path, target: Path, file: Path) -> None:
    if (folder / _ADAPTER).is_file():
        base = _base_of(folder, file)
        from engine.model_export.merging import merge_adapter  # torch

        with replace_folder(target) as staging:
            merge_adapter(base, folder, staging)
        return
    if not is_model_folder(folder) or not (folder / "tokenizer_config.json").is_file():
        raise InputError("model_export.no_model", file=file.name)
    (folder / "head.safetensors").unlink(missing_ok=True)
    (folder / "labels.json").unlink(missing_ok=True)
    with replace_folder(target) as staging:
        shutil.copytree(folder, staging, dirs_exist_ok=True)


def _base_of(folder: Path, file: Path) -> Path | str:
    """The base of an adapter: the one in the archive, or a model of the catalog or the hub."""
    if is_model_folder(folder / "base"):
        return folder / "base"
    about = json.loads((folder / _ADAPTER).read_text(encoding="utf-8"))
    base = str(about["base_model_name_or_path"])
    if not available(base):
        raise InputError("model_export.no_base", file=file.name, base=base)
    return base
