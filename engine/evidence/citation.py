"""A citation: one figure that was measured, with all that it takes to find and to doubt it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from engine.codec import Text, decode, encode

Kind = Literal[
    "run", "comparison", "query_report", "simulation", "judgments", "experiment", "log", "opinion"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
# `valid`, or why a citation is grey; a text of `evidence.states` each.
Reason = Literal[
    "valid", "data_changed", "judgments_changed", "run_gone", "run_changed", "unknown_run"
]
# What a figure counts: a difference of scores or of successes, a share, a number of things.
Unit = Literal["difference", "share", "count", ""]
LONGEST_OPINION = 300


# What stands in a citation between a system and the team whose it is.
TEAM = "@"


def of_team(system: str, team: str) -> str:
    """How a citation names a system of another team; one of the shop's own without a team."""
    return f"{system}{TEAM}{team}" if team else system


@dataclass(frozen=True)
class Citation:
    """One measured figure.

    `value` is how much better `system` is than `against` on `metric`, or without `against` the
    figure itself; `low` and `high` are its 95 % interval, None where there is none. `base` is the
    value of `against`, `n` the number of examples. `runs` are the trainings that it rests on, and
    `data_fingerprint` is that of the tables and labels it was measured on. `page` with `parameters`
    in the address opens where it was measured. `note` is what a person said.
    """

    kind: Kind
    source_id: Text
    task: Text = ""
    system: Text = ""
    against: Text = ""
    metric: Text = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: Unit = ""
    data_fingerprint: Text = ""
    created: float = 0.0
    page: Text = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    base: float | None = None
    n: int = 0
    runs: tuple[str, ...] = ()
    note: Text = ""

    @property
    def id(self) -> str:
        """A name made from all that was measured; the same figure of the same source has one."""
        about = {name: value for name, value in self.as_json().items() if name != "created"}
        text = json.dumps(about, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]

    @property
    def has_interval(self) -> bool:
        """Whether it says how sure its value is."""
        return self.low is not None and self.high is not None

    @property
    def is_difference(self) -> bool:
        """Whether 0 would mean that nothing was gained."""
        return self.unit == "difference"

    @property
    def includes_zero(self) -> bool:
        """Whether it is a difference whose interval leaves open if anything was gained."""
        if self.low is None or self.high is None or not self.is_difference:
            return False
        return self.low <= 0 <= self.high

    @property
    def is_loss(self) -> bool:
        """Whether it is a difference that lies clearly below 0."""
        return self.is_difference and self.high is not None and self.high < 0

    def as_json(self) -> dict[str, object]:
        """The citation in JSON's own kinds."""
        return cast(dict[str, object], encode(self))

    @classmethod
    def from_json(cls, value: object) -> "Citation":
        """The citation that `as_json` gave. Raises InputError for a value that is none."""
        return decode(cls, value)


@dataclass(frozen=True)
class CitationState:
    """Whether a citation still holds; a grey one says why, and never counts."""

    reason: Reason = "valid"

    @property
    def valid(self) -> bool:
        """Whether the figure may be counted."""
        return self.reason == "valid"
