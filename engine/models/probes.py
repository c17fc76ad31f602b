"""How fast an encoder reads and learns on this machine, and what memory a training takes."""

import copy
from collections.abc import Sequence
from functools import partial

import torch
from torch import nn
from transformers import PreTrainedModel

from engine.config import AdapterConfig
from engine.models.encoder import Encoder
from engine.models.precision import half_products
from engine.models.timing import fastest_seconds
from engine.models.work import LEARNED_BYTES, Phase, Work

TEXTS, RUNS = 64, 2
# Reading tables, baselines, measuring and writing: seconds that hardly grow with the data.
FIXED_SECONDS = 8.0
# Bytes that a layer keeps of a token until the way back, per number of its state.
KEPT_BYTES = 4 * 34


def encoder_work(
    encoder: Encoder,
    config: AdapterConfig,
    sample: Sequence[str],
    *,
    train_tokens: int,
    encode_tokens: int,
) -> Work:
    """The work of tuning `encoder` on `train_tokens` and encoding `encode_tokens`.

    `sample` are some of the texts, which the speed is measured on. The encoder stays as it is.
    """
    texts = list(sample[:TEXTS]) or ["a"]
    return Work(
        train_tokens,
        encode_tokens,
        phases=[
            Phase(encode_tokens, partial(encode_seconds, encoder, texts)),
            Phase(
                train_tokens,
                partial(learn_seconds, encoder, texts[: config.batch_size]),
                shared=True,
            ),
        ],
        fixed_seconds=FIXED_SECONDS,
        # Two texts an example: a bi-encoder reads pairs.
        memory_bytes=training_bytes(
            encoder.transformer, config, 2 * config.batch_size * config.max_tokens
        ),
        device=encoder.model.device.type,
    )


def mean_tokens(encoder: Encoder, texts: Sequence[str], most: int | None = None) -> float:
    """How many tokens the encoder reads of one of `texts`, at most `most`; 0 without texts."""
    return encoder.count_tokens(texts, most) / max(len(texts), 1)


def encode_seconds(encoder: Encoder, texts: Sequence[str]) -> float:
    """The seconds it takes to encode a token of `texts`."""
    # The first batch of a process is slower.
    encoder.encode(texts[:1])
    return fastest_seconds(lambda: encoder.encode(texts), RUNS) / encoder.count_tokens(texts)


def learn_seconds(encoder: Encoder, texts: Sequence[str]) -> float:
    """The seconds it takes to learn from a token of a batch, on a copy of the encoder."""
    model = copy.deepcopy(encoder.model).train()
    batch = {
        name: value.to(model.device) if isinstance(value, torch.Tensor) else value
        for name, value in model.preprocess(list(texts)).items()
    }

    def step() -> None:
        with half_products(model.device):
            pooled: torch.Tensor = model(batch)["sentence_embedding"]
        pooled.float().sum().backward()

    return fastest_seconds(step, RUNS) / encoder.count_tokens(texts)


def training_bytes(model: PreTrainedModel, config: AdapterConfig, tokens: int) -> float:
    """What tuning a transformer takes beside its weights: the optimiser's state, and a batch.

    `tokens` are those of a batch.
    """
    hidden = int(model.config.hidden_size)
    layers = int(model.config.num_hidden_layers)
    # A square matrix of size h has 2·r·h numbers beside it at rank r.
    shares = {
        "full": 1.0,
        "last_k": config.last_k / layers,
        "lora": 2 * config.lora_rank / hidden,
    }
    weights = _size(model) - _size(model.get_input_embeddings())
    learned = weights * min(shares[config.adapter], 1.0)
    return learned * LEARNED_BYTES + tokens * hidden * layers * KEPT_BYTES


def _size(module: nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())
