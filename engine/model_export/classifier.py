"""A tuned classifier as a stock encoder and a small head beside it.

A run keeps only the layers that learned, to be put on the pretrained ones below. Here both become
one sentence-transformers folder again, and the head a file of plain matrices.
"""

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor

from engine.errors import ShoplabError
from engine.model_export.source import SYSTEM, Source
from engine.models.encoder import Encoder, load_encoder
from engine.models.trunk import layer_list
from engine.storage.files import write_json

HEAD, LABELS = "head.safetensors", "labels.json"
_BODY, _HEADS = "body.", "heads."


def write_classifier(source: Source, folder: Path) -> None:
    """Write the encoder, `head.safetensors` and `labels.json` into `folder`.

    `labels.json` holds by head the labels in the order of the scores, the temperature that the
    scores are divided by, and the confidence below which an answer counts as unsure. Raises what
    `load_encoder` raises where the pretrained model is not here, ShoplabError where it is another.
    """
    tail = load_file(source.bundle / "tail.safetensors")
    encoder = load_encoder(source.base, int(str(source.run.config["max_tokens"])), "cpu")
    if not _put_back(encoder, _below(tail, _BODY)):
        raise ShoplabError("tasks.unreadable_run", run=source.run.run_id)
    encoder.save(folder)
    save_file(_below(tail, _HEADS), folder / HEAD)
    about = {
        "task": source.run.task,
        "prefix": encoder.prefixes["query"],
        "max_tokens": encoder.model.max_seq_length,
        "heads": {
            name: {"labels": labels, **_calibration(source, name)}
            for name, labels in source.about["labels"].items()
        },
    }
    write_json(folder / LABELS, about)


def _below(weights: Mapping[str, Tensor], part: str) -> dict[str, Tensor]:
    """The weights of a part of the model, by their names in it."""
    return {name.removeprefix(part): w for name, w in weights.items() if name.startswith(part)}


def _put_back(encoder: Encoder, body: Mapping[str, Tensor]) -> bool:
    """Put the tuned layers in place of the pretrained ones, the last in place of the last.

    False where the encoder is not the one that they were tuned on.
    """
    model = encoder.transformer
    layers = layer_list(model)
    path = next(name for name, module in model.named_modules() if module is layers) + "."
    numbers = {name.removeprefix(path).split(".")[0] for name in body if name.startswith(path)}
    below = len(layers) - len(numbers)
    tuned = {}
    for name, weight in body.items():
        if name.startswith(path):
            place, _, rest = name.removeprefix(path).partition(".")
            name = f"{path}{below + int(place)}.{rest}"
        tuned[name] = weight
    try:
        return not model.load_state_dict(tuned, strict=False).unexpected_keys
    except RuntimeError:  # weights of other sizes
        return False


def _calibration(source: Source, head: str) -> dict[str, float]:
    blend = source.about["blends"].get(SYSTEM, {}).get(head)
    if blend is None:  # a run of an older version
        return {"temperature": 1.0, "threshold": 0.0}
    # The blend multiplies the only member's scores by its weight, then divides.
    temperature = blend["temperature"] / blend["weights"][SYSTEM]
    return {"temperature": temperature, "threshold": blend["threshold"]}
