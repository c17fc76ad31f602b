"""BM25F: words found in a product's fields, each field with a weight of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from engine.ranking import Ranking, rank_matches
from engine.retrieval.postings import Columns, Ints
from engine.tables.product_text import FIELDS
from engine.text.words import finding_words, words, words_of_all

Floats = NDArray[np.float32]
# A word counts the less, the more often it was there before (k1), and in long fields (b).
K1, B = 1.2, 0.75


@dataclass(frozen=True)
class Matches:
    """Where a query's words stand: `counts`, shape (words, fields, rows), and how rare they are.

    A count is the word's frequency in the field, divided by how long the field is beside others;
    `idf` and `finds` have shape (words,). Words like "for" find no product (`finding_words`).
    """

    counts: Floats
    idf: Floats
    finds: NDArray[np.bool_]

    def by_field(self) -> Floats:
        """BM25 within each field alone, shape (rows, fields)."""
        saturated = self.counts / (K1 + self.counts)
        return np.asarray(np.einsum("wfr,w->rf", saturated, self.idf), dtype=np.float32)

    def together(self, weights: Floats) -> Floats:
        """BM25F under the fields' `weights`, shape (rows,)."""
        mixed = np.einsum("wfr,f->wr", self.counts, weights)
        return np.asarray(self.idf @ (mixed / (K1 + mixed)), dtype=np.float32)

    def found(self) -> NDArray[np.bool_]:
        """Which rows hold a word that finds products, shape (rows,)."""
        return np.asarray((self.counts[self.finds] > 0).any(axis=(0, 1)))

    def coverage(self) -> Floats:
        """The share of the query's words that each field holds, shape (rows, fields)."""
        rows, fields = self.counts.shape[2], self.counts.shape[1]
        if not len(self.idf):
            return np.zeros((rows, fields), dtype=np.float32)
        return np.asarray((self.counts > 0).mean(axis=0).T, dtype=np.float32)


class FieldIndex:
    """BM25F over the fields of products.

    Source: Robertson, Zaragoza and Taylor (CIKM 2004): the frequencies of a word in all fields are
    weighted and added before they are saturated, so that a word counts once however many fields
    hold it.
    """

    def __init__(
        self,
        product_ids: Sequence[str],
        vocabulary: Mapping[str, int],
        counts: Mapping[str, Columns],
        idf: Floats,
    ) -> None:
        """`counts` has the frequencies in each field, by `length_divisors`; `idf` of each word."""
        self.product_ids = list(product_ids)
        self.vocabulary = vocabulary
        self.fields = tuple(counts)
        self.counts = list(counts.values())
        self.idf = idf

    @classmethod
    def of_texts(cls, product_ids: Sequence[str], fields: Mapping[str, Sequence[str]]) -> Self:
        """The index of the texts of products, which there are by field, in memory."""
        tokens = {name: words_of_all(texts) for name, texts in fields.items()}
        vocabulary: dict[str, int] = {}
        for texts in tokens.values():
            for text in texts:
                for word in text:
                    vocabulary.setdefault(word, len(vocabulary))
        counts = {name: _frequencies(texts, vocabulary) for name, texts in tokens.items()}
        holders = sum(counts.values()).astype(bool).getnnz(axis=0)[: len(vocabulary)]
        columns = {
            name: Columns(matrix.data, matrix.indices, matrix.indptr)
            for name, matrix in counts.items()
        }
        return cls(product_ids, vocabulary, columns, lucene_idf(holders, len(product_ids)))

    def matches(self, query: str, rows: NDArray[np.intp] | None = None) -> Matches:
        """What the products in `rows` (all without) share with the query."""
        terms = [word for word in dict.fromkeys(words(query)) if word in self.vocabulary]
        columns = [self.vocabulary[word] for word in terms]
        size = len(self.product_ids) if rows is None else len(rows)
        counts = np.zeros((len(terms), len(self.fields), size), dtype=np.float32)
        whole = np.zeros(len(self.product_ids), dtype=np.float32)
        for place, matrix in enumerate(self.counts):
            for number, column in enumerate(columns):
                start, end = matrix.indptr[column : column + 2]
                holders = matrix.indices[start:end]
                whole[holders] = matrix.data[start:end]
                counts[number, place] = whole if rows is None else whole[rows]
                whole[holders] = 0.0
        finding = finding_words(query)
        finds = np.array([term in finding for term in terms], dtype=bool)
        return Matches(counts, self.idf[columns], finds)

    def search(
        self, query: str, weights: Floats, k: int, keep: NDArray[np.bool_] | None = None
    ) -> Ranking:
        """The `k` best products in the mask `keep` under the fields' `weights`."""
        if not self.product_ids:
            return Ranking([], [])
        matches = self.matches(query)
        scores = np.where(matches.found(), matches.together(weights), np.float32(0))
        return rank_matches(self.product_ids, scores, k, keep)


def equal_weights() -> Floats:
    """Every field counts alike."""
    return np.ones(len(FIELDS), dtype=np.float32)


def length_divisors(lengths: Ints) -> Floats:
    """What frequencies in texts of these `lengths` (words) are divided by: 1 for the mean."""
    found = lengths.astype(np.float32)
    usual = found[found > 0].mean() if (found > 0).any() else np.float32(1)
    return np.asarray(1 - B + B * found / usual, dtype=np.float32)


def lucene_idf(holders: Ints, products: int) -> Floats:
    """Lucene's inverse document frequency of words that so many of the products hold."""
    return np.asarray(np.log(1 + (products - holders + 0.5) / (holders + 0.5)), dtype=np.float32)


def _frequencies(texts: Sequence[Sequence[str]], vocabulary: Mapping[str, int]) -> csc_matrix:
    """Frequencies, shape (products, vocabulary), divided by the relative length of the text."""
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    rows = np.repeat(np.arange(len(texts)), lengths)
    columns = [vocabulary[word] for text in texts for word in text]
    ones = np.ones(len(columns), dtype=np.float32)
    shape = (len(texts), max(len(vocabulary), 1))
    counts = csc_matrix((ones, (rows, columns)), shape=shape, dtype=np.float32)
    counts.data /= length_divisors(lengths)[counts.indices]
    return counts
