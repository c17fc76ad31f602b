"""The systems that find products by words: what every model has to beat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.labelling.clicks import impressions
from engine.ranking import Ranking
from engine.retrieval.bm25f import Floats, equal_weights
from engine.retrieval.catalog_words import (
    field_index,
    full_text_index,
    passage_index,
    title_index,
)
from engine.retrieval.field_weights import learn_field_weights
from engine.retrieval.synonyms import Synonyms
from engine.tables.tables import Tables, derived
from engine.tables.texts import normalise_texts

# What needs no learning, and what learns weights of fields or synonyms from the training part.
PLAIN = ("bm25", "bm25_all", "bm25_title")
LEARNED = ("bm25f", "bm25_synonyms")
WORD_SYSTEMS = (*PLAIN, *LEARNED)
SHOWN = "shown"
_SYNONYMS = "synonyms.json"


@dataclass(frozen=True)
class WordSystems:
    """BM25 in five ways over one catalog.

    `bm25` searches titles and descriptions, `bm25_all` every text of a product, `bm25_title` titles
    alone, `bm25f` every field with the weight of `field_weights`, and `bm25_synonyms` titles with
    `synonyms`.
    """

    tables: Tables
    field_weights: Floats
    synonyms: Synonyms

    @classmethod
    def plain(cls, tables: Tables) -> Self:
        """Without anything learned: fields count alike, and no word has a synonym."""
        return cls(tables, equal_weights(), Synonyms({}))

    @classmethod
    def learn(cls, tables: Tables, queries: pd.DataFrame, seed: int) -> Self:
        """With weights and synonyms from `queries`: the columns `query` and `qrels`."""
        truth: list[Mapping[str, int]] = list(queries["qrels"])
        asked = queries["query"].tolist()
        weights = learn_field_weights(field_index(tables), asked, truth, seed)
        names = dict(zip(tables.products["product_id"], tables.products["title"], strict=True))
        titles = [[names[one] for one, grade in qrels.items() if grade > 0] for qrels in truth]
        return cls(tables, weights, Synonyms.mine(asked, titles))

    def search(
        self, system: str, query: str, k: int, keep: NDArray[np.bool_] | None = None
    ) -> Ranking:
        """The `k` best products in the mask `keep` by one of `WORD_SYSTEMS`."""
        if system == "bm25f":
            return field_index(self.tables).search(query, self.field_weights, k, keep)
        if system == "bm25_synonyms":
            return self.synonyms.search(title_index(self.tables), query, k, keep)
        indexes = {"bm25": passage_index, "bm25_all": full_text_index, "bm25_title": title_index}
        return indexes[system](self.tables).search(query, k, keep)

    def save(self, folder: Path) -> dict[str, object]:
        """Write the synonyms; what else there is to keep, as JSON."""
        self.synonyms.save(folder / _SYNONYMS)
        return {"field_weights": self.field_weights.tolist()}

    @classmethod
    def load(cls, folder: Path, tables: Tables, about: Mapping[str, list[float]]) -> Self:
        """What `save` wrote and gave; a run of before had nothing learned."""
        if not (folder / _SYNONYMS).is_file():
            return cls.plain(tables)
        weights = np.array(about["field_weights"], dtype=np.float32)
        return cls(tables, weights, Synonyms.load(folder / _SYNONYMS))


@derived
def shown_orders(tables: Tables) -> dict[str, Sequence[str]]:
    """For each query of the log the products that the shop showed, by their mean position."""
    views = impressions(tables.searches)
    if views.empty:
        return {}
    views = views.assign(query=normalise_texts(views["query"]))
    means = views.groupby(["query", "product_id"])["position"].mean()
    places = means.reset_index().sort_values(["query", "position"], kind="stable")
    return {str(query): rows["product_id"].tolist() for query, rows in places.groupby("query")}


def rank_as_shown(tables: Tables, queries: Sequence[str]) -> list[Ranking]:
    """The shop's own order of each query, empty where the log has none."""
    orders = shown_orders(tables)
    lists = [orders.get(query, ()) for query in queries]
    return [Ranking(list(names), [-float(n) for n in range(len(names))]) for names in lists]
