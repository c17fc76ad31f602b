"""Texts that are found by how any of their words begins: a suffix array over word starts."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Longer beginnings are told apart by their first characters alone.
LONGEST = 48
_END = "\n"


class Prefixes:
    """A sorted list of all places where a word of a text starts.

    Manber and Myers (SODA 1990), for word starts only. `owners` is the text of each place and
    `starts` where in it the place is, both in the order of what is written there.
    """

    def __init__(self, texts: Sequence[str], starts: Sequence[Sequence[int]]) -> None:
        self._blob = _END.join(texts) + _END
        ends = np.cumsum([len(text) + 1 for text in texts], dtype=np.int64)
        begins = ends - np.array([len(text) + 1 for text in texts], dtype=np.int64)
        counts = [len(places) for places in starts]
        owners = np.repeat(np.arange(len(texts), dtype=np.int32), counts)
        inside = np.fromiter((n for places in starts for n in places), np.int32, sum(counts))
        offsets = inside + np.repeat(begins, counts)
        blob = self._blob
        keys = [blob[offset : offset + LONGEST] for offset in offsets.tolist()]
        order = np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)
        self._offsets = offsets[order]
        self.owners: NDArray[np.int32] = owners[order]
        self.starts: NDArray[np.int32] = inside[order]

    def find(self, beginning: str) -> slice:
        """The places where the text goes on with `beginning`."""
        wanted = beginning[:LONGEST]
        if _END in wanted:
            return slice(0, 0)
        rows, width = range(len(self._offsets)), len(wanted)

        def written(row: int) -> str:
            offset = int(self._offsets[row])
            return self._blob[offset : offset + width]

        low = bisect_left(rows, wanted, key=written)
        return slice(low, bisect_right(rows, wanted, lo=low, key=written))
