"""The three columns of the search page: which system stands in each, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from engine.retrieval.session_rank import RerankedProduct
from engine.storage.runs import UNTUNED
from engine.tasks.search.answers import SearchAnswer

Mode = Literal["recommended", "dense", "hybrid"]
MODES: tuple[Mode, ...] = ("recommended", "dense", "hybrid")
WORDS = "bm25_all"  # the stronger of the two kinds of word matching
_DENSE = {"untuned", "tuned"}


@dataclass(frozen=True)
class Column:
    """One system's answer to one query: products with scores, best first.

    `run_id` is whom to ask why; `place` is `words`, `untuned` or `tuned`. `placed` says of products
    that this session's clicks moved from where to where, and why.
    """

    place: Literal["words", "untuned", "tuned"]
    system: str
    run_id: str
    results: Sequence[tuple[str, float]]
    placed: Mapping[str, RerankedProduct] = field(default_factory=dict)

    def ids(self, k: int) -> list[str]:
        """The best `k` product ids."""
        return [product_id for product_id, _ in self.results[:k]]


def columns(
    untuned: SearchAnswer, tuned: SearchAnswer | None, run_id: str, mode: Mode
) -> list[Column]:
    """Words, untuned and, where there is a run, tuned: from the answers of both bundles.

    The untuned column shows the same kind of system as the tuned one, so that they differ in the
    training alone.
    """
    recommended = (tuned or untuned).system

    def column(place: Literal["untuned", "tuned"], answer: SearchAnswer, whom: str) -> Column:
        system = _system(answer, place, mode, recommended)
        return Column(place, system, whom, answer.systems[system])

    by_words = Column("words", WORDS, UNTUNED, untuned.systems[WORDS])
    rest = [column("tuned", tuned, run_id)] if tuned else []
    return [by_words, column("untuned", untuned, UNTUNED), *rest]


def moved(column: Column, left: Column, product_id: str, k: int) -> int | None:
    """How many places a product stands higher than in `left`; None where it is not in its `k`."""
    before, now = left.ids(k), column.ids(k)
    if product_id not in before:
        return None
    return before.index(product_id) - now.index(product_id)


def changed(column: Column, left: Column, k: int) -> int:
    """How many of the best `k` products of `column` are not among those of `left`."""
    return len(set(column.ids(k)) - set(left.ids(k)))


def _system(answer: SearchAnswer, place: str, mode: Mode, recommended: str) -> str:
    if mode == "dense" or (mode == "recommended" and recommended in _DENSE):
        return place
    if mode == "recommended" and recommended in answer.systems:
        return recommended
    return f"hybrid_{place}"
