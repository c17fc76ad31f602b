"""Which vectors of a catalog a search model needs, and where it looks for them."""

import json
from dataclasses import dataclass
from pathlib import Path

from engine.models.encoder import Encoder, load_encoder
from engine.models.pretrained import locate
from engine.progress import Progress
from engine.retrieval.dense import vectors_folder
from engine.tables.product_text import passages
from engine.tables.tables import Tables
from engine.tasks.search.config import SearchConfig


@dataclass(frozen=True)
class CatalogVectors:
    """The texts of a catalog, the encoder that reads `max_tokens` of each, and their folder."""

    encoder: Path
    max_tokens: int
    folder: Path
    texts: list[str]

    def open_encoder(self) -> Encoder:
        """The encoder, in this process."""
        return load_encoder(self.encoder, self.max_tokens)


def untuned_vectors(tables: Tables, config: SearchConfig, progress: Progress) -> CatalogVectors:
    """The vectors of the pretrained encoder, which all trainings and untuned models share.

    Downloads an encoder that is not here. Raises what `locate` raises.
    """
    encoder = locate(config.model, progress)
    folder = vectors_folder(tables, load_encoder(encoder, config.max_tokens))
    assert folder is not None  # noqa: S101 - tables of a workspace have one
    texts = passages(tables.products).tolist()
    return CatalogVectors(encoder, config.max_tokens, folder, texts)


def tuned_vectors(bundle: Path, tables: Tables) -> CatalogVectors:
    """The vectors of the tuned encoder that the folder `bundle` of a run holds."""
    about = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    texts = passages(tables.products).tolist()
    return CatalogVectors(bundle / "encoder", about["max_tokens"], bundle / "index", texts)
