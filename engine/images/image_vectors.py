"""The vectors and tags of a workspace's pictures on disk, one file per image encoder."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from engine.images.image_store import Pictures
from engine.models.pretrained import default_image_encoder
from engine.storage.files import write_atomically

DEFAULT = default_image_encoder()
Vectors = NDArray[np.float32]
_FINGERPRINT = b"fingerprint"


@dataclass(frozen=True)
class PictureVectors:
    """L2-normalised vectors, shape (n, dimension), of `pictures`; their tags as JSON."""

    pictures: list[str]
    matrix: Vectors
    tags: list[str]
    fingerprint: str


def read_vectors(pictures: Pictures, model_id: str = DEFAULT) -> PictureVectors | None:
    """What the encoder `model_id` made of a workspace's pictures so far; None before that."""
    file = _file(pictures, model_id)
    if not file.is_file():
        return None
    table = pq.read_table(file)
    flat = table["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    matrix = flat.astype(np.float32).reshape(table.num_rows, -1)
    # Halves on disk: back to length 1.
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    fingerprint = (table.schema.metadata or {})[_FINGERPRINT].decode()
    names, tags = (table[column].to_pylist() for column in ("picture", "tags"))
    return PictureVectors(names, matrix, tags, fingerprint)


def write_vectors(pictures: Pictures, model_id: str, found: PictureVectors) -> None:
    """Put `found` in place of what was kept for `model_id`; as 16-bit numbers, half the size."""
    dimension = found.matrix.shape[1]
    flat = pa.array(found.matrix.astype(np.float16).reshape(-1))
    table = pa.table(
        {
            "picture": found.pictures,
            "tags": found.tags,
            "vector": pa.FixedSizeListArray.from_arrays(flat, dimension),
        }
    ).replace_schema_metadata({_FINGERPRINT: found.fingerprint.encode()})
    write_atomically(_file(pictures, model_id), lambda path: pq.write_table(table, path))


def read_tags(pictures: Pictures, model_id: str = DEFAULT) -> dict[str, list[tuple[str, float]]]:
    """The tags of every picture that was read, without loading its vector."""
    file = _file(pictures, model_id)
    if not file.is_file():
        return {}
    table = pq.read_table(file, columns=["picture", "tags"])
    pairs = zip(table["picture"].to_pylist(), table["tags"].to_pylist(), strict=True)
    return {name: [(tag, share) for tag, share in json.loads(tags)] for name, tags in pairs}


def _file(pictures: Pictures, model_id: str) -> Path:
    # A hub id or a path is no file name.
    name = hashlib.sha256(model_id.encode()).hexdigest()[:16]
    return pictures.folder / "vectors" / f"{name}.parquet"
