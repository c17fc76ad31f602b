"""Search by words: the baseline that every model has to beat."""

from collections.abc import Iterable

import bm25s
import numpy as np
from numpy.typing import NDArray

from engine.ranking import Ranking, rank_matches
from engine.tables.product_text import passages, searchable_texts
from engine.tables.tables import Tables, derived
from engine.text.words import finding_words, words, words_of_all


@derived
def title_index(tables: Tables) -> "BM25Index":
    """BM25 over the titles of a shop's products."""
    return BM25Index(tables.product_ids, tables.products["title"])


@derived
def passage_index(tables: Tables) -> "BM25Index":
    """BM25 over the title and description of a shop's products."""
    return BM25Index(tables.product_ids, passages(tables.products))


@derived
def full_text_index(tables: Tables) -> "BM25Index":
    """BM25 over everything that a shop's products can be found by."""
    return BM25Index(tables.product_ids, searchable_texts(tables.products))


class BM25Index:
    """BM25 over product texts (Robertson and Zaragoza 2009), Lucene's variant, k1 1.5, b 0.75."""

    def __init__(self, product_ids: Iterable[str], texts: Iterable[str]) -> None:
        self.product_ids = list(product_ids)
        self.model = bm25s.BM25(method="lucene")
        tokens = words_of_all(list(texts))
        # bm25s refuses a corpus without words: an empty shop, or one whose titles are signs alone.
        tokens = tokens if any(tokens) else [[""]] * max(1, len(tokens))
        self.model.index(tokens, show_progress=False)

    def scores(self, query: str) -> NDArray[np.float32]:
        """The score of every product, shape (products,); 0 for those that share no word.

        Words like "for" raise the score of a product that shares another word, but find none
        (`finding_words`).
        """
        terms = [word for word in words(query) if word in self.model.vocab_dict]
        finding = finding_words(query)
        telling = [word for word in terms if word in finding]
        if not telling:
            return np.zeros(len(self.product_ids), dtype=np.float32)
        scores = np.asarray(self.model.get_scores(terms), dtype=np.float32)
        if len(telling) < len(terms):
            scores[self.model.get_scores(telling) <= 0] = 0
        return scores

    def search(self, query: str, k: int, keep: NDArray[np.bool_] | None = None) -> Ranking:
        """The `k` best products in the mask `keep` that share a word with the query."""
        return rank_matches(self.product_ids, self.scores(query), k, keep)

    def shares(self, query: str, product_id: str) -> dict[str, float]:
        """How much each word of the query adds to a product's score."""
        row = self.product_ids.index(product_id)
        terms = [word for word in dict.fromkeys(words(query)) if word in self.model.vocab_dict]
        return {word: float(self.model.get_scores([word])[row]) for word in terms}
