"""Search by words: the baseline that every model has to beat."""

from collections.abc import Iterable
from typing import Self

import bm25s
import numpy as np
from numpy.typing import NDArray

from engine.ranking import Ranking, rank_matches
from engine.text.words import finding_words, words, words_of_all


def new_model() -> bm25s.BM25:
    """BM25 as all indexes have it, without products."""
    return bm25s.BM25(method="lucene")


class BM25Index:
    """BM25 over product texts (Robertson and Zaragoza 2009), Lucene's variant, k1 1.5, b 0.75."""

    def __init__(self, product_ids: Iterable[str], model: bm25s.BM25) -> None:
        self.product_ids = list(product_ids)
        self.model = model

    @classmethod
    def of_texts(cls, product_ids: Iterable[str], texts: Iterable[str]) -> Self:
        """The index of `texts`, one for each product, in memory."""
        model = new_model()
        tokens = words_of_all(texts)
        # bm25s refuses a corpus without words: an empty shop, or one whose titles are signs alone.
        tokens = tokens if any(tokens) else [[""]] * max(1, len(tokens))
        model.index(tokens, show_progress=False)
        return cls(product_ids, model)

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
