"""A transformer's layers in numbers of 8 bits, multiplied by OpenVINO where that is installed.

Weights are rounded once, with a step for each output channel, and states as they come, with a step
for each `GROUP` numbers of a token. It is these small groups that keep the vectors near: with one
step for a whole batch they moved too far (docs/benchmarks.md).

Embeddings stay with torch: they are looked up and not multiplied, and most of an encoder's bytes.
"""

import sys
import warnings
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

GROUP = 128
OPTIONS: dict[str, object] = {
    "PERFORMANCE_HINT": "LATENCY",
    # What is not multiplied in 8 bits, as the softmax, stays in 32.
    "INFERENCE_PRECISION_HINT": "f32",
    "DYNAMIC_QUANTIZATION_GROUP_SIZE": GROUP,
}
LARGEST = 127
# A step of a channel whose weights are all 0.
SMALLEST = np.float32(1e-12)


class Int8Layers:
    """The layers in the file that `write_layers` wrote; any thread may ask them."""

    def __init__(self, file: Path) -> None:
        options = OPTIONS | {"INFERENCE_NUM_THREADS": torch.get_num_threads()}
        compiled = _openvino().Core().compile_model(file, "CPU", options)
        # One for all threads: each would keep the states of a whole batch.
        self._request = compiled.create_infer_request()
        self._turn = Lock()

    def states(self, embedded: Tensor, mask: Tensor) -> Tensor:
        """The last states of embedded tokens, both `(texts, tokens, size)`; mask as the model's."""
        with self._turn:
            found = self._request.infer([embedded.numpy(), mask.numpy()], share_inputs=True)
        return torch.from_numpy(found[0])


def is_installed() -> bool:
    """Whether there is a library that multiplies in 8 bits."""
    return find_spec("openvino") is not None


def write_layers(transformer: PreTrainedModel, file: Path) -> None:
    """Write the layers above the embeddings to `file` (.xml), and their weights beside it (.bin).

    Raises what OpenVINO and torch raise for layers that they cannot follow.
    """
    openvino = _openvino()
    size = int(transformer.config.hidden_size)
    # What is done with these is followed, and then holds for other numbers of texts and tokens.
    example = torch.zeros(2, 5, size), torch.ones(2, 5, dtype=torch.long)
    with torch.no_grad(), warnings.catch_warnings(action="ignore"):
        model = openvino.convert_model(
            _Layers(transformer).eval(),
            example_input=example,
            input=[
                ("inputs_embeds", [-1, -1, size], openvino.Type.f32),
                ("attention_mask", [-1, -1], openvino.Type.i64),
            ],
        )
    for operation in model.get_ordered_ops():
        if operation.get_type_name() == "MatMul":
            _round_weights(operation)
    openvino.save_model(model, file, compress_to_fp16=False)


class _Layers(nn.Module):
    def __init__(self, transformer: PreTrainedModel) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(self, inputs_embeds: Tensor, attention_mask: Tensor) -> Tensor:
        states: Tensor = self.transformer(
            inputs_embeds=inputs_embeds, attention_mask=attention_mask
        ).last_hidden_state
        return states


def _round_weights(product: Any) -> None:
    """Let a product with constant weights, shape (outputs, inputs), have them in 8 bits."""
    from openvino import opset13 as operations

    constant = product.input_value(1).get_node()
    if constant.get_type_name() != "Constant" or not product.get_attributes()["transpose_b"]:
        return
    weights = constant.data
    if weights.ndim != 2:
        return
    step = np.maximum(np.abs(weights).max(axis=1, keepdims=True) / LARGEST, SMALLEST)
    rounded = np.rint(weights / step).astype(np.int8)
    restored = operations.multiply(operations.convert(rounded, "f32"), step.astype(np.float32))
    product.input(1).replace_source_output(restored.output(0))


def _openvino() -> Any:
    # It tells its makers of every import through this module where it finds it, and we tell nobody.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino
