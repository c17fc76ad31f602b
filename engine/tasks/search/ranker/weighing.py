"""What field weights set by rule of thumb would do, measured on queries kept for it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from engine.evaluation.ndcg import ndcg
from engine.tasks.search.answers import FieldWeights, WeightsAnswer
from engine.tasks.search.ranker.examples import Lists, RankedQuery
from engine.tasks.search.ranker.features import FEATURES
from engine.tasks.search.ranker.linear import WEIGHTED, LinearRanker, as_weights, mix
from engine.tasks.search.ranker.ranker import Ranker

Floats = NDArray[np.float32]
MOST_QUERIES = 200
FILE = "fields.safetensors"
# The features that the weights of people stand for.
_FEATURE = dict(zip((one.name for one in fields(FieldWeights)), WEIGHTED, strict=True))
_COLUMNS = [FEATURES.index(name) for name in WEIGHTED]


@dataclass(frozen=True)
class FieldTrial:
    """Some queries' candidates with their words by field and their meaning: (rows, weights).

    `base` and `grades` have shape (rows,); `sizes` are the rows of each query and `ideals` the best
    DCG@10 of each. `learned` are the weights that were learned from other queries.
    """

    weighted: Floats
    base: Floats
    grades: Floats
    sizes: NDArray[np.int64]
    ideals: NDArray[np.float64]
    learned: Floats

    @classmethod
    def make(cls, learn_from: Sequence[RankedQuery], queries: Sequence[RankedQuery]) -> Self | None:
        """On the first of `queries`; None where there is nothing to learn from or to measure on."""
        kept = [query for query in queries if query.ideal and len(query.grades)][:MOST_QUERIES]
        lessons = [query for query in learn_from if query.grades.any()]
        if not kept or not lessons:
            return None
        lists = Lists(kept)
        return cls(
            np.ascontiguousarray(lists.features[:, _COLUMNS]),
            lists.base,
            lists.grades,
            np.array(lists.sizes, dtype=np.int64),
            np.array([query.ideal for query in kept]),
            LinearRanker.fit(Lists(lessons)).weights,
        )

    def measure(self, weights: Mapping[str, float]) -> float:
        """The mean nDCG@10 under weights by name; what is not named counts 0."""
        vector = as_weights(weights)
        ends = np.cumsum(self.sizes)
        scores = [
            ndcg(
                mix(self.weighted[end - size : end], self.base[end - size : end], vector),
                self.grades[end - size : end],
                ideal,
            )
            for end, size, ideal in zip(ends, self.sizes, self.ideals, strict=True)
        ]
        return float(np.mean(scores))

    @property
    def learned_weights(self) -> dict[str, float]:
        """The learned weights by name."""
        return dict(zip(WEIGHTED, self.learned.tolist(), strict=True))

    def save(self, folder: Path) -> None:
        """Write all of it as safetensors."""
        tensors: dict[str, NDArray[Any]] = {
            "weighted": self.weighted,
            "base": self.base,
            "grades": self.grades,
            "sizes": self.sizes,
            "ideals": self.ideals,
            "learned": self.learned,
        }
        save_file(tensors, folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """What `save` wrote, None where nothing was."""
        file = folder / FILE
        return cls(**load_file(file)) if file.is_file() else None


def weigh(trial: FieldTrial, weights: FieldWeights, ranker: Ranker | None) -> WeightsAnswer:
    """What `weights` do on the queries of `trial`, and what counts in the `ranker`."""
    learned = trial.learned_weights
    shares = zip(FEATURES, ranker.importance, strict=True) if ranker else ()
    return WeightsAnswer(
        ndcg=trial.measure({_FEATURE[name]: value for name, value in asdict(weights).items()}),
        plain=trial.measure({}),
        learned_ndcg=trial.measure(learned),
        learned=FieldWeights(**{name: learned[feature] for name, feature in _FEATURE.items()}),
        queries=len(trial.sizes),
        importance=sorted(shares, key=lambda pair: -pair[1]),
    )
