"""What a report holds, whatever it is written as: pages of claims, charts and tables."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

# Characters that no XML file may hold, and halves of characters.
_UNREADABLE = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LONGEST_TEXT = 2_000


def readable(text: str) -> str:
    """`text` without what no file of a report may hold, and not longer than `LONGEST_TEXT`."""
    return _UNREADABLE.sub(" ", text)[:LONGEST_TEXT]


class _Readable:
    """Makes every text of a block readable, whoever wrote it."""

    def __post_init__(self) -> None:
        for field in fields(self):  # type: ignore[arg-type]
            object.__setattr__(self, field.name, _clean(getattr(self, field.name)))


def _clean(value: object) -> object:
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, tuple):
        return tuple(_clean(one) for one in value)
    return value


@dataclass(frozen=True)
class Text(_Readable):
    """A paragraph that claims nothing that was measured; `name` stands before it in bold."""

    text: str
    name: str = ""


@dataclass(frozen=True)
class Claim(_Readable):
    """A sentence with its `source`; one that no longer `holds` says so there."""

    text: str
    source: str
    holds: bool = True


@dataclass(frozen=True)
class Table(_Readable):
    """Rows of texts below a `head`; `name` says what they are."""

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Series(_Readable):
    """Values in the order of a chart's categories, with both ends of their intervals if known."""

    name: str
    values: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True)
class Chart(_Readable):
    """A chart whose `title` says the finding.

    `bars` are horizontal, the first category at the top; `steps` add up from left to right
    (a waterfall, its last one the sum); `lines` go over ordered categories. `digits` are those
    behind the point.
    """

    kind: Literal["bars", "steps", "lines"]
    title: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    value_name: str
    digits: int = 3
    note: str = ""

    def number(self, value: float) -> str:
        """A value as the chart writes it."""
        return f"{value:,.{self.digits}f}"


Block = Text | Claim | Table | Chart


@dataclass(frozen=True)
class Page(_Readable):
    """One topic; `key` names it where people choose what goes in."""

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report(_Readable):
    """A cover with `title` and `subtitle`, then the pages; the last says limits and settings."""

    title: str
    subtitle: str
    language: str
    pages: tuple[Page, ...]

    @property
    def claims(self) -> Sequence[Claim]:
        """All that the report claims."""
        return [one for page in self.pages for one in page.blocks if isinstance(one, Claim)]
