"""What a shopper wants: query → intent and product category, with confidence."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from engine.errors import InputError
from engine.labelling.descriptions import descriptions, first_labels
from engine.labelling.labelled_texts import choose_examples, heads_of, known_counts
from engine.labelling.query_labels import Trust, label_queries, labels_of
from engine.labelling.split import draw_at_most, take_share
from engine.tables.tables import Tables
from engine.tasks.base import Advice, Dataset, Readiness
from engine.tasks.classify.answers import Classification
from engine.tasks.classify.task import ClassificationTask
from engine.tasks.intent.answers import IntentAnswer, IntentInput
from engine.tasks.intent.config import PRESETS, QUICK_CHINESE, IntentConfig
from engine.tasks.readiness import rate

READY, THIN = 300, 40


class IntentTask(ClassificationTask[IntentInput, IntentAnswer]):
    """The intent task; see `engine.tasks.base.Task` for the contract."""

    name = "intent"
    accepts = IntentInput
    presets = PRESETS
    quick_chinese = QUICK_CHINESE
    with_svm = True
    settings = IntentConfig
    fields = ("query",)
    reads = ("products", "searches")

    def text(self, item: IntentInput) -> str:
        """The query."""
        return item.query

    def answer(self, item: IntentInput, classes: Classification) -> IntentAnswer:
        """The query with its classes."""
        return IntentAnswer(
            query=item.query,
            heads=classes.heads,
            unsure=classes.unsure,
            uncertainty=classes.uncertainty,
        )

    def readiness(self, tables: Tables) -> Readiness:
        """Ready from `READY` labelled queries in the best head on, missing below `THIN`."""
        usual = IntentConfig.model_validate({})
        frame, _ = label_queries(tables, _trust(usual), usual.seed)
        known = known_counts(frame)
        best = max(known.values(), default=0)
        counts = {"queries": len(frame)} | {f"{head}_labels": n for head, n in known.items()}
        if frame.empty:
            return rate(best, READY, THIN, counts, ("intent.load_searches", {}))
        lack = ("intent.need_labels", {"have": best, "want": READY})
        codes = {"intent": "intent.no_intents", "category": "intent.no_categories"}
        hints: list[Advice] = [(code, {}) for head, code in codes.items() if head not in known]
        return rate(best, READY, THIN, counts, lack, *hints)

    def dataset(self, tables: Tables, config: IntentConfig) -> Dataset:
        """Distinct queries in time order; validation and test hold only trustworthy labels."""
        frame, notes = label_queries(tables, _trust(config), config.seed)
        best = max(known_counts(frame).values(), default=0)
        if best < THIN:
            raise InputError("intent.not_ready", have=best, want=THIN)
        parts = {name: rows.drop(columns="part") for name, rows in frame.groupby("part")}
        train = choose_examples(
            parts["train"], config.max_examples, config.seed, config.back_labels
        )
        validation, test = (
            draw_at_most(_with_truth(parts[name]), config.most_held, config.seed)
            for name in ("validation", "test")
        )
        return Dataset(
            self.name,
            take_share(train, config.train_share, config.seed).reset_index(drop=True),
            validation,
            test,
            tables=tables,
            labels=labels_of(frame),
            notes=notes,
        )

    def first_labels(self, tables: Tables) -> dict[str, list[str]]:
        """All intents, and the categories' first level."""
        return first_labels(tables)

    def meanings(self, head: str, labels: Sequence[str], tables: Tables) -> list[list[str]]:
        """Both languages' descriptions of the intents; titles of the categories."""
        return descriptions(head, labels, tables)


def _trust(config: IntentConfig) -> Trust:
    return Trust(config.min_votes, config.min_share, config.weak_weight)


def _with_truth(part: pd.DataFrame) -> pd.DataFrame:
    truths = [f"truth.{head}" for head in heads_of(part)]
    return part.dropna(subset=truths, how="all")


TASK = IntentTask()
