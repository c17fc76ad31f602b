"""Sentence encoders: texts in, L2-normalised vectors out."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from torch import Tensor
from transformers import PreTrainedModel
from transformers.utils import logging

from engine.errors import InputError
from engine.models.gathering import Gathering
from engine.models.int8_layers import Int8Layers
from engine.models.making import MAKING
from engine.models.precision import half_products
from engine.models.pretrained import locate
from engine.models.sharing import guard_tokenizer, share_weights, shared_model
from engine.models.threads import keep_to_cores
from engine.models.vector_cache import TextKind
from engine.progress import Progress, Silent

BLOCK = 256
# So few texts are a person's question, and not somebody's catalog.
FEW = 16
# Texts a forward pass: more gain nothing on a CPU, and a GPU is busy only with more.
BATCH = {"cpu": 32, "cuda": 256}


class Encoder:
    """A sentence-transformers model with the prefixes its makers trained it with.

    `model` is the `SentenceTransformer` itself, to be tuned in place; `int8` are its layers as they
    are, if it reads with them (`engine.models.quickening`). Whoever tunes it takes them away.
    """

    def __init__(self, model: SentenceTransformer) -> None:
        self.model = model
        self.int8: Int8Layers | None = None
        self._gathered: dict[TextKind, Gathering[str, NDArray[np.float32]]] = {
            "query": Gathering(lambda texts: list(self._encode(texts, "query"))),
            "passage": Gathering(lambda texts: list(self._encode(texts, "passage"))),
        }

    @property
    def transformer(self) -> PreTrainedModel:
        """The Hugging Face model inside. InputError for an encoder that is built otherwise."""
        model = self.model.transformers_model
        if not isinstance(model, PreTrainedModel):
            raise InputError("intent.unsupported_model", model=type(self.model[0]).__name__)
        return model

    @cached_property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        size = self.model.get_embedding_dimension()
        assert size is not None  # noqa: S101 - every model that `load_encoder` accepts pools
        return size

    @property
    def fingerprint(self) -> str:
        """A hash of weights, prefixes and text length: equal ones give equal vectors.

        Reads every weight (about a second for 500 MB), so keep it rather than ask twice.
        """
        about = f"{self.model.max_seq_length} {sorted(self.prefixes.items())}"
        digest = hashlib.sha256(about.encode())
        for name, weight in sorted(self.model.state_dict().items()):
            digest.update(name.encode())
            digest.update(weight.detach().cpu().contiguous().view(torch.uint8).numpy())
        return digest.hexdigest()[:16]

    @property
    def prefixes(self) -> dict[str, str]:
        """What is put before a query and before a passage."""
        prompts = self.model.prompts
        document = prompts.get("passage") or prompts.get("document") or ""
        return {"query": prompts.get("query") or "", "passage": document}

    def encode(
        self, texts: Sequence[str], kind: TextKind = "passage", progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Vectors of `texts`, shape `(len(texts), dimension)`, each of length 1.

        Reports the stage `encode` and can be cancelled between blocks of texts. Several threads
        may ask at the same time; what they ask of few texts is encoded together.
        """
        if progress is None and 0 < len(texts) <= FEW:
            return np.stack(self._gathered[kind].ask(texts))
        progress = progress or Silent()
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), BLOCK):
            progress.check()
            progress.stage("encode", start, len(texts))
            stop = min(start + BLOCK, len(texts))
            vectors[start:stop] = self._encode(texts[start:stop], kind)
        progress.stage("encode", len(texts), len(texts))
        return vectors

    def _encode(self, texts: Sequence[str], kind: TextKind) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for rows, found in self._batches(list(texts), self.prefixes[kind]):
            vectors[rows] = found
        return vectors

    @torch.inference_mode()
    def _batches(
        self, texts: list[str], prefix: str
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float32]]]:
        size = BATCH.get(self.model.device.type, BATCH["cpu"])
        # Texts of like token length share a batch: padding would cost a third of the time.
        order = np.argsort([-length for length in self._lengths(texts)], kind="stable")
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            batch = [texts[row] for row in rows]
            if self.int8 is None:
                _, vectors = self.embed(batch, prefix)
            else:
                vectors = self._embed_quickly(batch, prefix, self.int8)
            yield rows, vectors.numpy()

    def embed(self, texts: list[str], prefix: str) -> tuple[dict[str, Any], Tensor]:
        """What the model reads of one batch of texts with `prefix` before them, and their vectors.

        The vectors are on the CPU, each of length 1.
        """
        features = self._features(texts, prefix)
        self.model.eval()
        # The weights are cast for every batch, which costs more than one text gains.
        with half_products(self.model.device) if len(texts) > 1 else nullcontext():
            pooled = self.model(features)["sentence_embedding"]
        return features, torch.nn.functional.normalize(pooled.float(), dim=1).cpu()

    def _embed_quickly(self, texts: list[str], prefix: str, layers: Int8Layers) -> Tensor:
        """The vectors that `embed` gives, with `layers` in place of the transformer's."""
        features = self._features(texts, prefix)
        embedded = self.transformer.get_input_embeddings()(features["input_ids"])
        features["token_embeddings"] = layers.states(embedded, features["attention_mask"])
        for module in list(self.model)[1:]:
            features = module(features)
        return torch.nn.functional.normalize(features["sentence_embedding"], dim=1)

    def _features(self, texts: list[str], prefix: str) -> dict[str, Any]:
        device = self.model.device
        return {
            name: value.to(device) if isinstance(value, Tensor) else value
            for name, value in self.model.preprocess(texts, prompt=prefix or None).items()
        }

    def _lengths(self, texts: list[str]) -> list[int]:
        tokens = self.model.tokenizer(texts, truncation=True, return_attention_mask=False)
        return [len(ids) for ids in tokens["input_ids"]]

    def count_tokens(self, texts: Sequence[str], most: int | None = None) -> int:
        """How many tokens the model reads of all `texts`, at most `most` of each."""
        lengths = self._lengths(list(texts)) if texts else []
        return sum(lengths if most is None else (min(length, most) for length in lengths))

    def unknown_share(self, texts: Sequence[str]) -> float:
        """The share of tokens (0 to 1) that the model's vocabulary cannot express."""
        tokenizer = self.model.tokenizer
        if tokenizer.unk_token_id is None or not texts:
            return 0.0
        rows = tokenizer(list(texts), add_special_tokens=False, truncation=True)["input_ids"]
        ids = np.fromiter((token for row in rows for token in row), dtype=np.int64)
        return float(np.mean(ids == tokenizer.unk_token_id)) if len(ids) else 0.0

    def save(self, folder: Path) -> None:
        """Write the model as a sentence-transformers folder (safetensors and JSON)."""
        self.model.save(str(folder), create_model_card=False, safe_serialization=True)


