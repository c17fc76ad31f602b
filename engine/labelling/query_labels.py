"""Labelled queries for the intent task: the intent and category of each, true or guessed."""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.labelling.intent_rules import weak_intents
from engine.labelling.labelled_texts import heads_of
from engine.labelling.labels import (
    INTENTS,
    OTHER,
    category_labels,
    category_votes,
    collect_queries,
    corrected,
    logged_intents,
)
from engine.labelling.split import split_queries
from engine.tables.categories import depth
from engine.tables.tables import Tables

# A class with fewer examples is neither learned nor measured; it becomes "other".
FEWEST = 8
# The share of the labelled queries that a category level must keep out of "other".
ENOUGH = 0.8


@dataclass(frozen=True)
class Trust:
    """How much evidence from behaviour counts as the truth, and how much weaker evidence counts.

    `votes` is the least sum of event weights for a truth, `share` the winner's least share of it,
    and `weak` the weight in training of a label that is only guessed.
    """

    votes: float
    share: float
    weak: float


def label_queries(tables: Tables, trust: Trust, seed: int) -> tuple[pd.DataFrame, list[str]]:
    """Every distinct query with its part, truths and training labels; and codes of notes.

    Besides the columns of `collect_queries` there are `example_id`, `part` and, for the heads
    `intent` and `category`, `truth.<head>` (null if unknown), `label.<head>` to learn from (the
    truth or, in the training part, a guess) and `weight.<head>` (1 for a truth, 0 for no label). A
    head whose truths are not of at least two kinds is left out.
    """
    frame = collect_queries(tables).copy()
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
    """The labels of each head, intents in their order, categories by name with other last."""
    labels: dict[str, list[str]] = {}
    for head in heads_of(frame):
        present = set(frame[f"label.{head}"].dropna())
        intents = [label for label in INTENTS if label in present] if head == "intent" else []
        labels[head] = intents or sorted(present, key=lambda label: (label == OTHER, label))
    return labels


def _label_intents(frame: pd.DataFrame, tables: Tables, trust: Trust) -> list[str]:
    hand, logged = corrected(tables, "intent", "intent"), logged_intents(tables)
    hand = hand[hand.isin(INTENTS)]
    truth = frame["query"].map(hand).astype("object")
    truth = truth.where(truth.notna(), frame["query"].map(logged))
    rules = weak_intents(frame["query"], tables.products).set_axis(frame.index)
    notes = []
    if truth.isna().all():
        truth = rules["intent"].where(rules["agreed"])
        notes.append("intent.rules_are_the_truth")
    _add_head(frame, "intent", truth, rules["intent"], pd.Series(trust.weak, frame.index))
    return notes


def _label_categories(frame: pd.DataFrame, tables: Tables, trust: Trust) -> None:
    votes = category_votes(tables)
    labels = _best_level(votes, trust)
    sure = (labels["weight"] >= trust.votes) & (labels["share"] >= trust.share)
    hand = corrected(tables, "intent", "category")
    truth = frame["query"].map(hand).astype("object")
    truth = truth.where(truth.notna(), frame["query"].map(labels["category"][sure]))
    counts = truth.value_counts()
    common = set(counts.index[counts >= FEWEST])
    folded = truth.where(truth.isin(common) | truth.isna(), OTHER)
    guess = frame["query"].map(labels["category"]).astype("object")
    guess = guess.where(guess.isin(common) | guess.isna(), OTHER if OTHER in set(folded) else None)
    _add_head(frame, "category", folded, guess, trust.weak * frame["query"].map(labels["share"]))


def _best_level(votes: pd.DataFrame, trust: Trust) -> pd.DataFrame:
    """The labels at the deepest level whose common categories cover enough of the sure queries."""
    deepest = max(map(depth, votes["category"]), default=1)
    for level in range(deepest, 0, -1):
        labels = category_labels(votes, level)
        sure = labels[(labels["weight"] >= trust.votes) & (labels["share"] >= trust.share)]
        counts = sure["category"].value_counts()
        if level == 1 or counts[counts >= FEWEST].sum() >= ENOUGH * max(len(sure), 1):
            break
    return labels


def _add_head(
    frame: pd.DataFrame, head: str, truth: pd.Series, guess: pd.Series, trusted: pd.Series
) -> None:
    weak = truth.isna() & guess.notna() & (frame["part"] == "train")
    frame[f"truth.{head}"] = truth.astype("object").where(truth.notna(), None)
    label = truth.where(truth.notna(), guess.where(weak)).astype("object")
    frame[f"label.{head}"] = label.where(label.notna(), None)
    frame[f"weight.{head}"] = np.where(truth.notna(), 1.0, trusted.where(weak, 0.0).fillna(0.0))
