"""The pretrained models Shoplab knows, and where on this machine they are.

Beside the catalog's ids, any id of the Hugging Face hub (`owner/name`) and any local folder in the
transformers or sentence-transformers form can be named.
"""

import functools
import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from engine import settings
from engine.errors import InputError
from engine.models.converters import CONVERTERS
from engine.models.download import Package, download_hub, download_package
from engine.progress import Progress
from engine.storage.files import replace_folder, write_json

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


@dataclass(frozen=True)
class Pretrained:
    """One model of the catalog.

    `role` is `encoder`, `generator` or `pictures`, `size_mb` what has to be downloaded;
    `parameters` counts millions, `prompts` are the prefixes it was trained with. It comes from
    `package` of the package index, or from the hub under its id.
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
    """Whether `fetch` would answer without a download."""
    return _is_local(model_id) or is_model_folder(_cached(model_id))


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


def fetch(model_id: str, progress: Progress) -> Path:
    """The folder of a model, downloaded, verified and converted when it is not here yet.

    Reports the stages `download`, `convert` and, while another process downloads the same model,
    `wait_download`. Raises InputError for an unknown id or a folder without a model, ShoplabError
    when the source cannot be reached or sends something else than the catalog says.
    """
    if _is_local(model_id):
        return Path(model_id).resolve()
    entry = {model.id: model for model in catalog()}.get(model_id)
    if model_id and Path(model_id).is_dir():
        raise InputError("models.not_a_model", folder=model_id)
    if entry is None and not _HUB_ID.fullmatch(model_id):
        known = ", ".join(model.id for model in catalog())
        raise InputError("models.unknown", model=model_id, known=known)
    target = _cached(model_id)
    if is_model_folder(target):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(target.parent / f".{target.name}.lock")
    _wait(lock, progress)
    try:
        if not is_model_folder(target):
            with replace_folder(target) as staging:
                _fill(staging, model_id, entry, progress)
    finally:
        lock.release()
    return target


def _is_local(model_id: str) -> bool:
    return bool(model_id) and is_model_folder(Path(model_id))


def _wait(lock: FileLock, progress: Progress) -> None:
    while True:
        progress.check()
        try:
            lock.acquire(timeout=1)
            return
        except Timeout:
            progress.stage("wait_download")


def _fill(staging: Path, model_id: str, entry: Pretrained | None, progress: Progress) -> None:
    if entry is not None and entry.package is not None:
        download_package(entry.package, staging, entry.size_mb, progress)
        if convert := CONVERTERS.get(entry.package.convert):
            progress.stage("convert")
            (packed,) = (staging / name for name in entry.package.files)
            convert(packed, staging)
            packed.unlink()
        return
    download_hub(model_id, staging, progress)
    if not is_model_folder(staging):
        raise InputError("models.hub_without_safetensors", model=model_id)
    if entry is not None and entry.prompts:
        _set_prompts(staging / "config_sentence_transformers.json", entry.prompts)


def _set_prompts(file: Path, prompts: Mapping[str, str]) -> None:
    about = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    write_json(file, about | {"prompts": dict(prompts)})


def _cached(model_id: str) -> Path:
    return models_folder() / model_id.strip("/.").replace("/", "--")
