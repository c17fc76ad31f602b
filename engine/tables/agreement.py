"""How far people who graded the same things agree."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

# From this distance on, the lowest and the highest grade of a product are a dispute.
DISPUTED = 2


@dataclass(frozen=True)
class Agreement:
    """How far people agree on the products that they graded.

    `alpha` is Krippendorff's alpha for ordinal data, 1 for perfect agreement and 0 for that of
    chance; None where it says nothing: fewer than two people, or one grade for everything.
    `disputed` are the products whose grades lie apart by two or more, the widest first.
    """

    people: int
    alpha: float | None
    disputed: tuple[str, ...]


def measure(grades: pd.DataFrame) -> Agreement:
    """How far the rows of `grades` (people) agree on its columns (products).

    Krippendorff (2019), Content Analysis, chapter 12.
    """
    import krippendorff  # takes a while to import, and few files need it

    spread = (grades.max() - grades.min()).sort_values(ascending=False, kind="stable")
    disputed = tuple(str(name) for name, apart in spread.items() if apart >= DISPUTED)
    alpha = None
    matrix = grades.to_numpy()
    shared = matrix[:, np.isfinite(matrix).sum(axis=0) >= 2]
    values = np.unique(shared[np.isfinite(shared)])
    if len(values) > 1:
        alpha = float(
            krippendorff.alpha(shared, level_of_measurement="ordinal", value_domain=values)
        )
    return Agreement(len(grades), alpha, disputed)
