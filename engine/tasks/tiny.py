"""A task in small: enough to try in seconds all that a task promises."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.tables.tables import Tables

# With these a tiny encoder learns in a moment.
FAST: dict[str, object] = {
    "epochs": 8,
    "learning_rate": 2e-3,
    "batch_size": 16,
    "patience": 0,
}


@dataclass(frozen=True)
class TinyTask:
    """What the contract suite tries a task out with; `TINY` of the module `tiny` of its package.

    `tables` makes a shop to learn from, `growing` three shops whose data is missing, thin and
    ready. `inputs` are three that are answered, odd texts among them, `refused` some that are not,
    all as JSON. `explained` is one whose explanation weighs `reasons`. `settings` are those with
    which a tiny pretrained model of the kind `pretrained` learns in a moment, `compared` the
    systems by which one sees that it did. `apart_by` is what no two parts of a dataset share.
    """

    tables: Callable[[], Tables]
    growing: Callable[[], Sequence[Tables]]
    inputs: Sequence[Mapping[str, Any]]
    refused: Sequence[Mapping[str, Any]]
    explained: Mapping[str, Any]
    reasons: Sequence[str]
    settings: Mapping[str, object] = field(default_factory=lambda: FAST)
    pretrained: Literal["encoder", "generator"] = "encoder"
    compared: tuple[str, str] = ("untuned", "tuned")
    apart_by: Literal["input", "example_id"] = "input"
