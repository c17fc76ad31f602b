"""Time to equal quality: quick tunings beside the defaults of three libraries.

Both sides begin with the pretrained weights on disk and learn from the same rows, once with each of
a few seeds. A peer is looked at after every epoch on the held-out rows, and has got there after the
first epoch whose median is as good as ours at its end.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from engine.benchmarks.comparison import Comparison, Size
from engine.benchmarks.peers import is_installed, named
from engine.benchmarks.race import Clock, Look, race
from engine.benchmarks.shop import sample_shop
from engine.benchmarks.tuning_peers import (
    Held,
    Labelled,
    train_with_sentence_transformers,
    train_with_setfit,
    train_with_transformers,
)
from engine.config import with_changes
from engine.evaluation.classification_evaluator import ClassificationEvaluator
from engine.evaluation.ranking import PRIMARY, score
from engine.labelling.labelled_texts import examples_of
from engine.labelling.review_labels import HEAD
from engine.models.bi_encoder import Pairs, tune_bi_encoder
from engine.models.encoder import Encoder, load_encoder
from engine.models.pretrained import default_encoder, locate
from engine.progress import Silent
from engine.retrieval.dense import DenseIndex
from engine.tables.product_text import passages
from engine.tables.tables import Tables
from engine.tasks.classify.learning import learn_bundle
from engine.tasks.classify.members import TextVectors
from engine.tasks.search.task import TASK as SEARCH
from engine.tasks.sentiment.task import TASK as SENTIMENT

ROUNDS = {"smallest": 1, "usual": 3, "full": 3}
REVIEWS = {"smallest": 60, "usual": 400, "full": 1_800}
FEW = {"smallest": 24, "usual": 24, "full": 48}
PAIRS = {"smallest": 24, "usual": 300, "full": 1_300}
HELD = {"smallest": 40, "usual": 400, "full": 1_000}
QUERIES = {"smallest": 20, "usual": 100, "full": 400}
# One in so many labelled reviews is not learned from, but chosen by.
CHOSEN_BY = 4
# Products beside the relevant ones: to read the whole catalog would take longer than the tuning.
OTHERS = 200
Train = Callable[[str, Labelled, Held, int, int], list[Look]]


def compare(size: Size) -> list[Comparison]:
    """Tune for the reviews' sentiment, with many labels and with few, and the search encoder."""
    tables = sample_shop().tables()
    many, few = REVIEWS[size], FEW[size]
    return [
        _sentiment(tables, many, size, "transformers", train_with_transformers),
        _sentiment(tables, few, size, "setfit", train_with_setfit)
        if is_installed("setfit")
        else Comparison(f"sentiment of {few} reviews", "setfit", missing="not_installed"),
        _search(tables, size),
    ]


def _sentiment(tables: Tables, rows: int, size: Size, peer: str, train: Train) -> Comparison:
    config = SENTIMENT.config("quick", tables, model=default_encoder("en"))
    whole = SENTIMENT.dataset(tables, config)
    labels = whole.labels[HEAD]
    chosen_by = _draw(whole.validation, rows // CHOSEN_BY)
    learned = _draw(whole.train, rows - rows // CHOSEN_BY)
    test = whole.test.head(HELD[size])

    def quality(probabilities: NDArray[Any]) -> float:
        answers = {HEAD: pd.DataFrame(probabilities, test.index, labels)}
        return ClassificationEvaluator().score(test, answers)["macro_f1"]

    def ours(seed: int) -> list[Look]:
        clock = Clock()
        vectors = TextVectors(load_encoder(config.model, config.max_tokens))
        with tempfile.TemporaryDirectory() as folder:
            bundle = learn_bundle(
                whole.labels,
                examples_of(learned, whole.labels),
                examples_of(chosen_by, whole.labels),
                vectors,
                with_changes(config, {"seed": seed}),
                Path(folder),
                Silent(),
                svm=SENTIMENT.with_svm,
            )

        def measure() -> float:
            return quality(bundle.probabilities(held.texts)[bundle.recommended][HEAD])

        return [clock.look(measure)]

    reviews = pd.concat([learned, chosen_by])
    codes = pd.Index(labels).get_indexer(pd.Index(reviews[f"label.{HEAD}"])).tolist()
    labelled = Labelled(reviews["input"].tolist(), codes, len(labels))
    held = Held(test["input"].tolist(), quality)
    folder = str(locate(config.model, Silent()))
    return race(
        f"sentiment of {len(reviews):,} reviews",
        f"{named(peer)}, Trainer",
        "macro-F1",
        ours,
        lambda seed: train(folder, labelled, held, config.max_tokens, seed),
        ROUNDS[size],
    )


def _draw(part: pd.DataFrame, most: int) -> pd.DataFrame:
    """`most` reviews with a label, as many of each sentiment."""
    groups = part.dropna(subset=f"label.{HEAD}").groupby(f"label.{HEAD}")
    return groups.head(most // groups.ngroups)


def _search(tables: Tables, size: Size) -> Comparison:
    config = SEARCH.config("quick", tables, model=default_encoder("en"))
    whole = SEARCH.dataset(tables, config)
    products = tables.products["product_id"].tolist()
    texts = dict(zip(products, passages(tables.products), strict=True))
    learned, test = whole.train.head(PAIRS[size]), whole.test.head(QUERIES[size])
    queries = learned["query"].tolist()
    positives = [texts[name] for name in learned["product_id"]]
    relevant = [name for qrels in test["qrels"] for name, grade in qrels.items() if grade > 0]
    pool = list(dict.fromkeys([*relevant, *products[:OTHERS]]))

    def quality(encoder: Encoder) -> float:
        index = DenseIndex(pool, pool, encoder.encode([texts[name] for name in pool]))
        rankings = index.search(encoder.encode(test["query"].tolist(), "query"), 10)
        return score(list(test["qrels"]), rankings)[PRIMARY]

    def ours(seed: int) -> list[Look]:
        clock = Clock()
        encoder = load_encoder(config.model, config.max_tokens)
        seeded = with_changes(config, {"seed": seed})
        with tempfile.TemporaryDirectory() as folder:
            pairs = Pairs(queries, positives)
            tune_bi_encoder(encoder, pairs, None, seeded, Path(folder), Silent())
        return [clock.look(lambda: quality(encoder))]

    before = quality(load_encoder(config.model, config.max_tokens))
    folder = str(locate(config.model, Silent()))
    return race(
        f"search encoder of {len(learned):,} pairs, untuned {PRIMARY} {before:.3f}",
        f"{named('sentence-transformers')}, Trainer",
        PRIMARY,
        ours,
        lambda seed: train_with_sentence_transformers(
            folder,
            (queries, positives),
            lambda model: quality(Encoder(model)),
            config.max_tokens,
            seed,
        ),
        ROUNDS[size],
    )
