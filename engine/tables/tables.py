"""A shop's tables in memory, as every task receives them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from engine.labelling.clicks import click_relevance
from engine.tables.schema import TABLES


@dataclass(frozen=True)
class Tables:
    """The frames of one workspace, with the columns of its schema; absent ones are empty.

    `language` is the workspace's: it chooses words, stemmer and default model.
    `corrections` are the labels that users set by hand: columns `task, input, head, label`.
    `folder` is where indexes made from these tables may be kept, if anywhere.
    `mappings` are the columns that the tables' fields were read from: table → field → column.
    """

    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    language: str = "en"
    corrections: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(
            columns=["task", "input", "head", "label"], dtype="str"
        )
    )
    folder: Path | None = None
    mappings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> pd.DataFrame:
        """The frame of table `name`, with every column of the schema."""
        if name in self.frames:
            return self.frames[name]
        return pd.DataFrame(columns=TABLES[name].columns, dtype="str")

    @property
    def products(self) -> pd.DataFrame:
        """The catalog: one row per product."""
        return self["products"]

    @property
    def searches(self) -> pd.DataFrame:
        """The search log: one row per event."""
        return self["searches"]

    @property
    def orders(self) -> pd.DataFrame:
        """The order lines: one row per product bought."""
        return self["orders"]

    @property
    def reviews(self) -> pd.DataFrame:
        """The reviews: one row per review."""
        return self["reviews"]

    @property
    def judgments(self) -> pd.DataFrame:
        """Human relevance (qrels): one row per query and product."""
        return self["judgments"]

    @cached_property
    def clicked(self) -> pd.DataFrame:
        """What the log's clicks say of relevance, see `click_relevance`. Never change it."""
        return click_relevance(self.searches)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of every row and correction: equal data gives equal hashes."""
        digest = hashlib.sha256(self.language.encode())
        for name in sorted(self.frames):
            digest.update(name.encode())
            digest.update(frame_fingerprint(self.frames[name]).encode())
        digest.update(frame_fingerprint(self.corrections).encode())
        return digest.hexdigest()[:16]


def frame_fingerprint(frame: pd.DataFrame) -> str:
    """A hash of a frame's column names and values, in their order."""
    digest = hashlib.sha256("\x1f".join(map(str, frame.columns)).encode())
    digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]
