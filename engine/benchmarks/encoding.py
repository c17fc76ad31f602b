"""Encoding a catalog, beside `SentenceTransformer.encode` as it comes."""

import numpy as np
from sentence_transformers import SentenceTransformer

from engine.benchmarks.comparison import Comparison, Figure, Size
from engine.benchmarks.cost import alternate, figures, run
from engine.benchmarks.peers import named
from engine.benchmarks.shop import sample_products
from engine.models.encoder import load_encoder
from engine.models.pretrained import default_encoder, locate
from engine.models.quickening import quicken
from engine.progress import Silent
from engine.tables.product_text import passages

TEXTS = {"smallest": 40, "usual": 1_500, "full": 1_500}
ROUNDS = {"smallest": 1, "usual": 3, "full": 5}
# Vectors as near as this leave rankings as they are.
NEAR = 0.99


def compare(size: Size) -> list[Comparison]:
    """Encode the sample shop's products; both read equally many tokens of a text."""
    texts = passages(sample_products()).head(TEXTS[size]).tolist()
    name = default_encoder("en")
    encoder = load_encoder(name)
    bare = SentenceTransformer(
        str(locate(name, Silent())),
        device=encoder.model.device.type,
        local_files_only=True,
        trust_remote_code=False,
    )
    bare.max_seq_length = encoder.model.max_seq_length
    # Which numbers are fastest is measured once for a machine, here and with the first texts.
    quicken(encoder, texts)
    vectors = {
        "ours": encoder.encode(texts[:8]),
        "peer": bare.encode(texts[:8], show_progress_bar=False),
    }

    def ours() -> None:
        vectors["ours"] = encoder.encode(texts)

    def peer() -> None:
        vectors["peer"] = bare.encode(texts, show_progress_bar=False)

    costs = alternate({"ours": lambda: run(ours), "peer": lambda: run(peer)}, ROUNDS[size])
    a, b = vectors["ours"], np.asarray(vectors["peer"])
    cosines = (a * b).sum(axis=1) / np.linalg.norm(b, axis=1)
    rate = Figure(
        "texts a second",
        "1/s",
        len(texts) / costs["ours"].wall,
        len(texts) / costs["peer"].wall,
    )
    return [
        Comparison(
            f"{len(texts):,} products to vectors",
            f"{named('sentence-transformers')}, encode",
            (*figures(costs["ours"], costs["peer"]), rate),
            f"cosine {cosines.mean():.3f}, worst {cosines.min():.3f}",
            bool(cosines.mean() >= NEAR),
        )
    ]
