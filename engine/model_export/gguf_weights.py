"""How the weights of a GGUF file may be kept, and how big such a file is."""

from math import prod
from typing import Literal, get_args

from safetensors import safe_open

from engine.errors import InputError
from engine.model_export.source import Kind, Source, find_source
from engine.models.pretrained import locate
from engine.progress import Silent
from engine.storage.workspace import Workspace

Weights = Literal["f16", "q8_0"]
WEIGHTS: tuple[Weights, ...] = get_args(Weights)
# The kinds of models that write; only they are of use to what reads GGUF.
GENERATORS: tuple[Kind, ...] = ("adapter", "generator")
# In bits; of `q8_0` 32 weights of 8 bits share a scale of 16.
_SIZES: dict[Weights, float] = {"f16": 16, "q8_0": 8 + 16 / 32}


def find_generator(workspace: Workspace, task: str, run_id: str | None = None) -> Source:
    """The generator of a run of `task`.

    Raises InputError as `find_source` does, and for a model that writes no text.
    """
    source = find_source(workspace, task, run_id)
    if source.kind not in GENERATORS:
        raise InputError("model_export.gguf_other_model", task=task)
    return source


def gguf_bytes(source: Source, weights: Weights) -> int:
    """About how many bytes the GGUF file of a generator will have.

    Raises InputError `models.not_here` where its base is needed and not on this machine.
    """
    adapted = source.kind == "adapter"
    folder = locate(source.base, Silent()) if adapted else source.bundle / "generator"
    count = 0
    for file in folder.glob("*.safetensors"):
        with safe_open(file, framework="numpy") as tensors:
            names = tensors.keys()
            count += sum(prod(tensors.get_slice(name).get_shape()) for name in names)
    return round(count * _SIZES[weights] / 8)


def gguf_name(source: Source, weights: Weights) -> str:
    """What the file is called where it is taken home."""
    return f"shoplab-{source.run.run_id}-{weights}.gguf"
