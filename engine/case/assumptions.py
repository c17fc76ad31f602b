"""What a business case assumes: each figure as a range, with where it comes from."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from engine.errors import InputError

# From the shop's log, from Shoplab's defaults, or entered by the team.
Source = Literal["log", "default", "own"]
Unit = Literal["count", "share", "money"]

MOST_MONTHS = 60
_MOST = 1e12


@dataclass(frozen=True)
class Range:
    """A figure that is not certain: lowest, likeliest and highest value, and its source."""

    low: float
    likely: float
    high: float
    source: Source = "default"


@dataclass(frozen=True)
class Assumptions:
    """Everything that stands between a gain and money.

    `link` is the relative rise of sales for each 0.01 that the offline metric rises. `adoption` is
    the share of visits that get the change. Visits, computing, serving and people are per month;
    labels and setup are paid once. Money is in the currency of the shop's prices. `months` is how
    long the case looks ahead; nothing is discounted.
    """

    visits: Range = Range(20_000, 50_000, 100_000)
    conversion: Range = Range(0.01, 0.03, 0.05)
    order_value: Range = Range(30, 60, 120)
    margin: Range = Range(0.15, 0.30, 0.45)
    link: Range = Range(0.0, 0.002, 0.01)
    adoption: Range = Range(0.5, 0.8, 1.0)
    labels: Range = Range(0, 300, 1_500)
    setup: Range = Range(500, 2_000, 8_000)
    computing: Range = Range(5, 20, 100)
    serving: Range = Range(20, 50, 200)
    people: Range = Range(0, 100, 500)
    months: int = 12

    def ranges(self) -> Iterator[tuple[str, Range]]:
        """The figures that are ranges, by name, in order."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Range):
                yield field.name, value

    def with_ranges(self, **ranges: Range) -> "Assumptions":
        """The same with some figures replaced. Raises InputError for figures that cannot be."""
        for name, value in ranges.items():
            check_range(name, value)
        return Assumptions(**{**dict(self.ranges()), **ranges}, months=self.months)

    def as_json(self) -> dict[str, Any]:
        """The assumptions as they are kept on disk."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Assumptions":
        """The assumptions of `as_json`; figures it lacks are the defaults.

        Raises TypeError, KeyError or InputError for anything else.
        """
        months = min(max(int(record.get("months", 12)), 1), MOST_MONTHS)
        known = {name: Range(**record[name]) for name in RANGES if name in record}
        return cls(months=months).with_ranges(**known)


RANGES = tuple(name for name, _ in Assumptions().ranges())
UNITS: Mapping[str, Unit] = {
    name: "count"
    if name == "visits"
    else "share"
    if name in ("conversion", "margin", "link", "adoption")
    else "money"
    for name in RANGES
}
ONCE, MONTHLY = ("labels", "setup"), ("computing", "serving", "people")
# The most that a figure can be; all are at least 0. A link below 0 would turn a measured loss into
# a profit.
MOST: Mapping[str, float] = dict.fromkeys(RANGES, _MOST) | dict.fromkeys(
    ("conversion", "margin", "link", "adoption"), 1.0
)


def check_range(name: str, value: Range) -> None:
    """Raise InputError unless 0 ≤ low ≤ likely ≤ high, and high is at most what can be."""
    # Written so that it also refuses what is no number.
    if not 0 <= value.low <= value.likely <= value.high:
        raise InputError("case.bad_order", name=name)
    if not value.high <= MOST[name]:
        raise InputError("case.too_much", name=name, most=f"{MOST[name]:g}")
