"""Finds texts by the beginning of any of their words, with a suffix array of word starts."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Of longer beginnings only these first characters are compared.
LONGEST = 48
_END = "\n"


class Prefixes:
    """All word starts of some texts, sorted by what follows (Manber and Myers, SODA 1990).

    For each word start, `owners` has the number of its text and `starts` the position in it, both
    in the sorted order.
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
        """The word starts that are followed by `beginning`."""
        prefix = beginning[:LONGEST]
        if _END in prefix:
            return slice(0, 0)
        rows, width = range(len(self._offsets)), len(prefix)

        def text_at(row: int) -> str:
            offset = int(self._offsets[row])
            return self._blob[offset : offset + width]

        low = bisect_left(rows, prefix, key=text_at)
        return slice(low, bisect_right(rows, prefix, lo=low, key=text_at))
