"""The vectors of a large catalog, made in parts: a kill costs only those that were being made.

Each part is a folder as `engine.retrieval.dense` writes one, below `parts/` in the folder of the
whole. Whoever makes them may do so in any order and on any machine that sees the folder.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.progress import Progress
from engine.retrieval.dense import hash_text, read_vectors, save_vectors
from engine.storage.files import make_folder
from engine.storage.lock import alone

# Texts of a part: ten seconds of a processor, and a thousand folders for a million products.
PART = 1024

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
# Writes the parts of texts to a folder.
MakeParts = Callable[[Path, Sequence[str], Progress], None]


def complete_vectors(
    folder: Path, texts: Sequence[str], make_parts: MakeParts, progress: Progress
) -> int:
    """Let `folder` hold the vectors of all `texts`; how many were missing.

    Parts that were made before a kill are taken over. Only one process at a time does this for a
    folder; others wait, and find nothing missing. Raises Cancelled, and then keeps the parts.
    """
    parts = folder / "parts"
    make_folder(parts)
    with alone(folder / "parts.lock"):
        stored = read_vectors(folder)
        missing = _missing(texts, stored)
        if missing:
            if left := _missing(missing, _read_parts(parts)):
                make_parts(parts, left, progress)
            progress.stage("index")
            stored |= _read_parts(parts)
            save_vectors(folder, list(stored), np.stack(list(stored.values())))
        shutil.rmtree(parts, ignore_errors=True)
    return len(missing)


def write_part(parts: Path, texts: Sequence[str], encode: Encode) -> None:
    """Encode `texts` and keep their vectors as one part, whose name follows from the texts."""
    hashes = [hash_text(text) for text in texts]
    name = hashlib.blake2b("".join(hashes).encode(), digest_size=16).hexdigest()
    save_vectors(parts / name, hashes, encode(texts))


def split(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts of each part."""
    return (texts[start : start + PART] for start in range(0, len(texts), PART))


def _missing(texts: Sequence[str], stored: dict[str, NDArray[np.float32]]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if hash_text(text) not in stored]


def _read_parts(parts: Path) -> dict[str, NDArray[np.float32]]:
    return {name: one for part in parts.iterdir() for name, one in read_vectors(part).items()}
