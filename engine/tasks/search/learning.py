"""Learning all that a search bundle holds: the encoder, the orders, and which system to use."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.models.encoder import load_encoder
from engine.progress import Progress
from engine.ranking import Ranking
from engine.retrieval.catalog_words import passage_index
from engine.tables.product_text import passages
from engine.tables.tables import Tables
from engine.tasks.base import Dataset
from engine.tasks.search.bundle import SearchBundle
from engine.tasks.search.config import SearchConfig
from engine.tasks.search.opening import index_side, open_reranker, open_untuned_side
from engine.tasks.search.pairs import draw_negatives, hard_pool, is_watched
from engine.tasks.search.parts import Parts
from engine.tasks.search.ranker.choice import (
    FOLDS,
    Tried,
    choose_system,
    learn_ranker,
    score_queries,
)
from engine.tasks.search.ranker.examples import RankedQuery
from engine.tasks.search.ranker.ranker import draw_folds
from engine.tasks.search.ranker.weighing import FieldTrial
from engine.tasks.search.side import ALSO_FROM, DEPTH, Side
from engine.tasks.search.word_systems import LEARNED, WORD_SYSTEMS, WordSystems

# More queries teach a ranker of a few hundred leaves next to nothing.
MOST_RANKED = 800

Floats = NDArray[np.float32]
Lists = dict[str, list[Ranking]]


def untuned_bundle(
    tables: Tables, parts: Parts | None, config: SearchConfig, progress: Progress
) -> SearchBundle:
    """The untuned encoder beside words, with the weight that the validation part of `parts` says.

    The weight is no training: without choosing it as fairly as for the tuned model, the baseline
    would be too low.
    """
    side = open_untuned_side(tables, config, progress, config.bm25_weight)
    words = WordSystems.plain(tables)
    if parts:
        side = _with_weight(side, words, parts.validation)
        words = WordSystems.learn(tables, parts.train, config.seed)
    return SearchBundle(tables, words, side, reranker=open_reranker(config))


def learn_bundle(
    dataset: Dataset, parts: Parts, config: SearchConfig, folder: Path, progress: Progress
) -> SearchBundle:
    """Tune the encoder, learn an order on top of it and of the untuned one, and choose.

    Every figure that the choice rests on is of queries from which its system did not learn: the
    tuned encoder is judged on the queries that were kept from it, rankers by cross-validation.
    """
    tables = dataset.tables
    tuned = _tune(dataset, config, folder, progress)
    untuned = open_untuned_side(tables, config, progress, config.bm25_weight)
    progress.stage("choose")
    words = WordSystems.learn(tables, parts.train, config.seed)
    untuned, tuned = (_with_weight(side, words, parts.validation) for side in (untuned, tuned))
    kept = _draw(pd.concat([parts.kept, parts.validation], ignore_index=True), config.seed)
    every = _draw(
        pd.concat([parts.train, parts.validation], ignore_index=True), config.seed, kept["query"]
    )
    without = _try_side(untuned, words, every, parts, config, progress)
    # Where queries are few, none was kept from the encoder but those of the validation part.
    held = _try_side(tuned, words, kept, parts, config, progress)
    scores = without.scores_on(kept["query"]) | held.scores_on(kept["query"])
    first = choose_system(without.scores)
    chosen = choose_system({name: scores[name] for name in (first, *held.own)})
    trial = None
    if without.examples:
        on_validation = set(parts.validation["query"])
        trial = FieldTrial.make(
            [one for q, one in without.examples.items() if q not in on_validation],
            [one for q, one in without.examples.items() if q in on_validation],
        )
    untuned = without.side
    ranked = [untuned.ranked] if untuned.ranker else []
    others = dict.fromkeys([*ranked, *([chosen] if chosen in untuned.systems else [])])
    return SearchBundle(
        tables,
        words,
        held.side,
        recommended=chosen,
        open_other=lambda: untuned,
        other_systems=list(others),
        reranker=open_reranker(config),
        trial=trial,
        model=config.model,
    )


@dataclass(frozen=True)
class _TriedSide:
    """A side with its ranker, and what its systems and words score on the queries it was tried on.

    `own` are the systems of the side; `examples` its ranker's, by query.
    """

    side: Side
    own: Sequence[str]
    queries: pd.Series
    scores: dict[str, NDArray[np.float64]]
    examples: dict[str, RankedQuery]

    def scores_on(self, queries: pd.Series) -> dict[str, NDArray[np.float64]]:
        """The scores on some of its queries, in their order."""
        places = {query: place for place, query in enumerate(self.queries)}
        rows = [places[query] for query in queries]
        return {name: values[rows] for name, values in self.scores.items()}


def _try_side(
    side: Side,
    words: WordSystems,
    queries: pd.DataFrame,
    parts: Parts,
    config: SearchConfig,
    progress: Progress,
) -> _TriedSide:
    """Score words and the systems of `side` on `queries`, and learn an order from them."""
    progress.check()
    asked = queries["query"].tolist()
    by_words = _search_words(words, asked)
    vectors = side.encoder.encode(asked, "query") if asked else np.empty((0, 0), np.float32)
    found: Lists = side.search(words.tables, asked, vectors, by_words, [None] * len(asked), DEPTH)
    fair = by_words | search_cross_fitted(words.tables, queries, config.seed)
    scores = score_queries(list(queries["qrels"]), fair | found)
    examples: dict[str, RankedQuery] = {}
    if config.ranker and parts.from_shoppers:
        examples = dict(
            zip(
                asked, _examples(side, words.tables, queries, vectors, by_words, found), strict=True
            )
        )
        progress.check()
        tried: Tried | None = learn_ranker(list(examples.values()), config.seed)
        if tried:
            side = replace(side, ranker=tried.ranker)
            scores[side.ranked] = tried.scores
    return _TriedSide(side, side.systems, queries["query"], scores, examples)


def _examples(
    side: Side,
    tables: Tables,
    queries: pd.DataFrame,
    vectors: Floats,
    by_words: Lists,
    found: Lists,
) -> list[RankedQuery]:
    ids = side.dense.product_ids
    examples = []
    columns = (queries[name].tolist() for name in ("query", "qrels", "weights"))
    for row, (query, qrels, weights) in enumerate(zip(*columns, strict=True)):
        candidates, features = side.candidates(
            tables,
            query,
            vectors[row],
            by_words["bm25_all"][row],
            found[side.name][row],
            [by_words[name][row] for name in ALSO_FROM],
        )
        examples.append(RankedQuery.make(candidates, features, ids, qrels, weights))
    return examples


def _tune(dataset: Dataset, config: SearchConfig, folder: Path, progress: Progress) -> Side:
    # The libraries of trainings take seconds to import, and whoever only answers needs none.
    from engine.models.bi_encoder import Check, Pairs
    from engine.models.spreading import tune
    from engine.models.tunings import BiEncoderTuning

    progress.stage("load")
    encoder = load_encoder(config.model, config.max_tokens, progress=progress)
    tables = dataset.tables
    texts = dict(zip(tables.products["product_id"], passages(tables.products), strict=True))
    rows = dataset.train
    pairs = Pairs(
        rows["query"].tolist(),
        [texts[name] for name in rows["product_id"]],
        draw_negatives(rows, texts, config.seed) if config.negatives else None,
    )
    check = None
    if is_watched(dataset.validation, config.epochs):
        relevant, pool = hard_pool(dataset.validation, texts, passage_index(tables))
        check = Check({query: query for query in relevant}, pool, relevant)
    tune(BiEncoderTuning(pairs, check, config), encoder, folder, progress)
    progress.stage("index")
    return index_side("tuned", encoder, tables, None, progress, config.bm25_weight)


def _with_weight(side: Side, words: WordSystems, validation: pd.DataFrame) -> Side:
    asked = validation["query"].tolist()
    if not asked:
        return side
    by_words = [words.search("bm25_all", query, DEPTH) for query in asked]
    by_meaning = side.nearest(side.encoder.encode(asked, "query"), [None] * len(asked), DEPTH)
    return side.choose_weight(by_words, by_meaning, list(validation["qrels"]))


def _search_words(words: WordSystems, queries: Sequence[str]) -> Lists:
    return {name: [words.search(name, query, DEPTH) for query in queries] for name in WORD_SYSTEMS}


def search_cross_fitted(tables: Tables, queries: pd.DataFrame, seed: int) -> Lists:
    """What the learned word systems find for each query if they learn from the other folds."""
    folds = draw_folds(len(queries), FOLDS, seed)
    answers: dict[str, dict[int, Ranking]] = {name: {} for name in LEARNED}
    for fold in range(FOLDS):
        words = WordSystems.learn(tables, queries[folds != fold], seed)
        for row in np.flatnonzero(folds == fold):
            for name in LEARNED:
                query = str(queries["query"].iloc[row])
                answers[name][int(row)] = words.search(name, query, DEPTH)
    return {name: [found[row] for row in range(len(queries))] for name, found in answers.items()}


def _draw(queries: pd.DataFrame, seed: int, wanted: Collection[str] = ()) -> pd.DataFrame:
    """At most `MOST_RANKED` of the queries, in their order; the `wanted` ones are among them."""
    if len(queries) <= MOST_RANKED:
        return queries
    among = queries["query"].isin(wanted)
    others = queries[~among].sample(MOST_RANKED - int(among.sum()), random_state=seed)
    return pd.concat([queries[among], others]).sort_index().reset_index(drop=True)
