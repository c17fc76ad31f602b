"""Labelled reviews for the sentiment task: the sentiment of each, true or from its stars."""

import hashlib

import numpy as np
import pandas as pd

from engine.labelling.labels import corrected
from engine.labelling.split import PARTS, split_groups
from engine.tables.schema import SENTIMENTS
from engine.tables.tables import Tables
from engine.text.words import normalise

HEAD = "sentiment"
# Training takes a larger share of reviews than of queries, since there are fewer labels.
VALIDATION, TEST = 0.1, 0.2
# A class with fewer truths is neither learned nor measured.
FEWEST = 8
# The least share of the truths in each part; otherwise the split does not follow products.
LEAST_PART = 0.05


def label_reviews(tables: Tables, weak: float, seed: int) -> tuple[pd.DataFrame, list[str]]:
    """Every distinct review with its part, truth and training label; and codes of notes.

    Columns: those of `true_sentiments`, `part`, `label.sentiment` to learn from (the truth or, in
    the training part, what the stars say) and `weight.sentiment` (1 for a truth, `weak` for stars,
    0 for no label). What somebody set by hand is the truth of its text. Reviews of one product
    share a part if products are known and allow it.
    """
    frame, labelled = true_sentiments(tables.reviews)
    truth = frame[f"truth.{HEAD}"]
    notes = [] if labelled or truth.isna().all() else ["sentiment.stars_are_the_truth"]
    hand = frame["input"].map(normalise).map(corrected(tables, "sentiment", HEAD))
    truth = truth.where(~hand.isin(SENTIMENTS), hand)
    counts = truth.value_counts()
    frequent = set(counts.index[counts >= FEWEST])
    truth = truth.where(truth.isin(frequent), None)
    frame["part"], by_product = _split(frame, truth, seed)
    if not by_product:
        notes.append("sentiment.products_mixed")
    stars = frame["stars"]
    guess = stars.where(stars.isin(frequent) & truth.isna() & (frame["part"] == PARTS[0]), None)
    frame[f"truth.{HEAD}"] = truth
    frame[f"label.{HEAD}"] = truth.where(truth.notna(), guess)
    frame[f"weight.{HEAD}"] = np.where(truth.notna(), 1.0, np.where(guess.notna(), weak, 0.0))
    return frame.drop(columns="stars"), notes


def true_sentiments(reviews: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
    """Each distinct text with its sentiment; and whether that is from a column, not from stars.

    Columns `example_id`, `input`, `product_id`, `stars` (the sentiment according to the stars) and
    `truth.sentiment`: the sentiment column or, where it does not have `FEWEST` labels of two kinds,
    the stars of reviews without a label; null if unknown.
    """
    frame = _distinct(reviews)
    frame["stars"] = star_sentiments(frame["rating"])
    counts = frame["sentiment"].value_counts()
    # A column that labels hardly anything must not hide thousands of stars.
    starless = bool(frame["stars"].isna().all())
    by_hand = int((counts >= FEWEST).sum()) > 1 or (len(counts) > 0 and starless)
    stars = frame["sentiment"].where(frame["sentiment"].notna(), frame["stars"])
    frame[f"truth.{HEAD}"] = frame["sentiment"] if by_hand else stars
    frame["example_id"] = [
        hashlib.blake2b(text.encode(), digest_size=8).hexdigest() for text in frame["key"]
    ]
    return frame.drop(columns=["key", "rating", "sentiment"]), by_hand


def star_sentiments(ratings: pd.Series) -> pd.Series:
    """The sentiment of ratings: up to 2 stars negative, from 4 on positive, else neutral."""
    stars = pd.to_numeric(ratings, errors="coerce")
    sentiments = np.select([stars < 2.5, stars > 3.5], ["negative", "positive"], default="neutral")
    return pd.Series(sentiments, ratings.index, dtype=object).where(stars.notna(), None)


def sentiment_labels(frame: pd.DataFrame) -> list[str]:
    """The sentiments among the labels, from negative to positive."""
    present = set(frame[f"label.{HEAD}"].dropna())
    return [label for label in SENTIMENTS if label in present]


def _distinct(reviews: pd.DataFrame) -> pd.DataFrame:
    """Each text once, preferring rows with a sentiment."""
    texts = reviews["text"].astype(object)
    frame = pd.DataFrame(
        {
            "input": texts,
            "product_id": reviews["product_id"].astype(object),
            "rating": reviews["rating"],
            "sentiment": reviews["sentiment"].astype(object),
        }
    ).dropna(subset="input")
    frame["sentiment"] = frame["sentiment"].where(frame["sentiment"].notna(), None)
    frame["key"] = frame["input"].map(normalise)
    frame = frame[frame["key"] != ""]
    first = frame.sort_values("sentiment", key=lambda cells: cells.isna(), kind="stable")
    return frame.loc[first.drop_duplicates("key").index.sort_values()].reset_index(drop=True)


def _split(frame: pd.DataFrame, truth: pd.Series, seed: int) -> tuple[pd.Series, bool]:
    """The part of every row, and whether the split follows products (or none are known)."""
    product = frame["product_id"]
    if product.isna().all():
        return _stratified(frame, truth, seed), True
    groups = product.where(product.notna(), "#" + frame["example_id"])
    parts = split_groups(groups, seed, validation=VALIDATION, test=TEST)
    if _usable(parts, truth):
        return parts, True
    return _stratified(frame, truth, seed), False


def _usable(parts: pd.Series, truth: pd.Series) -> bool:
    """Whether every part has enough truths, and of every sentiment."""
    labelled = truth.notna()
    kinds = truth[labelled].nunique()
    truths_of_parts = [truth[labelled & (parts == part)] for part in PARTS]
    least = LEAST_PART * labelled.sum()
    return all(len(rows) >= least and rows.nunique() == kinds for rows in truths_of_parts)


def _stratified(frame: pd.DataFrame, truth: pd.Series, seed: int) -> pd.Series:
    """A split with the same share of each sentiment in all parts, drawn by `seed`."""
    parts = pd.Series(PARTS[0], frame.index, dtype=object)
    for _, rows in frame.groupby(truth.fillna(""), sort=True):
        parts[rows.index] = split_groups(rows["example_id"], seed, validation=VALIDATION, test=TEST)
    return parts
