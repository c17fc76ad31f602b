"""A look at the bytes of a column finds every text that a pattern finds."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reading.signs import BEYOND_ASCII, are_visible, holds

TEXTS = st.lists(st.none() | st.text("a.+ \x7fé！", max_size=4))


@given(TEXTS)
def test_a_column_holds_the_signs_of_its_texts(texts: list[str | None]) -> None:
    column = pd.Series(texts, dtype="str")
    every = "".join(text for text in texts if text)
    assert holds(column, ".+") == (not {".", "+"}.isdisjoint(every))
    assert holds(column, BEYOND_ASCII) == (not every.isascii())
    assert are_visible(column) == (every.isascii() and every.isprintable() and " " not in every)


@pytest.mark.parametrize("chunks", [1, 3])
def test_every_part_of_a_column_is_looked_at(chunks: int) -> None:
    parts = [pd.Series(["a"], dtype="str")] * chunks + [pd.Series(["b+"], dtype="str")]
    column = pd.concat(parts)
    assert holds(column, "+")
    assert holds(column.tail(1), "+")
    assert not holds(column, "-")
