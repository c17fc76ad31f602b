"""What a reviewer feels: review → sentiment, and the sentiment towards each aspect it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine.errors import InputError
from engine.labelling.labelled_texts import choose_examples, known_counts
from engine.labelling.review_labels import HEAD, label_reviews, sentiment_labels, true_sentiments
from engine.reading.load import clean_file
from engine.reviews.aspects import Aspects, find_mentions, seed_aspects
from engine.reviews.sentiment_lexicon import descriptions, lexicon_probabilities
from engine.tables.schema import SENTIMENTS
from engine.tables.tables import Tables
from engine.tasks.base import Advice, Dataset, Readiness
from engine.tasks.classify.task import ClassificationTask, Heads
from engine.tasks.readiness import rate
from engine.tasks.sentiment.config import PRESETS, QUICK_CHINESE, SentimentConfig

if TYPE_CHECKING:
    from engine.tasks.classify.bundle import ClassifierBundle

READY, THIN = 300, 40


class SentimentTask(ClassificationTask):
    """The sentiment task; see `engine.tasks.base.Task` for the contract."""

    name = "sentiment"
    presets = PRESETS
    quick_chinese = QUICK_CHINESE
    settings = SentimentConfig
    asked = ("text",)
    reads = ("reviews",)

    def readiness(self, tables: Tables) -> Readiness:
        """Ready from `READY` reviews with a known sentiment on, missing below `THIN`."""
        usual = SentimentConfig.model_validate({})
        frame, _ = label_reviews(tables, usual.weak_weight, usual.seed)
        have, kinds = _known(frame)
        counts = {"reviews": len(frame), "sentiment_labels": have}
        lack: Advice = ("sentiment.need_labels", {"have": have, "want": READY})
        if kinds < 2:
            # Reviews that all say the same teach nothing, however many they are.
            have = 0
            lack = ("sentiment.load_reviews" if frame.empty else "sentiment.one_kind", {})
        return rate(have, READY, THIN, counts, lack)

    def dataset(self, tables: Tables, config: SentimentConfig) -> Dataset:
        """Distinct reviews, no product's in two parts; stars teach less than given labels."""
        frame, notes = label_reviews(tables, config.weak_weight, config.seed)
        have, kinds = _known(frame)
        if have < THIN or kinds < 2:
            raise InputError("sentiment.not_ready", have=have, want=THIN)
        parts = {name: rows.drop(columns="part") for name, rows in frame.groupby("part")}
        train = choose_examples(
            parts["train"], config.max_examples, config.seed, config.back_labels
        )
        validation, test = (
            parts[name].dropna(subset=f"truth.{HEAD}").reset_index(drop=True)
            for name in ("validation", "test")
        )
        return Dataset(
            self.name,
            train.reset_index(drop=True),
            validation,
            test,
            tables=tables,
            labels={HEAD: sentiment_labels(frame)},
            notes=notes,
        )

    def dataset_from(self, file: Path, tables: Tables, config: SentimentConfig) -> Dataset:
        """What a training would learn from, with the reviews of `file` as the test part.

        The file is read as a load would read it, by the columns that the loaded reviews came from
        where it has them.
        """
        dataset = self.dataset(tables, config)
        known = tables.mappings.get("reviews", {})
        reviews = clean_file("reviews", file, known, skip_bad_rows=True)
        found, _ = true_sentiments(reviews)
        test = found.dropna(subset=f"truth.{HEAD}").reset_index(drop=True)
        if test.empty:
            raise InputError("tasks.nothing_to_measure", file=file.name)
        return replace(dataset, test=test)

    def first_labels(self, tables: Tables) -> dict[str, list[str]]:
        """All three sentiments."""
        return {HEAD: list(SENTIMENTS)}

    def meanings(self, head: str, labels: Sequence[str], tables: Tables) -> list[list[str]]:
        """Sentences in both languages that people write when they feel so."""
        return descriptions(labels)

    def rules(self, dataset: Dataset, part: pd.DataFrame) -> dict[str, Heads]:
        """The baseline `lexicon`: praise and blame counted, negated words the other way round."""
        labels = dataset.labels[HEAD]
        shares = dataset.train[f"truth.{HEAD}"].value_counts(normalize=True)
        prior = [float(shares.get(label, 0.0)) for label in labels]
        return {"lexicon": {HEAD: lexicon_probabilities(part["input"], labels, prior)}}

    def predict(
        self, bundle: ClassifierBundle, inputs: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Per input the sentiment, and `aspects`: what it says of each aspect it names.

        An aspect's entry holds `aspect`, `term`, `clause`, `sentiment`, `sentiment_confidence` and
        `sentiment_unsure`: the same model judges the clause that names it. An input may bring its
        own `aspects` (name → terms; empty for none), else the well-known ones are looked for.
        """
        found = super().predict(bundle, inputs)
        mentions = [
            (row, mention)
            for row, item in enumerate(inputs)
            for mention in find_mentions(self.text(item, row), _aspects(item, row))
        ]
        clauses = [{"text": mention.clause} for _, mention in mentions]
        for answer in found:
            answer["aspects"] = []
        for (row, mention), said in zip(mentions, super().predict(bundle, clauses), strict=True):
            kept = (HEAD, f"{HEAD}_confidence", f"{HEAD}_unsure")
            found[row]["aspects"].append(vars(mention) | {name: said[name] for name in kept})
        return found


def _aspects(item: Mapping[str, Any], row: int) -> Aspects:
    if "aspects" not in item:
        return seed_aspects()
    given = item["aspects"]
    lists = given.values() if isinstance(given, dict) else [None]
    words = [word for words in lists for word in (words if isinstance(words, list) else [None])]
    if not all(isinstance(word, str) for word in words):
        raise InputError("sentiment.bad_aspects", row=row + 1)
    return Aspects(given)


def _known(frame: pd.DataFrame) -> tuple[int, int]:
    """How many reviews have a truth, and of how many kinds."""
    return known_counts(frame).get(HEAD, 0), int(frame[f"truth.{HEAD}"].nunique())


TASK = SentimentTask()
