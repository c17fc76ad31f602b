"""How long a training will take and how much memory it needs, measured before it starts."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import psutil
import torch

from engine.config import TrainingConfig
from engine.models.encoder import Encoder
from engine.models.precision import half_products
from engine.models.timing import fastest_seconds
from engine.tasks.base import Work

PROBE_TEXTS, PROBE_RUNS = 64, 3
# Weights, gradients and two moments of AdamW for each weight that learns, in bytes.
TRAINED_BYTES, FROZEN_BYTES = 16, 4
ACTIVATION_BYTES = 4 * 34
MEGABYTE = 2**20


@dataclass(frozen=True)
class Plan:
    """What a training is expected to cost on this machine."""

    seconds: float
    memory_mb: float
    device: str
    n_train: int
    n_validation: int
    n_test: int

    def as_json(self) -> dict[str, object]:
        """The plan as a plain dict."""
        return asdict(self)


@dataclass(frozen=True)
class Speed:
    """Seconds per token on this machine, as measured on the data's own texts."""

    encode: float
    train: float


def measure_speed(encoder: Encoder, texts: Sequence[str], config: TrainingConfig) -> Speed:
    """Encode and train on some real texts for a second or two; the weights stay as they were."""
    texts = list(texts)[:PROBE_TEXTS] or ["a"]
    encoder.encode(texts)
    tokens = encoder.count_tokens(texts)
    encode = fastest_seconds(lambda: encoder.encode(texts), PROBE_RUNS) / tokens
    batch = texts[: config.batch_size]
    train = fastest_seconds(lambda: _backward(encoder, batch), PROBE_RUNS)
    train /= encoder.count_tokens(batch)
    encoder.model.zero_grad(set_to_none=True)
    encoder.model.eval()
    return Speed(encode, train)


def predict_seconds(work: Work, speed: Speed, fixed: float) -> float:
    """Work times speed, and `fixed` seconds for what does not grow with the data."""
    return fixed + work.encode_tokens * speed.encode + work.train_tokens * speed.train


def predict_memory(encoder: Encoder, config: TrainingConfig) -> float:
    """Megabytes: what the process holds now, optimiser state, and one batch's activations."""
    weights = sum(weight.numel() for weight in encoder.model.parameters())
    trunk: Any = encoder.model.transformers_model
    words = trunk.get_input_embeddings()
    learned = {"full": 1.0, "last_k": 0.5, "lora": 0.05}[config.adapter]
    trained = (weights - words.weight.numel()) * learned
    tokens = 2 * config.batch_size * config.max_tokens
    activations = (
        tokens * trunk.config.hidden_size * trunk.config.num_hidden_layers * ACTIVATION_BYTES
    )
    now = psutil.Process().memory_info().rss
    return (now + trained * (TRAINED_BYTES - FROZEN_BYTES) + activations) / MEGABYTE


def _backward(encoder: Encoder, texts: list[str]) -> None:
    model = encoder.model
    model.train()
    features = {
        name: value.to(model.device) if isinstance(value, torch.Tensor) else value
        for name, value in model.preprocess(texts).items()
    }
    with half_products(model.device):
        pooled = model(features)["sentence_embedding"]
    pooled.float().sum().backward()
