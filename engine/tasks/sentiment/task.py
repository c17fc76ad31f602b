"""What a reviewer feels: review → sentiment, and the sentiment towards each aspect it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from engine.errors import InputError
from engine.labelling.labelled_texts import choose_examples, known_counts
from engine.labelling.review_labels import (
    FEWEST,
    HEAD,
    label_reviews,
    sentiment_labels,
    true_sentiments,
)
from engine.labelling.split import draw_at_most, take_share
from engine.reading.load import clean_file
from engine.reviews.aspects import AspectMention, Aspects, find_mentions, seed_aspects
from engine.reviews.sentiment_lexicon import descriptions, lexicon_probabilities
from engine.tables.schema import SENTIMENTS
from engine.tables.tables import Tables
from engine.tasks.base import Advice, Dataset, Readiness
from engine.tasks.classify.answers import Classification, HeadAnswer
from engine.tasks.classify.task import ClassificationTask, Heads
from engine.tasks.readiness import rate
from engine.tasks.sentiment.answers import AspectAnswer, SentimentAnswer, SentimentInput
from engine.tasks.sentiment.config import PRESETS, QUICK_CHINESE, SentimentConfig

if TYPE_CHECKING:
    from engine.tasks.classify.bundle import ClassifierBundle

READY, THIN = 300, 40


class SentimentTask(ClassificationTask[SentimentInput, SentimentAnswer]):
    """The sentiment task; see `engine.tasks.base.Task` for the contract."""

    name = "sentiment"
    accepts = SentimentInput
    presets = PRESETS
    quick_chinese = QUICK_CHINESE
    with_svm = True
    settings = SentimentConfig
    fields = ("text",)
    reads = ("reviews",)

    def text(self, item: SentimentInput) -> str:
        """The review."""
        return item.text

    def answer(self, item: SentimentInput, classes: Classification) -> SentimentAnswer:
        """The review with its classes, yet without aspects."""
        return SentimentAnswer(
            text=item.text,
            heads=classes.heads,
            unsure=classes.unsure,
            uncertainty=classes.uncertainty,
        )

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
            if rare := _rare_kinds(tables):
                lack = ("sentiment.rare_kinds", rare)
                counts["sentiment_labels"] = sum(rare[kind] for kind in SENTIMENTS)
        return rate(have, READY, THIN, counts, lack)

    def dataset(self, tables: Tables, config: SentimentConfig) -> Dataset:
        """Distinct reviews, no product's in two parts; stars teach less than given labels."""
        frame, notes = label_reviews(tables, config.weak_weight, config.seed)
        have, kinds = _known(frame)
        if kinds < 2 and (rare := _rare_kinds(tables)):
            raise InputError("sentiment.rare_kinds", (), **rare)
        if have and kinds < 2:
            raise InputError("sentiment.one_kind")
        if have < THIN or kinds < 2:
            raise InputError("sentiment.not_ready", have=have, want=THIN)
        parts = {name: rows.drop(columns="part") for name, rows in frame.groupby("part")}
        train = choose_examples(
            parts["train"], config.max_examples, config.seed, config.back_labels
        )
        validation, test = (
            draw_at_most(parts[name].dropna(subset=f"truth.{HEAD}"), config.most_held, config.seed)
            for name in ("validation", "test")
        )
        return Dataset(
            self.name,
            take_share(train, config.train_share, config.seed).reset_index(drop=True),
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
        mapping = tables.mappings.get("reviews", {})
        reviews = clean_file("reviews", file, mapping, skip_bad_rows=True)
        labelled, _ = true_sentiments(reviews)
        test = labelled.dropna(subset=f"truth.{HEAD}").reset_index(drop=True)
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
        self, bundle: ClassifierBundle, inputs: Sequence[SentimentInput]
    ) -> list[SentimentAnswer]:
        """Per input its sentiment and that of each aspect it names.

        The same model judges the clause that names an aspect.
        """
        mentions = [
            (row, mention)
            for row, item in enumerate(inputs)
            for mention in find_mentions(item.text, _aspects(item))
        ]
        clauses = [SentimentInput(mention.clause) for _, mention in mentions]
        aspects: list[list[AspectAnswer]] = [[] for _ in inputs]
        for (row, mention), clause in zip(mentions, super().predict(bundle, clauses), strict=True):
            aspects[row].append(_aspect_answer(mention, clause.sentiment))
        return [
            replace(answer, aspects=tuple(some))
            for answer, some in zip(super().predict(bundle, inputs), aspects, strict=True)
        ]


def _aspects(item: SentimentInput) -> Aspects:
    return seed_aspects() if item.aspects is None else Aspects(item.aspects)


def _aspect_answer(mention: AspectMention, sentiment: HeadAnswer) -> AspectAnswer:
    return AspectAnswer(
        mention.aspect,
        mention.term,
        mention.clause,
        sentiment.label,
        sentiment.confidence,
        sentiment.unsure,
    )


def _known(frame: pd.DataFrame) -> tuple[int, int]:
    """How many reviews have a truth, and of how many kinds."""
    return known_counts(frame).get(HEAD, 0), int(frame[f"truth.{HEAD}"].nunique())


def _rare_kinds(tables: Tables) -> dict[str, int]:
    """How many reviews of each sentiment there are, if there are several that are all too rare."""
    frame, _ = true_sentiments(tables.reviews)
    truths = frame[f"truth.{HEAD}"].dropna()
    if truths.nunique() < 2:
        return {}
    return {"fewest": FEWEST, **{kind: int((truths == kind).sum()) for kind in SENTIMENTS}}


TASK = SentimentTask()
