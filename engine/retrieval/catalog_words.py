"""The word indexes of a shop: in memory, or of a large catalog on disk."""

from engine.retrieval.bm25 import BM25Index
from engine.retrieval.bm25f import FieldIndex
from engine.retrieval.catalog_size import LARGE
from engine.retrieval.stored_words import WordIndexes, open_word_indexes
from engine.tables.product_text import field_texts, passages, searchable_texts
from engine.tables.tables import Tables, derived


@derived
def title_index(tables: Tables) -> BM25Index:
    """BM25 over the titles of a shop's products."""
    stored = _stored_indexes(tables)
    if stored:
        return stored.title
    return BM25Index.of_texts(tables.product_ids, tables.products["title"])


@derived
def passage_index(tables: Tables) -> BM25Index:
    """BM25 over the title and description of a shop's products."""
    stored = _stored_indexes(tables)
    if stored:
        return stored.passage
    return BM25Index.of_texts(tables.product_ids, passages(tables.products))


@derived
def full_text_index(tables: Tables) -> BM25Index:
    """BM25 over everything that a shop's products can be found by."""
    stored = _stored_indexes(tables)
    if stored:
        return stored.full_text
    return BM25Index.of_texts(tables.product_ids, searchable_texts(tables.products))


@derived
def field_index(tables: Tables) -> FieldIndex:
    """The words of a shop's products by field."""
    stored = _stored_indexes(tables)
    if stored:
        return stored.fields
    return FieldIndex.of_texts(tables.product_ids, field_texts(tables.products))


@derived
def _stored_indexes(tables: Tables) -> WordIndexes | None:
    """The indexes on disk of a large catalog; None for a small one, or without a folder."""
    if tables.folder is None or len(tables.products) < LARGE:
        return None
    return open_word_indexes(tables.folder / "words", tables.product_ids, tables.products)
