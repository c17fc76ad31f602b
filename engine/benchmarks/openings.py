"""What opens products and then answers queries, each to run in a process of its own.

A process holds only what its side needs, so everything is imported where it is used.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.models.pretrained import default_encoder

if TYPE_CHECKING:
    import pandas as pd

# Answers a query in JSON's own kinds.
Ask = Callable[[str], Any]
# As many products as a page shows, and as many as a ranking holds.
FIRST, K = 10, 100


def search_model(products: "pd.DataFrame", folder: Path) -> Ask:
    """The untuned search model, asked for all that a page shows.

    An answer is the ids of the first products by meaning, and the scores of those by words.
    """
    from engine.progress import Silent
    from engine.tables.tables import Tables
    from engine.tasks.search.answers import SearchInput
    from engine.tasks.search.task import TASK

    tables = Tables({"products": products}, "en", folder=folder)
    config = TASK.config("quick", tables, model=default_encoder("en"))
    bundle = TASK.untuned(tables, config, Silent())

    def ask(query: str) -> Any:
        (answer,) = TASK.predict(bundle, [SearchInput(query, FIRST)])
        nearest, by_words = (answer.systems[name][:FIRST] for name in ("untuned", "bm25_all"))
        return [name for name, _ in nearest], [score for _, score in by_words]

    return ask


def bare_search_model(products: "pd.DataFrame", folder: Path) -> Ask:
    """The same answers from sentence-transformers and bm25s, as their guides put them together."""
    from sentence_transformers import SentenceTransformer, util

    from engine.models.pretrained import locate
    from engine.progress import Silent
    from engine.tables.product_text import passages
    from engine.tasks.search.config import SearchConfig
    from engine.text.words import words

    encoder = SentenceTransformer(
        str(locate(default_encoder("en"), Silent())), local_files_only=True, trust_remote_code=False
    )
    encoder.max_seq_length = SearchConfig().max_tokens
    vectors = encoder.encode(passages(products).tolist(), convert_to_tensor=True)
    index = _bare_index(products)
    ids = products["product_id"].tolist()

    def ask(query: str) -> Any:
        vector = encoder.encode(query, convert_to_tensor=True)
        (nearest,) = util.semantic_search(vector, vectors, top_k=FIRST)
        scores = index.retrieve([words(query)], k=FIRST, show_progress=False).scores[0]
        return [ids[int(hit["corpus_id"])] for hit in nearest], _found(scores)

    return ask


def word_index(products: "pd.DataFrame", folder: Path) -> Ask:
    """BM25 over all texts of the products; an answer is the scores of the first ones."""
    from engine.retrieval.catalog_words import full_text_index
    from engine.tables.tables import Tables

    index = full_text_index(Tables({"products": products}, "en", folder=folder))
    return lambda query: list(index.search(query, K).scores)


def bare_word_index(products: "pd.DataFrame", folder: Path) -> Ask:
    """The same from bm25s in memory, with the same words."""
    from engine.text.words import words

    index = _bare_index(products)
    return lambda query: _found(
        index.retrieve([words(query)], k=min(K, len(products)), show_progress=False).scores[0]
    )


def _bare_index(products: "pd.DataFrame") -> Any:
    import bm25s

    from engine.tables.product_text import searchable_texts
    from engine.text.words import words_of_all

    index = bm25s.BM25(method="lucene")
    index.index(words_of_all(searchable_texts(products)), show_progress=False)
    return index


def _found(scores: Any) -> list[float]:
    return [float(score) for score in scores if score > 0]
