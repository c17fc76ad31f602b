"""Image encoders: pictures in, L2-normalised vectors and tags out. Torch is imported here.

The default comes from the package index: EfficientNet-Lite0 with ImageNet weights. A CLIP model of
the hub or of a folder reads texts into the same space, so that a picture can be held against one.
"""

import functools
import hashlib
import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from transformers import AutoImageProcessor, AutoModel, AutoTokenizer
from transformers.utils import logging

from engine.errors import InputError
from engine.images.decode import flatten
from engine.messages import say
from engine.models import efficientnet
from engine.models.making import MAKING
from engine.models.pretrained import locate
from engine.models.threads import keep_to_cores
from engine.progress import Progress

BATCH = 8  # more is slower on a CPU: what is computed no longer fits its cache
SQUEEZE = 4 / 3  # as far as ImageNet's training squeezed pictures
TAGS = 5
# No code of a model's folder is ever run, and nothing is looked for on the hub.
_LOCAL: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
LEAST_TAG = 0.05  # probability; below it a tag is a guess
# The kinds of models with two towers, and the languages that their texts are read in.
TWO_TOWERS = {
    "clip": ("en",),
    "chinese_clip": ("zh",),
    "siglip": ("en",),
    "metaclip_2": ("en", "zh"),
    "siglip2": ("en", "zh"),
}

Vectors = NDArray[np.float32]
Tags = list[tuple[str, float]]


@dataclass(frozen=True)
class Reading:
    """What an encoder makes of pictures: vectors (n, dimension), and each one's tags.

    A tag is a key under `tags` in the texts beside this file, with its probability, the surest
    first.
    """

    vectors: Vectors
    tags: list[Tags]


class ImageEncoder(Protocol):
    """What reads pictures. `fingerprint` is equal where vectors are.

    `languages` are those of the texts it reads into the same space; none, if it reads no texts.
    """

    fingerprint: str
    languages: tuple[str, ...]

    def read(self, pictures: Sequence[Image.Image]) -> Reading:
        """Vectors and tags of a batch of pictures."""

    def read_texts(self, texts: Sequence[str]) -> Vectors:
        """Texts in the space of the pictures; only where there are `languages`."""


def load_image_encoder(model_id: str, progress: Progress) -> ImageEncoder:
    """The image encoder of a catalog id, a hub id or a folder.

    Raises InputError for a model that reads no pictures, and what `locate` raises.
    """
    folder = locate(model_id, progress)
    keep_to_cores()
    progress.stage("load")
    kind = _kind(folder)
    if kind == efficientnet.MODEL_TYPE:
        return ImageNetEncoder(folder)
    if kind not in TWO_TOWERS:
        raise InputError("images.not_an_image_encoder", model=model_id, kind=kind)
    return TwoTowerEncoder(folder, model_id, kind)


def read_all(
    encoder: ImageEncoder, pictures: Sequence[Any], open_one: Any, progress: Progress
) -> Iterator[tuple[Any, NDArray[np.float32], Tags]]:
    """Each of `pictures` with its vector and tags; `open_one` makes an image of a picture's name.

    Reports the stage `pictures` and can be cancelled between batches.
    """
    for start in range(0, len(pictures), BATCH):
        progress.check()
        progress.stage("pictures", start, len(pictures))
        block = pictures[start : start + BATCH]
        reading = encoder.read([open_one(name) for name in block])
        yield from zip(block, reading.vectors, reading.tags, strict=True)
    progress.stage("pictures", len(pictures), len(pictures))


class ImageNetEncoder:
    """EfficientNet-Lite0: the features before its classifier, and tags from ImageNet's classes."""

    languages: tuple[str, ...] = ()

    def __init__(self, folder: Path) -> None:
        self.network = efficientnet.load(folder)
        self.fingerprint = _fingerprint(folder)

    @torch.inference_mode()
    def read(self, pictures: Sequence[Image.Image]) -> Reading:
        """See `ImageEncoder.read`. A tag's probability is that of its classes together."""
        stacked = np.stack([_fit(picture, efficientnet.SIZE) for picture in pictures])
        scaled = (stacked.astype(np.float32) - efficientnet.MEAN) / efficientnet.SPREAD
        features, logits = self.network(torch.from_numpy(scaled).permute(0, 3, 1, 2))
        of_classes = logits.softmax(dim=1).numpy()
        names, classes = tag_classes()
        shares = np.stack([of_classes[:, places].sum(axis=1) for places in classes], axis=1)
        return Reading(_unit(features), [_surest(names, row) for row in shares])

    def read_texts(self, texts: Sequence[str]) -> Vectors:
        """Never asked: this encoder reads no texts."""
        raise NotImplementedError


