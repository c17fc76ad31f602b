"""Labelled queries for the intent task: what is known of each query's intent and category."""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.labelling.labelled_texts import heads_of
from engine.labelling.labels import (
    INTENTS,
    OTHER,
    category_labels,
    category_votes,
    collect_queries,
    corrected,
    given_intents,
    weak_intents,
)
from engine.labelling.split import split_queries
from engine.tables.categories import depth
from engine.tables.tables import Tables

# A class with fewer examples than this is neither learned nor measured: it joins "other".
FEWEST = 8
# The share of the labelled queries that a category level must keep outside "other".
ENOUGH = 0.8


@dataclass(frozen=True)
class Trust:
    """How much behaviour must say before it counts as the truth, and what less counts for.

    `votes`: summed event weights; `share`: the winner's part of them; `weak`: the weight in
    training of a label that is only guessed.
    """

    votes: float
    share: float
    weak: float


def label_queries(tables: Tables, trust: Trust, seed: int) -> tuple[pd.DataFrame, list[str]]:
    """Every distinct query with its part, truths and training labels; and codes of notes.

    Columns beside those of `collect_queries`: `example_id`, `part`, and for the heads `intent` and
    `category` a `truth.<head>` (null where unknown), a `label.<head>` to learn from (the truth, or
    in the training part a weaker guess) and its `weight.<head>` (1 for a truth, 0 for none). A head
    without truths of at least two kinds is left out.
    """
    frame = collect_queries(tables)
    frame["example_id"] = [
        hashlib.blake2b(query.encode(), digest_size=8).hexdigest() for query in frame["query"]
    ]
    frame["part"] = split_queries(frame, seed)
    notes = _label_intents(frame, tables, trust)
    _label_categories(frame, tables, trust)
    for head in ("intent", "category"):
        if frame[f"truth.{head}"].nunique() < 2:
            frame = frame.drop(columns=[f"truth.{head}", f"label.{head}", f"weight.{head}"])
    return frame, notes


def labels_of(frame: pd.DataFrame) -> dict[str, list[str]]:
    """The labels of each head in their order: intents in theirs, categories by name, other last."""
    found: dict[str, list[str]] = {}
    for head in heads_of(frame):
        seen = set(frame[f"label.{head}"].dropna())
        known = [label for label in INTENTS if label in seen] if head == "intent" else []
        found[head] = known or sorted(seen, key=lambda label: (label == OTHER, label))
    return found


def _label_intents(frame: pd.DataFrame, tables: Tables, trust: Trust) -> list[str]:
    hand, given = corrected(tables, "intent"), given_intents(tables)
    hand = hand[hand.isin(INTENTS)]
    truth = frame["query"].map(hand).astype("object")
    truth = truth.where(truth.notna(), frame["query"].map(given))
    rules = weak_intents(frame["query"], tables.products).set_axis(frame.index)
    notes = []
    if truth.isna().all():
        truth = rules["intent"].where(rules["agreed"])
        notes.append("intent.rules_are_the_truth")
    _put(frame, "intent", truth, rules["intent"], pd.Series(trust.weak, frame.index))
    return notes


def _label_categories(frame: pd.DataFrame, tables: Tables, trust: Trust) -> None:
    votes = category_votes(tables)
    labels = _best_level(votes, trust)
    sure = (labels["weight"] >= trust.votes) & (labels["share"] >= trust.share)
    hand = corrected(tables, "category")
    truth = frame["query"].map(hand).astype("object")
    truth = truth.where(truth.notna(), frame["query"].map(labels["category"][sure]))
    counts = truth.value_counts()
    common = set(counts.index[counts >= FEWEST])
    folded = truth.where(truth.isin(common) | truth.isna(), OTHER)
    guess = frame["query"].map(labels["category"]).astype("object")
    guess = guess.where(guess.isin(common) | guess.isna(), OTHER if OTHER in set(folded) else None)
    _put(frame, "category", folded, guess, trust.weak * frame["query"].map(labels["share"]))


def _best_level(votes: pd.DataFrame, trust: Trust) -> pd.DataFrame:
    """The labels at the deepest level whose common categories hold enough of the sure queries."""
    deepest = max(map(depth, votes["category"]), default=1)
    for level in range(deepest, 0, -1):
        labels = category_labels(votes, level)
        sure = labels[(labels["weight"] >= trust.votes) & (labels["share"] >= trust.share)]
        counts = sure["category"].value_counts()
        if level == 1 or counts[counts >= FEWEST].sum() >= ENOUGH * max(len(sure), 1):
            break
    return labels


def _put(
    frame: pd.DataFrame, head: str, truth: pd.Series, guess: pd.Series, trusted: pd.Series
) -> None:
    learned = frame["part"] == "train"
    weak = truth.isna() & guess.notna() & learned
    frame[f"truth.{head}"] = truth.astype("object").where(truth.notna(), None)
    label = truth.where(truth.notna(), guess.where(weak)).astype("object")
    frame[f"label.{head}"] = label.where(label.notna(), None)
    frame[f"weight.{head}"] = np.where(truth.notna(), 1.0, trusted.where(weak, 0.0).fillna(0.0))
