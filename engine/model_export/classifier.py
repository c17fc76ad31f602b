"""A tuned classifier as a stock encoder and a small head beside it.

A run keeps only the layers that learned, to be put on the pretrained ones below. Here both become
one sentence-transformers folder again, and the head a file of plain matrices.
"""

import json
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor

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
    `load_encoder` raises where the pretrained model is not here.
    """
    tail = load_file(source.bundle / "tail.safetensors")
    encoder = load_encoder(source.base, _max_tokens(source), "cpu")
    _put_back(encoder, {name.removeprefix(_BODY): w for name, w in tail.items() if _BODY in name})
    encoder.save(folder)
    head = {name.removeprefix(_HEADS): weight for name, weight in tail.items() if _HEADS in name}
    save_file(head, folder / HEAD)
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


def _max_tokens(source: Source) -> int:
    return int(json.dumps(source.run.config["max_tokens"]))


def _put_back(encoder: Encoder, body: dict[str, Tensor]) -> None:
    """Put the tuned layers in place of the pretrained ones, from the top down."""
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
    unknown = model.load_state_dict(tuned, strict=False).unexpected_keys
    if unknown:
        raise ValueError(f"the base has no {unknown[0]}")


def _calibration(source: Source, head: str) -> dict[str, float]:
    blend = source.about["blends"][SYSTEM][head]
    # The blend multiplies the only member's scores by its weight, then divides.
    temperature = blend["temperature"] / blend["weights"][SYSTEM]
    return {"temperature": temperature, "threshold": blend["threshold"]}
