"""A look at the bytes of a column finds every text that a pattern finds."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reading.signs import BEYOND_ASCII, are_visible, contains

TEXTS = st.lists(st.none() | st.text("a.+ \x7fé！", max_size=4))


@given(TEXTS, st.integers(0, 3))
def test_texts_with_a_sign_are_found_wherever_they_stand(
    texts: list[str | None], first: int
) -> None:
    column = pd.Series(texts, dtype="str").iloc[first:]
    for pattern, signs in ((r"\.|\+$", ".+"), ("[é！]", BEYOND_ASCII), ("^a+ ", " ")):
        found = column.str.contains(pattern, regex=True, na=False)
        pd.testing.assert_series_equal(contains(column, pattern, signs), found)


@given(TEXTS)
def test_visible_texts_have_nothing_to_tidy(texts: list[str | None]) -> None:
    column = pd.Series(texts, dtype="str")
    odd = column.str.contains("[^!-~]", regex=True, na=False)
    assert are_visible(column) == (not odd.any())


@pytest.mark.parametrize("chunks", [1, 3])
def test_every_part_of_a_column_is_looked_at(chunks: int) -> None:
    parts = [pd.Series(["a"], dtype="str")] * chunks + [pd.Series(["b+"], dtype="str")]
    assert contains(pd.concat(parts), r"\+", "+").sum() == 1
