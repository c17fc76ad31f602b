"""Time to equal quality: a quick tuning, beside the defaults of three libraries.

Each side begins with the pretrained weights on disk and learns from the same rows. The peer is
looked at every few steps, on the held-out rows, and ends when it is as good as ours is at its end.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from engine.benchmarks.comparison import Comparison, Size
from engine.benchmarks.cost import Cost, figures
from engine.benchmarks.peers import is_installed, named
from engine.benchmarks.race import Clock
from engine.benchmarks.shop import sample_shop
from engine.benchmarks.tuning_peers import race_pairs, race_setfit, race_trainer
from engine.evaluation.classification_evaluator import ClassificationEvaluator
from engine.evaluation.ranking import PRIMARY, score
from engine.labelling.labelled_texts import examples_of
from engine.labelling.review_labels import HEAD
from engine.models.bi_encoder import Pairs, tune_bi_encoder
from engine.models.classifier import train_classifier, trunk_depth
from engine.models.encoder import Encoder, load_encoder
from engine.models.pretrained import locate
from engine.models.trunk import Trunk
from engine.progress import Silent
from engine.retrieval.dense import DenseIndex
from engine.tables.product_text import passages
from engine.tasks import get_task
from engine.tasks.base import Dataset

ROWS = {"smallest": 40, "usual": 800, "full": 4_000}
FEW = {"smallest": 12, "usual": 48, "full": 48}
PAIRS = {"smallest": 40, "usual": 600, "full": 4_000}
MOST_POOL = 200
HELD = {"smallest": 40, "usual": 400, "full": 1_000}
# A peer that takes so many times our time is not waited for, but this long at least.
MOST_TIMES, LEAST_SECONDS = 4.0, 30.0


def compare(size: Size, model: str = "") -> list[Comparison]:
    """Race the reviews' sentiment with many and with few labels, and the search encoder."""
    chosen = {"model": model} if model else {}
    setfit = f"{FEW[size]} labelled reviews", f"{named('setfit')}, Trainer"
    return [
        _sentiment(ROWS[size], HELD[size], chosen, "transformers", race_trainer),
        _sentiment(FEW[size], HELD[size], chosen, "setfit", race_setfit)
        if is_installed("setfit")
        else Comparison(*setfit, missing="not_installed"),
        _search(PAIRS[size], HELD[size], chosen),
    ]


def _sentiment(
    rows: int, held: int, chosen: dict[str, str], peer: str, race: Callable[..., Any]
) -> Comparison:
    task = get_task("sentiment")
    tables = sample_shop().tables()
    config = task.config("quick", tables, **chosen)
    whole: Dataset = task.dataset(tables, config)
    train = whole.train[whole.train[f"label.{HEAD}"].notna()].head(rows)
    validation = whole.validation.head(max(rows // 8, 4))
    test = whole.test[whole.test[f"truth.{HEAD}"].notna()].head(held)
    labels = whole.labels[HEAD]

    def quality(probabilities: np.ndarray[Any, Any]) -> float:
        answers = {HEAD: pd.DataFrame(probabilities, test.index, labels)}
        return ClassificationEvaluator().score(test, answers)["macro_f1"]

    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        encoder = load_encoder(config.model, config.max_tokens)
        trunk = Trunk(encoder, trunk_depth(encoder, config))
        found = train_classifier(
            trunk,
            {HEAD: len(labels)},
            *(examples_of(part, {HEAD: labels}) for part in (train, validation)),
            config,
            Path(folder),
            Silent(),
        )
        ours = clock.read()
    goal = quality(np.exp(found.scores(test["input"].tolist())[HEAD]))
    texts, codes = train["input"].tolist(), [labels.index(x) for x in train[f"label.{HEAD}"]]
    most = max(MOST_TIMES * ours.wall, LEAST_SECONDS)
    torch.manual_seed(config.seed)
    reached, best, spent = race(
        str(locate(config.model, Silent())),
        (texts, codes, len(labels)),
        (test["input"].tolist(), quality, goal),
        config.max_tokens,
        most,
    )
    what = f"sentiment of {len(train):,} reviews"
    return _result(what, f"{named(peer)}, Trainer", ("macro-F1", goal, best), ours, reached, spent)


def _search(pairs: int, held: int, chosen: dict[str, str]) -> Comparison:
    task = get_task("search")
    tables = sample_shop().tables()
    config = task.config("quick", tables, **chosen)
    whole: Dataset = task.dataset(tables, config)
    products = tables.products["product_id"].tolist()
    texts = passages(tables.products).tolist()
    by_id = dict(zip(products, texts, strict=True))
    train, test = whole.train.head(pairs), whole.test.head(held)
    queries, positives = train["query"].tolist(), [by_id[name] for name in train["product_id"]]

    # All products would take longer to read, at every look, than the tuning.
    relevant = {name for qrels in test["qrels"] for name, grade in qrels.items() if grade > 0}
    pool = sorted(relevant | {*products[:MOST_POOL]})[: 2 * MOST_POOL]
    pool_texts = [by_id[name] for name in pool]

    def quality(encoder: Encoder) -> float:
        index = DenseIndex(pool, pool, encoder.encode(pool_texts))
        rankings = index.search(encoder.encode(test["query"].tolist(), "query"), 50)
        return score(list(test["qrels"]), rankings)[PRIMARY]

    before = quality(load_encoder(config.model, config.max_tokens))
    clock = Clock()
    encoder = load_encoder(config.model, config.max_tokens)
    with tempfile.TemporaryDirectory() as folder:
        tune_bi_encoder(encoder, Pairs(queries, positives), None, config, Path(folder), Silent())
    ours = clock.read()
    goal = quality(encoder)
    most = max(MOST_TIMES * ours.wall, LEAST_SECONDS)
    torch.manual_seed(config.seed)
    reached, best, spent = race_pairs(
        str(locate(config.model, Silent())),
        (queries, positives),
        (lambda model: quality(Encoder(model)), goal),
        config.max_tokens,
        most,
    )
    what = f"search encoder of {len(train):,} pairs (untuned {before:.3f})"
    peer = f"{named('sentence-transformers')}, Trainer"
    return _result(what, peer, (PRIMARY, goal, best), ours, reached, spent)


def _result(
    what: str,
    peer: str,
    quality: tuple[str, float, float],
    ours: Cost,
    reached: Cost | None,
    spent: Cost,
) -> Comparison:
    metric, goal, best = quality
    check = f"measured once; {metric} {goal:.3f} and {best:.3f}"
    if reached is None:
        check += "; the peer did not get there"
    return Comparison(what, peer, figures(ours, reached or spent), check, reached is not None)
