"""Which queries the encoder, the order on top of it, and the choice among systems learn from."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.errors import InputError
from engine.labelling.qrels import ENOUGH_QUERIES, Source, best_source, query_qrels
from engine.labelling.split import split_queries, take_share
from engine.tables.tables import Tables
from engine.tasks.search.config import SearchConfig

# With fewer training queries all of them teach the encoder.
ENOUGH_TO_KEEP = 200
# What a tuned encoder says of the queries it learned from is too good to be true: an order that
# believed it would trust it too much later. So many of the queries are kept from it.
KEPT = 0.4


@dataclass(frozen=True)
class Parts:
    """Queries with `qrels` and `weights`, split by time: `train`, `validation` and `test`.

    The encoder learns from the training queries but those that are `kept` for the order on top of
    it. `source` is what says which products answer them.
    """

    source: Source
    train: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame
    kept: pd.DataFrame

    @property
    def from_shoppers(self) -> bool:
        """Whether shoppers or judges said what is relevant, so that an order can be learned."""
        return self.source != "catalog"

    @property
    def for_encoder(self) -> pd.DataFrame:
        """The training queries that are not kept from the encoder."""
        rest = ~self.train["query"].isin(self.kept["query"])
        return self.train[rest].reset_index(drop=True)


def choose_source(tables: Tables, config: SearchConfig) -> Source:
    """What is learned from: what the settings say, or the best there is enough of."""
    return best_source(tables) if config.source == "auto" else config.source


def split_parts(tables: Tables, config: SearchConfig) -> Parts:
    """The parts of the chosen source. Raises InputError with fewer than `ENOUGH_QUERIES`."""
    source = choose_source(tables, config)
    frame = query_qrels(tables, source)
    if len(frame) < ENOUGH_QUERIES:
        raise InputError("search.not_ready", source=source, n=len(frame), want=ENOUGH_QUERIES)
    frame["input"] = frame["query"]
    frame["example_id"] = frame["query"]
    # Judgments are few and dear: more of them are learned from.
    shares = {"validation": 0.1, "test": 0.15} if source == "judgments" else {}
    parts = split_queries(frame, config.seed, **shares)
    train, validation, test = (
        frame[parts == part].reset_index(drop=True) for part in ("train", "validation", "test")
    )
    train = take_share(train, config.train_share, config.seed).reset_index(drop=True)
    kept = train.iloc[:0]
    if config.ranker and source != "catalog" and len(train) >= ENOUGH_TO_KEEP:
        order = np.random.default_rng(config.seed).permutation(len(train))
        kept = train.iloc[np.sort(order[: round(KEPT * len(train))])].reset_index(drop=True)
    return Parts(source, train, validation, test, kept)
