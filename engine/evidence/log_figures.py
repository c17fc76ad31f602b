"""Shares that the shop's own tables say without any model: where it hurts, and how often."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.bandit.off_policy import Estimate, wilson
from engine.tables.tables import Tables, summary
from engine.tables.texts import normalise_texts

_ACTS = ("click", "add_to_cart", "purchase")
_BAD_STARS = 2


@dataclass(frozen=True)
class LogFigure:
    """A share of `n` cases with its interval; `name` is its code in `evidence.metrics`."""

    name: str
    share: Estimate
    n: int


@summary
def read_log_figures(tables: Tables) -> tuple[LogFigure, ...]:
    """Every figure for which there are rows."""
    counted = {name: count(tables) for name, count in _FIGURES.items()}
    return tuple(LogFigure(name, wilson(cases, n), n) for name, (cases, n) in counted.items() if n)


def _without_click(tables: Tables) -> tuple[int, int]:
    """Searches, one a session and query, after which nothing was clicked or bought."""
    log = tables.searches.dropna(subset=["session_id", "query"])
    acted = log["event"].isin(_ACTS).groupby([log["session_id"], log["query"]]).any()
    return int((~acted).sum()), len(acted)


def _bought(tables: Tables) -> tuple[int, int]:
    """Sessions of the log that ended in a purchase."""
    log = tables.searches.dropna(subset="session_id")
    bought = (log["event"] == "purchase").groupby(log["session_id"]).any()
    return int(bought.sum()), len(bought)


def _asked_once(tables: Tables) -> tuple[int, int]:
    """Searches for something that was never searched for again."""
    log = tables.searches.dropna(subset=["session_id", "query"])
    searches = log.drop_duplicates(["session_id", "query"])["query"]
    counts = normalise_texts(searches).value_counts()
    return int((counts == 1).sum()), int(counts.sum())


def _bad_reviews(tables: Tables) -> tuple[int, int]:
    """Reviews with one star or two."""
    stars = tables.reviews["rating"].dropna().astype(float)
    return int((stars <= _BAD_STARS).sum()), len(stars)


def _bare_products(tables: Tables) -> tuple[int, int]:
    """Products without a description."""
    texts = tables.products["description"]
    return int((texts.isna() | (texts.str.strip() == "")).sum()), len(texts)


_FIGURES: Mapping[str, Callable[[Tables], tuple[int, int]]] = {
    "without_click": _without_click,
    "bought": _bought,
    "asked_once": _asked_once,
    "bad_reviews": _bad_reviews,
    "bare_products": _bare_products,
}
