"""What shoppers have done so far, as the search log and the orders have it."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from engine.labelling.clicks import examination
from engine.labelling.histories import (
    Acts,
    ClickPopularity,
    History,
    answer,
    by_query,
    count_popularity,
    list_acts,
)
from engine.ranking import Ranking
from engine.tables.tables import Tables
from engine.tasks.interest.catalog import Catalog
from engine.tasks.interest.moments import Moment
from engine.tasks.interest.novelty import Novelty
from engine.tasks.interest.reranking import DEPTH, Candidates, similarity


class Behaviour:
    """The acts of a shop's shoppers and the clicks on its products; each is counted when needed."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.product_ids: list[str] = tables.products["product_id"].tolist()

    @cached_property
    def acts(self) -> Acts:
        """What shoppers acted on."""
        return list_acts(self.tables.searches, self.tables.orders, self.product_ids)

    @cached_property
    def popularity(self) -> ClickPopularity:
        """The clicks on products."""
        return count_popularity(self.tables.searches, examination(self.tables.searches))

    @cached_property
    def query_popularity(self) -> ClickPopularity:
        """The clicks on products as answers to each query."""
        log = self.tables.searches
        return count_popularity(by_query(log), examination(log))

    @cached_property
    def ctrs(self) -> Mapping[str, float]:
        """The smoothed click-through rate of each product, in the order of the catalog."""
        return {name: self.popularity.ctr(name, None) for name in self.product_ids}

    @cached_property
    def novelty(self) -> Novelty:
        """How novel and how old products are."""
        return Novelty(self.tables.products, self.tables.searches)

    def past(self, user_id: str, most: int) -> History:
        """The last `most` products that a shopper acted on."""
        return self.acts.before(user_id, None, most)

    def moment(self, history: History, query: str, product_ids: Sequence[str]) -> Moment:
        """A moment now, with products of the catalog in question."""
        ctrs = [self.ctrs[name] for name in product_ids]
        query_ctrs = [self.query_popularity.ctr(answer(query, name), None) for name in product_ids]
        return Moment(history, query, product_ids, ctrs, query_ctrs)

    def candidates(self, ranking: Ranking, catalog: Catalog) -> Candidates:
        """The best of one ranking with what they can be reranked by, now."""
        names = list(ranking.product_ids[:DEPTH])
        clicks = np.array([self.popularity.clicked(name, None) for name in names])
        return Candidates(
            np.array([ranking.scores[:DEPTH]], dtype=float),
            self.novelty.self_information(clicks, None)[None],
            self.novelty.ages(names, None)[None],
            similarity(catalog.vectors[catalog.rows_of(names)], catalog.mean)[None],
        )
