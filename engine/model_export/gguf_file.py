"""A tuned generator as one GGUF file, for llama.cpp and what is built on it.

The file holds everything: the weights with the LoRA matrices merged into them, the tokenizer, the
form of a chat, and the model card.

Sources: the GGUF specification (github.com/ggml-org/ggml, docs/gguf.md), and for what llama.cpp
expects of Llama and Qwen2 its `convert_hf_to_gguf.py`.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from gguf import (
    GGML_QUANT_VERSION,
    MODEL_ARCH,
    MODEL_ARCH_NAMES,
    GGMLQuantizationType,
    GGUFWriter,
    LlamaFileType,
    get_tensor_name_map,
    quantize,
)
from numpy.typing import NDArray
from transformers import PretrainedConfig, PreTrainedModel

from engine.errors import InputError
from engine.model_export.card import write_card
from engine.model_export.folder import writing_lines
from engine.model_export.gguf_vocabulary import add_vocabulary
from engine.model_export.gguf_weights import Weights, gguf_name
from engine.model_export.measurement import measure
from engine.model_export.source import Source
from engine.models.generator import open_generator
from engine.storage.workspace import Workspace

_FAMILIES = {"llama": MODEL_ARCH.LLAMA, "qwen2": MODEL_ARCH.QWEN2}
_KINDS: dict[Weights, tuple[GGMLQuantizationType, LlamaFileType]] = {
    "f16": (GGMLQuantizationType.F16, LlamaFileType.MOSTLY_F16),
    "q8_0": (GGMLQuantizationType.Q8_0, LlamaFileType.MOSTLY_Q8_0),
}
# Rows of other lengths cannot be cut into the blocks of `q8_0`.
_BLOCK = 32
_HEAD = "lm_head.weight"


def write_gguf(
    source: Source, file: Path, workspace: Workspace, weights: Weights, language: str
) -> None:
    """Write the generator of `source` to `file`, with its card in `language`.

    Raises InputError for a model or a tokenizer that GGUF cannot hold, and where the pretrained
    model is not on this machine.
    """
    generator = open_generator(source.base, source.bundle / "generator")
    model, tokenizer = generator.model, generator.tokenizer
    family = _family(model.config)
    writer = GGUFWriter(file, MODEL_ARCH_NAMES[family])
    merged = replace(source, kind="gguf")
    name, shop_language = gguf_name(source, weights), workspace.language
    code = writing_lines(shop_language, template=bool(tokenizer.chat_template), file=name)
    card = write_card(merged, measure(workspace, source.run), code, shop_language, language)
    _add_origin(writer, merged, card)
    _add_shape(writer, model.config)
    writer.add_file_type(_KINDS[weights][1])
    writer.add_quantization_version(GGML_QUANT_VERSION)
    add_vocabulary(writer, tokenizer, model.config.vocab_size)
    _add_weights(writer, model, family, weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _family(config: PretrainedConfig) -> MODEL_ARCH:
    """The architecture, if llama.cpp computes it as transformers does for this model."""
    rope = config.rope_parameters["rope_type"]
    sliding = getattr(config, "use_sliding_window", False)
    if config.model_type not in _FAMILIES or rope != "default" or sliding:
        raise InputError("model_export.gguf_other_family", family=config.model_type)
    return _FAMILIES[config.model_type]


def _add_origin(writer: GGUFWriter, source: Source, card: str) -> None:
    """Whose model this is, where it comes from, and the card."""
    run = source.run
    writer.add_type("model")
    writer.add_name(f"{source.base_name} ({run.task})")
    writer.add_tags(["shoplab", "e-commerce", run.task])
    if source.licence:
        writer.add_license(source.licence.lower())
    writer.add_base_model_count(1)
    writer.add_base_model_name(0, source.base_name)
    if source.base_on_hub:
        writer.add_base_model_repo_url(0, f"https://huggingface.co/{source.base_on_hub}")
    writer.add_string("shoplab.run", run.run_id)
    writer.add_string("shoplab.data_fingerprint", run.data_fingerprint)
    writer.add_string("shoplab.card", card)


def _add_shape(writer: GGUFWriter, config: PretrainedConfig) -> None:
    heads = config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(width)
    writer.add_value_length(width)
    writer.add_rope_dimension_count(width)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)


def _add_weights(
    writer: GGUFWriter, model: PreTrainedModel, family: MODEL_ARCH, weights: Weights
) -> None:
    config = model.config
    names = get_tensor_name_map(family, config.num_hidden_layers)
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    for name, tensor in model.state_dict().items():
        if name == _HEAD and config.tie_word_embeddings:
            continue  # it is the table of embeddings
        target = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if target is None:
            raise InputError("model_export.gguf_other_family", family=config.model_type)
        array: NDArray[np.float32] = tensor.float().cpu().numpy()
        layer = name.split(".")[-2]
        if family is MODEL_ARCH.LLAMA and layer in heads:
            array = _interleaved(array, heads[layer])
        kind = _kind(array, weights)
        writer.add_tensor(target, quantize(array, kind), raw_dtype=kind)


def _interleaved(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """The rows of queries or keys in the order of llama.cpp.

    transformers turns row i of a head together with row i + half; llama.cpp, as Llama's authors,
    turns neighbours.
    """
    halves = rows.reshape(heads, 2, len(rows) // heads // 2, *rows.shape[1:])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows.shape))


def _kind(array: NDArray[np.float32], weights: Weights) -> GGMLQuantizationType:
    """llama.cpp wants norms and biases in 32 bits."""
    if array.ndim == 1:
        return GGMLQuantizationType.F32
    if array.shape[-1] % _BLOCK:
        return GGMLQuantizationType.F16
    return _KINDS[weights][0]
