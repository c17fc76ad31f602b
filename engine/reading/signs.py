"""Looks at the bytes of a column to see whether a pattern can match at all.

A pattern takes some 50 ns a text, a look at all bytes a hundredth of that.
"""

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

# Stands for all signs beyond ASCII.
BEYOND_ASCII = "beyond"
_SPACE, _LAST_VISIBLE, _LAST_ASCII = 0x20, 0x7E, 0x7F


def holds(column: pd.Series, signs: str) -> bool:
    """Whether any text has one of `signs`, which are of ASCII, or BEYOND_ASCII.

    Of a part of a longer column, the other texts may count as well.
    """
    if signs == BEYOND_ASCII:
        return any((texts > _LAST_ASCII).any() for texts in _bytes(column))
    return any((texts == ord(sign)).any() for texts in _bytes(column) for sign in signs)


def are_visible(column: pd.Series) -> bool:
    """Whether all signs of all texts are visible ones of ASCII: no spaces and no controls."""
    return not any(((texts <= _SPACE) | (texts > _LAST_VISIBLE)).any() for texts in _bytes(column))


def _bytes(column: pd.Series) -> list[NDArray[np.uint8]]:
    texts = pa.chunked_array(pa.array(column, pa.large_string(), from_pandas=True))
    return [np.frombuffer(chunk.buffers()[2] or b"", np.uint8) for chunk in texts.chunks]
