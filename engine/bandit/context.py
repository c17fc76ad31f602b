"""What a contextual policy knows of a search when it chooses: a few numbers between 0 and 1."""

from collections.abc import Mapping

import numpy as np

from engine.bandit.arrays import Floats
from engine.bandit.system_rankings import SystemRankings
from engine.bandit.visits import Visit
from engine.text.words import STOPWORDS, words

# The feedback keeps contexts by these names.
FEATURES = ("always", "length", "matched", "agreement", "active", "known")
_LONG, _TOP = 8, 10


def read_context(query: str, rankings: SystemRankings, visit: Visit) -> dict[str, float]:
    """The context of one list, by the names of `FEATURES`.

    - `always`: 1, the intercept
    - `length`: the query's number of words, 1 for eight or more
    - `matched`: how many products match by words, 1 for ten or more
    - `agreement`: the share of ten that the best ten by words and the recommended system share
    - `active`: whether this session has any feedback
    - `known`: whether the shopper has a history
    """
    by_words, recommended = rankings.words[:_TOP], rankings.recommended[:_TOP]
    terms = [word for word in words(query) if word not in STOPWORDS]
    return {
        "always": 1.0,
        "length": min(len(terms), _LONG) / _LONG,
        "matched": len(by_words) / _TOP,
        "agreement": len(set(by_words) & set(recommended)) / _TOP,
        "active": float(bool(visit.acts)),
        "known": float(bool(visit.history)),
    }


def context_vector(context: Mapping[str, float]) -> Floats:
    """The context in the order of `FEATURES`; 0 where an older one lacks a feature."""
    return np.array([context.get(name, 0.0) for name in FEATURES])