class TwoTowerEncoder:
    """A CLIP-like model of transformers: one tower reads pictures, the other texts."""

    def __init__(self, folder: Path, model_id: str, kind: str) -> None:
        logging.set_verbosity_error()
        try:
            with MAKING:
                model = AutoModel.from_pretrained(folder, use_safetensors=True, **_LOCAL)
            self.model = model.eval()
            self.processor = AutoImageProcessor.from_pretrained(folder, backend="pil", **_LOCAL)
            self.tokenizer = AutoTokenizer.from_pretrained(folder, **_LOCAL)
        except (OSError, ValueError, KeyError) as error:
            raise InputError("images.not_an_image_encoder", model=model_id, kind=kind) from error
        self.fingerprint = _fingerprint(folder)
        self.languages = TWO_TOWERS[kind]
        # SigLIP has no mask: it learned from texts that are filled up.
        self.padding = "max_length" if kind.startswith("siglip") else True

    @torch.inference_mode()
    def read(self, pictures: Sequence[Image.Image]) -> Reading:
        """See `ImageEncoder.read`. Tags are those whose names fit best (zero-shot)."""
        given = self.processor([flatten(picture) for picture in pictures], return_tensors="pt")
        vectors = _unit(self.model.get_image_features(**given).pooler_output)
        names, _ = tag_classes()
        logits = self.model.logit_scale.exp().item() * vectors @ self._tag_vectors.T
        shares = torch.from_numpy(logits).softmax(dim=1).numpy()
        return Reading(vectors, [_surest(names, row) for row in shares])

    @torch.inference_mode()
    def read_texts(self, texts: Sequence[str]) -> Vectors:
        """Texts in the space of the pictures; long ones are cut where the model stops reading."""
        blocks = []
        for start in range(0, len(texts), BATCH):
            given = self.tokenizer(
                list(texts[start : start + BATCH]),
                padding=self.padding,
                truncation=True,
                max_length=self.model.config.text_config.max_position_embeddings,
                return_tensors="pt",
            )
            blocks.append(_unit(self.model.get_text_features(**given).pooler_output))
        return np.concatenate(blocks)

    @functools.cached_property
    def _tag_vectors(self) -> Vectors:
        names, _ = tag_classes()
        language = self.languages[0]
        tags = [say(f"tags.{name}", language) for name in names]
        return self.read_texts([say("images.photo_of", language, tag=tag) for tag in tags])


@functools.cache
def tag_classes() -> tuple[list[str], list[NDArray[np.intp]]]:
    """Every tag, and the places of its ImageNet classes."""
    text = Path(__file__).with_name("tags.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    classes = [
        np.concatenate([np.arange(first, last + 1) for first, last in spans])
        for spans in table.values()
    ]
    return list(table), classes


def _kind(folder: Path) -> str:
    file = folder / "config.json"
    about = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return str(about.get("model_type", "?"))


def _fit(picture: Image.Image, size: int) -> NDArray[np.uint8]:
    """The whole picture as a square: squeezed up to `SQUEEZE`, what is longer gets a border.

    A centre crop would cut the ends off a long product; the network has seen squeezed ones.
    """
    flat = flatten(picture)
    width, height = flat.size
    wide, high = max(width, round(height / SQUEEZE)), max(height, round(width / SQUEEZE))
    if (wide, high) != (width, height):
        pixels = np.asarray(flat)
        edges = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        red, green, blue = (int(value) for value in np.median(edges, axis=0))
        bordered = Image.new("RGB", (wide, high), (red, green, blue))
        bordered.paste(flat, ((wide - width) // 2, (high - height) // 2))
        flat = bordered
    return np.asarray(flat.resize((size, size), Image.Resampling.BICUBIC))


def _unit(features: torch.Tensor) -> Vectors:
    return torch.nn.functional.normalize(features.float(), dim=1).numpy()


def _surest(names: Sequence[str], shares: NDArray[np.float32]) -> Tags:
    best = np.argsort(-shares)[:TAGS]
    return [(names[tag], round(float(shares[tag]), 3)) for tag in best if shares[tag] >= LEAST_TAG]


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:16]