def load_encoder(
    model_id: str | Path,
    max_tokens: int = 64,
    device: str | None = None,
    progress: Progress | None = None,
) -> Encoder:
    """The encoder of a catalog id, a hub id or a folder.

    Reads at most `max_tokens` tokens of each text. Runs on `device`, or on a CUDA device if there
    is one, else on the CPU. A process that shares models (`engine.models.sharing`) gets the same
    encoder for equal arguments. Raises InputError for what is not an encoder, and what `locate`
    raises.
    """
    folder = locate(model_id, progress or Silent())
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    chosen = device
    return shared_model(
        (folder, max_tokens, device), lambda: _load(folder, str(model_id), max_tokens, chosen)
    )


def _load(folder: Path, model_id: str, max_tokens: int, device: str) -> Encoder:
    keep_to_cores()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with MAKING:
            model = SentenceTransformer(
                str(folder),
                device=device,
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"dtype": torch.float32, "use_safetensors": True},
            )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        raise InputError("models.not_an_encoder", model=model_id, why=str(error)) from error
    if model.tokenizer is None or model.get_embedding_dimension() is None:
        raise InputError("models.not_an_encoder", model=model_id, why=type(model[0]).__name__)
    transformer = model.transformers_model
    if transformer is not None and getattr(transformer, "pooler", None) is not None:
        # Its output is never read, and where a file lacks its weights they are drawn at random.
        transformer.register_module("pooler", None)
    model.max_seq_length = min(max_tokens, model.max_seq_length or max_tokens)
    share_weights(model)
    guard_tokenizer(model.tokenizer)
    return Encoder(model)
