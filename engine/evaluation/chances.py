"""How good click probabilities are: in order, in likelihood and in calibration."""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score

from engine.evaluation.classification import expected_calibration_error
from engine.evaluation.ranking import Qrels
from engine.ranking import Chances


def score_chances(truth: Sequence[Qrels], rankings: Sequence[Chances]) -> dict[str, float]:
    """AUC, log loss and calibration error over all products of all pages with a known outcome.

    A product whose grade in `truth` is above 0 was clicked. `auc` is the share of pairs of a
    clicked and an ignored product that the chances put in the right order; it is `nan` when all
    products were clicked or none was.
    """
    rows = [
        (qrels[name] > 0, chance)
        for qrels, ranking in zip(truth, rankings, strict=True)
        for name, chance in zip(ranking.product_ids, ranking.scores, strict=True)
        if name in qrels
    ]
    clicked = np.array([row[0] for row in rows], dtype=int)
    chances = np.array([row[1] for row in rows], dtype=float)
    mixed = len(np.unique(clicked)) > 1
    return {
        "auc": float(roc_auc_score(clicked, chances)) if mixed else float("nan"),
        "log_loss": float(log_loss(clicked, chances, labels=[0, 1])) if rows else float("nan"),
        "ece": expected_calibration_error(clicked, chances),
    }
