"""The word indexes of a large catalog, made once and mapped by every process that searches it."""

import hashlib
import json
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from engine.retrieval.bm25 import BM25Index, new_model
from engine.retrieval.bm25f import FieldIndex, length_divisors, lucene_idf
from engine.retrieval.postings import (
    CountedWords,
    Floats,
    Postings,
    open_columns,
    write_columns,
)
from engine.storage.files import make_folder, read_text, replace_folder
from engine.storage.lock import alone
from engine.tables.product_text import FIELDS, field_texts

# The fields of each BM25 index. That of all texts has every word of the vocabulary.
_BM25_FIELDS = {"title": ("title",), "passage": ("title", "description"), "full_text": FIELDS}
# Products in memory at a time.
BLOCK = 20_000
# To be counted up where `engine.text.words` or the files change.
_FORMAT = 1
_ABOUT, _VOCABULARY = "about.json", "vocabulary.json"


@dataclass(frozen=True)
class WordIndexes:
    """The indexes over titles, passages, all texts, and fields apart, of one catalog."""

    title: BM25Index
    passage: BM25Index
    full_text: BM25Index
    fields: FieldIndex


def open_word_indexes(
    folder: Path, product_ids: Sequence[str], products: pd.DataFrame
) -> WordIndexes:
    """The indexes in `folder`, made anew unless they are of these products and whole.

    All files take their places in one step. Where two processes need them at the same time, one
    makes them and the other waits. Raises DiskTrouble, and InputError for a folder in a workspace
    that was deleted.
    """
    about = _describe(products)
    found = _stored(folder, about, product_ids)
    if found:
        return found
    make_folder(folder.parent)
    with alone(folder.with_name(f"{folder.name}.lock")):
        found = _stored(folder, about, product_ids)
        if found:
            return found
        with replace_folder(folder) as new:
            _build(new, products)
            (new / _ABOUT).write_text(json.dumps(about), encoding="utf-8")
        return _open(folder, product_ids)


def _describe(products: pd.DataFrame) -> dict[str, object]:
    """What the indexes depend on: a hash of the texts in their order, and who cut them in words."""
    digest = hashlib.blake2b(digest_size=16)
    for block in _blocks(products):
        for field in FIELDS:
            cells = block[field].astype("str").fillna("").tolist()
            digest.update(np.array([len(cell) for cell in cells]).tobytes())
            digest.update("".join(cells).encode())
    cutters = {name: version(name) for name in ("rjieba", "PyStemmer")}
    about = {"format": _FORMAT, "unicode": unicodedata.unidata_version, "texts": digest.hexdigest()}
    return about | cutters


def _stored(
    folder: Path, about: dict[str, object], product_ids: Sequence[str]
) -> WordIndexes | None:
    """The indexes in `folder`; None where there are none that `about` is true of, or damaged."""
    try:
        if json.loads(read_text(folder / _ABOUT) or "{}") != about:
            return None
        return _open(folder, product_ids)
    except (OSError, EOFError, ValueError, TypeError, AttributeError):
        return None


def _open(folder: Path, product_ids: Sequence[str]) -> WordIndexes:
    """Map the arrays in `folder`. Raises an error of those in `_stored` for damaged ones."""
    text = (folder / _VOCABULARY).read_text(encoding="utf-8")
    vocabulary = {word: number for number, word in enumerate(json.loads(text))}
    indexes = {}
    for name in _BM25_FIELDS:
        model = new_model()
        columns = open_columns(folder / name, len(vocabulary))
        model.scores = columns._asdict() | {"num_docs": len(product_ids)}
        model.vocab_dict, model.nonoccurrence_array = vocabulary, None
        indexes[name] = BM25Index(product_ids, model)
    holders = np.diff(indexes["full_text"].model.scores["indptr"])
    fields = {field: open_columns(folder / "fields" / field, len(vocabulary)) for field in FIELDS}
    idf = lucene_idf(holders, len(product_ids))
    return WordIndexes(**indexes, fields=FieldIndex(product_ids, vocabulary, fields, idf))


def _build(folder: Path, products: pd.DataFrame) -> None:
    """Write vocabulary and indexes of `products` to `folder`."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        counted = CountedWords(Path(scratch), FIELDS)
        for block in _blocks(products):
            counted.add(field_texts(block))
        words = len(counted.vocabulary)
        for name, fields in _BM25_FIELDS.items():
            write_columns(folder / name, words, _scored(counted, fields, len(products)))
        (folder / "fields").mkdir()
        for field in FIELDS:
            write_columns(folder / "fields" / field, words, _divided(counted, field))
    text = json.dumps(list(counted.vocabulary), ensure_ascii=False)
    (folder / _VOCABULARY).write_text(text, encoding="utf-8")


def _scored(
    counted: CountedWords, fields: Sequence[str], products: int
) -> Iterator[tuple[Postings, Floats]]:
    """The BM25 scores of words in the text of `fields`, as bm25s computes them."""
    lengths = counted.lengths(fields)
    mean = lengths.mean()
    model = new_model()
    for postings in counted.merge(fields):
        holders = np.bincount(postings.words)
        idf = lucene_idf(holders, products)[postings.words]
        relative = 1 - model.b + model.b * lengths[postings.rows] / mean
        saturated = postings.counts / (model.k1 * relative + postings.counts)
        yield postings, (idf * saturated).astype(np.float32)


def _divided(counted: CountedWords, field: str) -> Iterator[tuple[Postings, Floats]]:
    """The counts of words in a field, as `FieldIndex` has them."""
    divisors = length_divisors(counted.lengths([field]))
    for postings in counted.merge([field]):
        yield postings, postings.counts.astype(np.float32) / divisors[postings.rows]


def _blocks(products: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for start in range(0, len(products), BLOCK):
        yield products.iloc[start : start + BLOCK]
