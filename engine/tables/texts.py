"""Columns of texts, of which a log repeats each many times."""

import pandas as pd

from engine.text.words import normalise


def normalise_texts(texts: pd.Series) -> pd.Series:
    """The texts normalised (`normalise`), each distinct one once; missing ones stay missing."""
    return texts.map({text: normalise(text) for text in texts.dropna().unique()})
