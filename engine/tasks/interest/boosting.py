"""Gradient boosting on the features of a shopper and a product, as a baseline without a net."""

from typing import Any

import lightgbm
import numpy as np
import pandas as pd

from engine.progress import Silent
from engine.ranking import Ranking
from engine.tasks.base import Dataset
from engine.tasks.interest.baselines import order
from engine.tasks.interest.config import InterestConfig
from engine.tasks.interest.examples import list_queries
from engine.tasks.interest.features import FEATURES
from engine.tasks.interest.moments import list_moments
from engine.tasks.interest.training import untuned_bundle

ROUNDS, PATIENCE = 300, 20
PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_child_samples": 50,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.8,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 0,
    "verbosity": -1,
}


def rank_by_boosting(dataset: Dataset, part: pd.DataFrame, config: InterestConfig) -> list[Ranking]:
    """The products of each page by their chance of a click under boosted trees.

    The trees read what the net reads beside the vectors (`Features`), the cosines of the frozen
    encoder among it, and stop where the validation part gains nothing more (Friedman 2001).
    """
    bundle = untuned_bundle(dataset.tables, list_queries(dataset), config, Silent())

    def table(rows: pd.DataFrame) -> np.ndarray[Any, Any]:
        pairs, _ = bundle.pair(list(list_moments(rows)))
        return pairs.features.numpy()

    def clicked(rows: pd.DataFrame) -> np.ndarray[Any, Any]:
        return np.concatenate([np.asarray(grades) > 0 for grades in rows["grades"]]).astype(float)

    train, validation = (
        lightgbm.Dataset(table(rows), clicked(rows), feature_name=list(FEATURES))
        for rows in (dataset.train, dataset.validation)
    )
    booster = lightgbm.train(
        PARAMETERS,
        train,
        ROUNDS,
        valid_sets=[validation],
        callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
    )
    chances = np.asarray(booster.predict(table(part)))
    ends = np.cumsum([len(names) for names in part["product_ids"]])[:-1]
    pages = zip(part["product_ids"], np.split(chances, ends), strict=True)
    return [order(names, own) for names, own in pages]
