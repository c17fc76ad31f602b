"""Words that mean the same in a shop: a query's words, and those of what its queries lead to."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.ranking import Ranking, rank_matches
from engine.retrieval.bm25 import BM25Index
from engine.storage.files import write_json
from engine.text.words import STOPWORDS, words

# A pair has to be seen in so many queries, and so much more often than by chance.
LEAST_QUERIES = 3
LEAST_LIFT = 3.0
MOST_SYNONYMS = 3
# How much a synonym counts beside the word itself.
WEIGHT = 0.4


@dataclass(frozen=True)
class Synonyms:
    """For each word of queries the words that its products hold unusually often, with weights."""

    of: Mapping[str, Sequence[tuple[str, float]]]

    @classmethod
    def mine(cls, queries: Sequence[str], titles: Sequence[Sequence[str]]) -> Self:
        """Learn from queries and, for each, the titles of the products that answer it.

        A word's synonyms are the words of most lift, the share of its queries that lead to them
        divided by the share of all queries that do, weighted by the first share.
        """
        pairs: dict[str, Counter[str]] = defaultdict(Counter)
        asked: Counter[str] = Counter()
        held: Counter[str] = Counter()
        for query, names in zip(queries, titles, strict=True):
            terms = set(words(query)) - STOPWORDS
            inside = {word for name in names for word in words(name)} - STOPWORDS
            asked.update(terms)
            held.update(inside)
            for term in terms:
                pairs[term].update(inside - terms)
        found = {}
        for term, counts in pairs.items():
            scored = [
                (share * len(queries) / held[other], share, other)
                for other, n in counts.items()
                if n >= LEAST_QUERIES and (share := n / asked[term])
            ]
            chosen = sorted(row for row in scored if row[0] >= LEAST_LIFT)[::-1][:MOST_SYNONYMS]
            if chosen:
                found[term] = [(other, WEIGHT * share) for _, share, other in chosen]
        return cls(found)

    def search(
        self, index: BM25Index, query: str, k: int, keep: NDArray[np.bool_] | None = None
    ) -> Ranking:
        """BM25 of the query and, for less, of its words' synonyms."""
        scores = index.scores(query)
        for word in dict.fromkeys(words(query)):
            for other, weight in self.of.get(word, ()):
                scores = scores + weight * index.scores(other)
        return rank_matches(index.product_ids, scores, k, keep)

    def save(self, file: Path) -> None:
        """Write the pairs as JSON."""
        write_json(file, {term: list(map(list, others)) for term, others in self.of.items()})

    @classmethod
    def load(cls, file: Path) -> Self:
        """What `save` wrote."""
        stored = json.loads(file.read_text(encoding="utf-8"))
        return cls({term: [(w, float(x)) for w, x in others] for term, others in stored.items()})
