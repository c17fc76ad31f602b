"""The language of a workspace's tables, which an undone load brings back with them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from engine.storage.generations import KEPT


@dataclass(frozen=True)
class ShopLanguage:
    """What a workspace's record says of its tables."""

    language: str
    # Whether somebody chose it; otherwise the next catalog may change it.
    language_chosen: bool = False
    # The language of the sample shop that was loaded, and the generation that it became.
    sample: Sequence[str] = ("", "")

    @classmethod
    def of(cls, record: Mapping[str, Any], generation: str) -> Self:
        """That of the tables of `generation`.

        An undo is one rename: which generation is the current one decides what is read here.
        """
        record = {**record, **record.get("languages", {}).get(generation, {})}
        return cls(
            record["language"],
            record.get("language_chosen", False),
            record.get("sample", ("", "")),
        )

    def kept_in(self, record: Mapping[str, Any], generation: str) -> dict[str, Any]:
        """The values of a record with which `of` finds this again for `generation`."""
        others = {**record.get("languages", {})}
        others.pop(generation, None)
        newest = [*others.items(), (generation, asdict(self))][-KEPT:]
        return {**asdict(self), "languages": dict(newest)}
