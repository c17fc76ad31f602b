"""A model of what shoppers want that answers: the net over one catalog, or closeness without it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.labelling.histories import History
from engine.models.encoder import Encoder, load_encoder
from engine.progress import Progress, Silent
from engine.ranking import Chances, Ranking
from engine.retrieval.dense import open_index, vectors_folder
from engine.storage.files import write_json
from engine.tables.product_text import passages
from engine.tables.tables import Tables
from engine.tasks.interest.baselines import order
from engine.tasks.interest.behaviour import Behaviour
from engine.tasks.interest.calibrated_net import CalibratedNet
from engine.tasks.interest.catalog import Catalog
from engine.tasks.interest.features import Features
from engine.tasks.interest.moments import Moment
from engine.tasks.interest.net import Pairs, Vectors
from engine.tasks.interest.pairing import pair
from engine.tasks.interest.query_vectors import QueryEncoder
from engine.tasks.interest.shortlist import shortlist


class InterestBundle:
    """How much a shopper with a history and a query wants products.

    Systems: `tuned`, the net's probability of a click wherever a product stands, `tuned_blind`, the
    same with the history hidden, and `tuned_at_place`, its probability at the position where a page
    showed it; without a net `untuned`, the mean closeness of a product to the query and to the
    history, or its click-through rate where there is neither.
    """

    def __init__(
        self,
        encoder: Encoder,
        tables: Tables,
        *,
        model: str,
        history: int,
        learned: CalibratedNet | None,
        progress: Progress,
        queries: Sequence[str] = (),
    ) -> None:
        self.encoder = encoder
        self.model = model
        self.history = history
        self.learned = learned
        products = tables.products
        self.product_ids: list[str] = products["product_id"].tolist()
        self.titles = dict(zip(self.product_ids, products["title"], strict=True))
        folder = vectors_folder(tables, encoder)
        texts = passages(products).tolist()
        index = open_index(folder, encoder, self.product_ids, texts, progress)
        self.catalog = Catalog(products, index.vectors)
        self.queries = QueryEncoder(encoder, tables.folder, queries, progress)
        self.behaviour = Behaviour(tables)

    @property
    def systems(self) -> Sequence[str]:
        """The names of the systems this bundle answers with."""
        return ["tuned", "tuned_blind", "tuned_at_place"] if self.learned else ["untuned"]

    @property
    def recommended(self) -> str:
        """The system to use: the position of a product is nothing that a shopper wants."""
        return self.systems[0]

    def offer(self, history: History, query: str) -> Moment:
        """The moment now with the products worth scoring, see `shortlist`.

        Without a query, the products of the history are left out: the shopper knows them.
        """
        past = np.array(self.catalog.rows_of(history.product_ids), dtype=np.intp)
        vector = self.queries.encode([query]).vectors[0] if query else None
        rows = shortlist(self.catalog, self._ctrs, vector, past)
        if not query:
            rows = np.setdiff1d(rows, past)
        return self.behaviour.moment(history, query, [self.product_ids[row] for row in rows])

    def pair(self, moments: Sequence[Moment]) -> tuple[Pairs, Vectors]:
        """The moments with their products as the net takes them."""
        queries = self.queries.encode([moment.query for moment in moments])
        return pair(self.catalog, moments, queries, self.history)

    def rank(self, moments: Sequence[Moment]) -> dict[str, list[Ranking]]:
        """Every system's order of the products of every moment; `tuned_blind` is left to `outputs`.

        Where there are no products at all, every system gives empty rankings.
        """
        if not any(len(moment.product_ids) for moment in moments):
            return {name: [Ranking([], []) for _ in moments] for name in self.systems}
        pairs, vectors = self.pair(moments)
        if self.learned:
            scores = self.learned.probabilities(pairs, vectors)
        else:
            scores = {"untuned": _closeness(pairs)}
        ends = np.cumsum([len(moment.product_ids) for moment in moments])[:-1]
        return {
            name: [
                self._ranking(moment, part)
                for moment, part in zip(moments, np.split(values, ends), strict=True)
            ]
            for name, values in scores.items()
        }

    @cached_property
    def _ctrs(self) -> NDArray[np.float64]:
        """The click-through rate of each product, in the order of the catalog."""
        ctrs = self.behaviour.ctrs
        return np.fromiter(ctrs.values(), dtype=float, count=len(self.product_ids))

    def outputs(self, moments: Sequence[Moment]) -> dict[str, list[Ranking]]:
        """As `rank`, with the rankings for the same shoppers with their history hidden."""
        rankings = self.rank(moments)
        if self.learned:
            blind = [replace(moment, history=History()) for moment in moments]
            rankings["tuned_blind"] = self.rank(blind)["tuned"]
        return rankings

    def _ranking(self, moment: Moment, scores: NDArray[np.float64]) -> Ranking:
        ranking = order(moment.product_ids, scores)
        return Chances(ranking.product_ids, ranking.scores) if self.learned else ranking

    def save(self, folder: Path) -> None:
        """Write the net and what it needs; the encoder is named, as it was not changed."""
        assert self.learned is not None  # noqa: S101 - only what was trained is saved
        self.learned.save(folder)
        about: Mapping[str, object] = {
            "model": self.model,
            "max_tokens": self.encoder.model.max_seq_length,
            "history": self.history,
            "size": self.learned.size,
            "scales": {name: list(scale) for name, scale in self.learned.scales.items()},
        }
        write_json(folder / "bundle.json", about)


def open_bundle(folder: Path, tables: Tables) -> InterestBundle:
    """The bundle saved in `folder`, its vectors brought up to date with the catalog."""
    about: dict[str, Any] = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    encoder = load_encoder(about["model"], about["max_tokens"])
    return InterestBundle(
        encoder,
        tables,
        model=about["model"],
        history=about["history"],
        learned=CalibratedNet.open(folder, about, encoder.dimension),
        progress=Silent(),
    )


def _closeness(pairs: Pairs) -> NDArray[np.float64]:
    """The mean cosine to query and history; the click-through rate where there is neither."""
    features = Features.of(pairs.features.numpy().astype(float))
    closeness = np.stack([features.query, features.history], axis=1).mean(axis=1)
    is_blank = (pairs.queries.numpy() < 0) & (pairs.histories.numpy() < 0).all(axis=1)
    scores: NDArray[np.float64] = np.where(is_blank, np.exp(features.popularity), closeness)
    return scores
