"""LambdaMART: trees that learn to put products in order, and say what each feature adds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import lightgbm
import numpy as np
from numpy.typing import NDArray

from engine.tasks.search.ranker.examples import Lists

Floats = NDArray[np.float32]
SEEDS = 3
TREES = 100
PARAMETERS: dict[str, Any] = {
    "objective": "lambdarank",
    # The gains of the grades 0 to 3 are linear, as in the measure.
    "label_gain": [0, 1, 2, 3],
    "lambdarank_truncation_level": 20,
    "num_leaves": 7,
    "learning_rate": 0.05,
    "min_child_samples": 20,
    "max_bin": 63,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.7,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
FILE = "trees-{}.txt"


@dataclass(frozen=True)
class LambdaMart:
    """The mean of some boosted trees, added to the order that products come in where `on_base`.

    Source: Burges (2010), Microsoft Research TR-2010-82.
    """

    boosters: Sequence[lightgbm.Booster]
    on_base: bool

    @classmethod
    def fit(cls, lists: Lists, rising: Sequence[bool], on_base: bool, seeds: int = SEEDS) -> Self:
        """Learn from lists of products with grades; more of a `rising` feature never hurts."""
        data = lightgbm.Dataset(
            lists.features,
            label=lists.grades,
            weight=lists.weights,
            group=lists.sizes,
            init_score=lists.base if on_base else None,
            free_raw_data=False,
        )
        settings = PARAMETERS | {"monotone_constraints": [int(name) for name in rising]}
        return cls(
            [
                lightgbm.train(settings | {"seed": seed, "num_threads": 0}, data, TREES)
                for seed in range(seeds)
            ],
            on_base,
        )

    def scores(self, features: Floats, base: Floats) -> Floats:
        """The higher, the further up; shape (rows,)."""
        trees = np.mean([booster.predict(features) for booster in self.boosters], axis=0)
        return np.asarray(trees + base if self.on_base else trees, dtype=np.float32)

    def contributions(self, features: Floats) -> Floats:
        """What each feature adds to a row's score, shape (rows, features).

        Shapley values (Lundberg et al. 2020), which lightgbm works out exactly for trees.
        """
        shares = [booster.predict(features, pred_contrib=True) for booster in self.boosters]
        return np.asarray(np.mean(shares, axis=0)[:, :-1], dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write the trees in lightgbm's own text form."""
        for number, booster in enumerate(self.boosters):
            text = booster.model_to_string()
            (folder / FILE.format(number)).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, on_base: bool) -> Self:
        """What `save` wrote."""
        files = sorted(folder.glob(FILE.format("*")))
        return cls([lightgbm.Booster(model_file=str(file)) for file in files], on_base)
