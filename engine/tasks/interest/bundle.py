"""A model of what shoppers want that answers: the net over one catalog, or closeness without it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from scipy.special import expit

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
from engine.models.encoder import Encoder, load_encoder
from engine.models.vector_cache import MOST, VectorCache
from engine.progress import Progress, Silent
from engine.ranking import Chances, Ranking, best
from engine.retrieval.dense import DenseIndex, open_index
from engine.storage.files import write_json
from engine.tables.product_text import passages
from engine.tables.tables import Tables
from engine.tasks.interest.answers import Facts
from engine.tasks.interest.baselines import order
from engine.tasks.interest.features import FACTS, Moment, Queries, Shelf
from engine.tasks.interest.net import InterestNet, Pairs, Vectors, log_odds
from engine.tasks.interest.novelty import Novelty
from engine.tasks.interest.reranking import DEPTH, Candidates, similarity

# A large catalog is weighed in part: what is near the query or the history, and what is popular.
MOST_WEIGHED = 2000
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Learned:
    """A net, and slope and offset that make its log-odds chances: without and with the place."""

    net: InterestNet
    scales: Mapping[str, tuple[float, float]]
    size: int


class InterestBundle:
    """How much a shopper with a history and a query wants products.

    Systems: `tuned`, the net's chance of a click wherever a product stands, `tuned_blind`, the same
    as if nothing were known of the shopper, and `tuned_at_place`,
    its chance at the place where a page showed it; without a net `untuned`, the mean closeness of a
    product to the query and to the history, or how popular it is where there is neither.
    """

    def __init__(
        self,
        encoder: Encoder,
        tables: Tables,
        *,
        model: str,
        history: int,
        learned: Learned | None,
        progress: Progress,
        queries: Sequence[str] = (),
    ) -> None:
        self.encoder = encoder
        self.tables = tables
        self.model = model
        self.history = history
        self.learned = learned
        products = tables.products
        self.product_ids: list[str] = products["product_id"].tolist()
        self.titles = dict(zip(self.product_ids, products["title"], strict=True))
        name = encoder.fingerprint
        folder = tables.folder / name if tables.folder else None
        texts = passages(products).tolist()
        self.dense: DenseIndex = open_index(folder, encoder, self.product_ids, texts, progress)
        self.shelf = Shelf(products, self.dense.vectors)
        texts = sorted(set(queries) - {""})
        folder = tables.folder / f"queries-{name}" if tables.folder else None
        self.queries = VectorCache(encoder.encode, MOST + len(texts))
        if texts:
            index = open_index(folder, encoder, texts, texts, progress, "query")
            self.queries.keep(texts, index.vectors)

    @property
    def systems(self) -> Sequence[str]:
        """The names of the systems this bundle answers with."""
        return ["tuned", "tuned_blind", "tuned_at_place"] if self.learned else ["untuned"]

    @property
    def recommended(self) -> str:
        """The system to use: where a product stands is nothing that a shopper wants."""
        return self.systems[0]

    @cached_property
    def acts(self) -> Acts:
        """What shoppers did so far."""
        return list_acts(self.tables.searches, self.tables.orders, self.product_ids)

    @cached_property
    def popularity(self) -> ClickPopularity:
        """How products did so far."""
        return count_popularity(self.tables.searches, examination(self.tables.searches))

    @cached_property
    def query_popularity(self) -> ClickPopularity:
        """How products did so far as answers to each query."""
        log = self.tables.searches
        return count_popularity(by_query(log), examination(log))

    @cached_property
    def _ctrs(self) -> dict[str, float]:
        """How popular each product of the catalog is now."""
        return {name: self.popularity.ctr(name, None) for name in self.product_ids}

    @cached_property
    def novelty(self) -> Novelty:
        """How novel and how old products are."""
        return Novelty(self.tables.products, self.tables.searches)

    def candidates(self, ranking: Ranking) -> Candidates:
        """The best of one ranking with what they can be reranked by, now."""
        names = list(ranking.product_ids[:DEPTH])
        clicks = np.array([self.popularity.clicked(name, None) for name in names])
        rows = [self.shelf.rows[name] for name in names]
        return Candidates(
            np.array([ranking.scores[:DEPTH]], dtype=float),
            self.novelty.self_information(clicks, None)[None],
            self.novelty.ages(names, None)[None],
            similarity(self.shelf.vectors[rows], self.shelf.mean)[None],
        )

    def similarity(self, product_ids: Sequence[str], others: Sequence[str]) -> NDArray[np.floating]:
        """The similarity of products to others by text, 0 to 1, shape (products, others)."""
        names = [*product_ids, *others]
        vectors = self.shelf.vectors[[self.shelf.rows[name] for name in names]]
        return similarity(vectors, self.shelf.mean)[: len(product_ids), len(product_ids) :]

    def past(self, user_id: str) -> History:
        """What a shopper acted on so far."""
        return self.acts.before(user_id, None, self.history)

    def offer(self, history: History, query: str) -> Moment:
        """The moment with the products worth weighing: all of a small catalog, else the likeliest.

        Without a query, what the history holds is left out: the shopper knows it.
        """
        rows = self._likely(history, query)
        if not query:
            rows = np.setdiff1d(rows, [self.shelf.rows[name] for name in history.product_ids])
        return self.moment(history, query, [self.product_ids[row] for row in rows])

    def moment(self, history: History, query: str, product_ids: Sequence[str]) -> Moment:
        """A moment now, with products of the catalog in question."""
        ctrs = [self._ctrs[name] for name in product_ids]
        query_ctrs = [self.query_popularity.ctr(answer(query, name), None) for name in product_ids]
        return Moment(history, query, product_ids, ctrs, query_ctrs)

    def _likely(self, history: History, query: str) -> NDArray[np.intp]:
        if len(self.product_ids) <= MOST_WEIGHED:
            return np.arange(len(self.product_ids))
        wanted = [np.fromiter(self._ctrs.values(), dtype=float, count=len(self._ctrs))]
        if query:
            wanted.append(self.dense.vectors @ self._ask([query]).vectors[0])
        if history.product_ids:
            held = self.dense.vectors[[self.shelf.rows[name] for name in history.product_ids]]
            wanted.append(self.dense.vectors @ held.mean(axis=0))
        each = MOST_WEIGHED // len(wanted)
        return np.unique(np.concatenate([best(np.asarray(one), each) for one in wanted]))

    def rank(self, moments: Sequence[Moment]) -> dict[str, list[Ranking]]:
        """Every system's order of the products of every moment."""
        if not any(len(moment.product_ids) for moment in moments):
            return {name: [Ranking([], []) for _ in moments] for name in self.systems}
        pairs, vectors = self.pair(moments)
        ends = np.cumsum([len(moment.product_ids) for moment in moments])[:-1]
        return {
            name: [
                _typed(order(moment.product_ids, part), chances=self.learned is not None)
                for moment, part in zip(moments, np.split(scores, ends), strict=True)
            ]
            for name, scores in self._scores(pairs, vectors).items()
        }

    def answer(self, moments: Sequence[Moment]) -> dict[str, list[Ranking]]:
        """As `rank`, with what is answered to shoppers whose history is hidden."""
        found = self.rank(moments)
        if self.learned:
            blind = [replace(moment, history=History()) for moment in moments]
            found["tuned_blind"] = self.rank(blind)["tuned"]
        return found

    def pair(self, moments: Sequence[Moment]) -> tuple[Pairs, Vectors]:
        """The moments with their products as the net takes them."""
        queries = self._ask([moment.query for moment in moments])
        return self.shelf.pair(moments, queries, self.history), self.shelf.tensors(queries)

    def _scores(self, pairs: Pairs, vectors: Vectors) -> dict[str, NDArray[np.float64]]:
        if self.learned is None:
            return {"untuned": _closeness(pairs)}
        interest, place = log_odds(self.learned.net, pairs, vectors)
        found = {}
        for name, scores in (("tuned", interest), ("tuned_at_place", interest + place)):
            slope, offset = self.learned.scales[name]
            found[name] = expit(slope * scores + offset)
        return found

    def _ask(self, queries: Sequence[str]) -> Queries:
        """The vectors of queries; only what was never seen is encoded."""
        wanted = [text for text in dict.fromkeys(queries) if text]
        found = dict(zip(wanted, self.queries.of(wanted), strict=True)) if wanted else {}
        return Queries.of(found, self.encoder.dimension)

    def reasons(self, moment: Moment) -> tuple[NDArray[np.floating], list[Facts]]:
        """How much each product of the history counts, and the facts, for each of a moment.

        The shares, shape (products, history), are the net's attention; they add up to 1 for each
        product. Without a net they are how near the product is to each, as shares of the sum.
        """
        pairs, vectors = self.pair([moment])
        held = min(len(moment.history.product_ids), self.history)
        if self.learned:
            self.learned.net.eval()
            shares = self.learned.net.attention(pairs, vectors).detach().numpy()[:, :held]
        else:
            rows = pairs.histories.numpy()[0, :held]
            near = self.dense.vectors[pairs.products] @ self.dense.vectors[rows].T
            near = np.maximum(near, 0)
            shares = near / np.maximum(near.sum(axis=1, keepdims=True), 1e-9)
        facts = []
        rows = pairs.facts.numpy().astype(float).tolist()
        for name, row in zip(moment.product_ids, rows, strict=True):
            named = dict(zip(FACTS, row, strict=True))
            named |= {
                column: float(np.exp(named[column])) for column in ("popularity", "query_ctr")
            }
            facts.append(Facts(**named, clicks=self.popularity.clicked(name, None)))
        return shares, facts

    def save(self, folder: Path) -> None:
        """Write the net and what it needs; the encoder is named, as it was not changed."""
        assert self.learned is not None  # noqa: S101 - only what was trained is saved
        save_file(self.learned.net.state_dict(), folder / "net.safetensors")
        about: Mapping[str, object] = {
            "model": self.model,
            "max_tokens": self.encoder.model.max_seq_length,
            "history": self.history,
            "size": self.learned.size,
            "scales": {name: list(scale) for name, scale in self.learned.scales.items()},
        }
        write_json(folder / "bundle.json", about)


