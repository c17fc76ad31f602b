"""What the search models found for one query, as the strategies take it."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.tasks.search.answers import SearchAnswer

_WORDS = "bm25_all"


@dataclass(frozen=True)
class SystemRankings:
    """Product ids for one query, best first, by the system that ranked them.

    `words` matches words, `meaning` compares vectors, `hybrid` fuses both; `recommended` is the
    system that did best in validation.
    """

    query: str
    words: Sequence[str]
    meaning: Sequence[str]
    hybrid: Sequence[str]
    recommended: Sequence[str]


def read_rankings(answer: SearchAnswer) -> SystemRankings:
    """The rankings in an answer; of a tuned run, those of its tuned systems."""
    by_system = {
        system: [product for product, _ in ranking] for system, ranking in answer.systems.items()
    }
    model = "tuned" if "tuned" in by_system else "untuned"
    return SystemRankings(
        query=answer.query,
        words=by_system[_WORDS],
        meaning=by_system[model],
        hybrid=by_system[f"hybrid_{model}"],
        recommended=by_system[answer.system],
    )