def make_net(dimension: int, size: int, dropout: float) -> InterestNet:
    """A net over vectors of `dimension` that has learned nothing yet."""
    return InterestNet(dimension, len(FACTS), size, dropout)


def open_bundle(folder: Path, tables: Tables) -> InterestBundle:
    """The bundle saved in `folder`, its vectors brought up to date with the catalog."""
    about: dict[str, Any] = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    encoder = load_encoder(about["model"], about["max_tokens"])
    net = make_net(encoder.dimension, about["size"], 0.0)
    net.load_state_dict(load_file(folder / "net.safetensors"))
    scales = {name: (slope, offset) for name, (slope, offset) in about["scales"].items()}
    return InterestBundle(
        encoder,
        tables,
        model=about["model"],
        history=about["history"],
        learned=Learned(net, scales, about["size"]),
        progress=Silent(),
    )


def list_moments(part: pd.DataFrame) -> Iterator[Moment]:
    """The pages of a part of the dataset as moments."""
    names = ("history", "strengths", "query", "product_ids", "ctrs", "query_ctrs", "positions")
    for held, strengths, *rest in zip(*(part[name] for name in names), strict=True):
        yield Moment(History(held, strengths), *rest)


def _closeness(pairs: Pairs) -> NDArray[np.float64]:
    facts = pairs.facts.numpy().astype(float)
    near = facts[:, [FACTS.index("query"), FACTS.index("history")]].mean(axis=1)
    nothing = (pairs.queries.numpy() < 0) & (pairs.histories.numpy() < 0).all(axis=1)
    return np.where(nothing, np.exp(facts[:, FACTS.index("popularity")]), near)


def _typed(ranking: Ranking, *, chances: bool) -> Ranking:
    return Chances(ranking.product_ids, ranking.scores) if chances else ranking
