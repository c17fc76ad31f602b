"""What a product is: title and description → category and attribute values, with confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import InputError
from engine.labelling.labelled_texts import heads_of, known_counts
from engine.labelling.labels import OTHER
from engine.labelling.product_columns import FEWEST_ROWS
from engine.labelling.product_labels import label_products, parts_of
from engine.labelling.split import draw_at_most, take_share
from engine.models.work import Phase, Work
from engine.tables.categories import cut_path, leaf
from engine.tables.product_text import summary
from engine.tables.tables import Tables
from engine.tasks.attributes.answers import OWN, AttributesAnswer, AttributesInput, OwnLabel
from engine.tasks.attributes.config import PRESETS, AttributesConfig
from engine.tasks.base import Advice, Dataset, Readiness
from engine.tasks.classify.answers import Classification
from engine.tasks.classify.task import ClassificationTask, Heads
from engine.tasks.readiness import rate

if TYPE_CHECKING:
    import pandas as pd

    from engine.tasks.classify.bundle import ClassifierBundle
    from engine.tasks.classify.members import Member

READY = 300
MOST_WORDS = 3
# What the regressions take for a label and a thousand rows squared, as measured on a slow core.
REGRESSION_SECONDS = 0.25


class AttributesTask(ClassificationTask[AttributesInput, AttributesAnswer]):
    """The attributes task; see `engine.tasks.base.Task` for the contract."""

    name = "attributes"
    accepts = AttributesInput
    presets = PRESETS
    settings = AttributesConfig
    fields = ("title", "description")
    reads = ("products",)

    def text(self, item: AttributesInput) -> str:
        """Title and description."""
        return summary(item.title, item.description)

    def answer(self, item: AttributesInput, classes: Classification) -> AttributesAnswer:
        """The product with its classes."""
        return AttributesAnswer(
            title=item.title,
            description=item.description,
            product_id=item.product_id,
            heads=classes.heads,
            unsure=classes.unsure,
            uncertainty=classes.uncertainty,
        )

    def readiness(self, tables: Tables) -> Readiness:
        """Ready from `READY` products with a value in the fullest column on."""
        usual = AttributesConfig.model_validate({})
        frame, _ = label_products(tables, usual.most_heads, usual.max_examples, usual.seed)
        known = known_counts(frame)
        best = max(known.values(), default=0)
        counts = {"products": len(frame), "attributes": len(known), "attribute_values": best}
        lack: Advice = ("attributes.load_columns", {"want": FEWEST_ROWS})
        if best:
            lack = ("attributes.need_values", {"have": best, "want": READY})
        hints: list[Advice] = []
        if len(frame) and frame["description"].notna().mean() < 0.5:
            hints.append(("attributes.no_descriptions", {}))
        return rate(best, READY, FEWEST_ROWS, counts, lack, *hints)

    def dataset(self, tables: Tables, config: AttributesConfig) -> Dataset:
        """The products with a value in any column to learn, split by product family."""
        frame, notes = label_products(
            tables, config.most_heads, config.max_examples, config.seed, config.field
        )
        heads = heads_of(frame)
        if not heads:
            if config.field:
                raise InputError("attributes.no_field", field=config.field, want=FEWEST_ROWS)
            raise InputError("attributes.not_ready", want=FEWEST_ROWS)
        known = frame.dropna(subset=[f"truth.{head}" for head in heads], how="all")
        held = config.most_held
        most = {"train": config.max_examples, "validation": held, "test": held}
        parts = {
            name: draw_at_most(rows, most[name], config.seed)
            for name, rows in parts_of(known).items()
        }
        if any(rows.empty for rows in parts.values()):
            raise InputError("attributes.one_family", have=len(known))
        return Dataset(
            self.name,
            take_share(parts["train"], config.train_share, config.seed).reset_index(drop=True),
            parts["validation"],
            parts["test"],
            tables=tables,
            labels={head: _order(frame[f"label.{head}"]) for head in heads},
            notes=notes,
        )

    def workload(self, dataset: Dataset, config: AttributesConfig) -> Work:
        """As every classification, with the regressions beside: many labels, long texts."""
        labels = sum(len(names) for names in dataset.labels.values())
        regressions = Phase(labels * (len(dataset.train) / 1000) ** 2, lambda: REGRESSION_SECONDS)
        work = super().workload(dataset, config)
        return replace(work, phases=[*work.phases, regressions])

    def first_labels(self, tables: Tables) -> dict[str, list[str]]:
        """The categories' first level. Raises InputError for a catalog with fewer than two."""
        paths = tables.products["category"].dropna().unique()
        tops = sorted({cut_path(path, 1) for path in paths})
        if len(tops) < 2:
            raise InputError("attributes.not_ready", want=FEWEST_ROWS)
        return {"category": tops}

    def meanings(self, head: str, labels: Sequence[str], tables: Tables) -> list[list[str]]:
        """Each label in its own words: a product's title would give a held-out one away."""
        return [[leaf(label), label] for label in labels]

    def extras(self, dataset: Dataset) -> dict[str, Member]:
        """`keyword`: the value whose own words stand in the text, else the usual one."""
        from engine.tasks.classify.stated_member import StatedMember

        shares = {}
        for head, names in dataset.labels.items():
            counts = dataset.train[f"label.{head}"].value_counts(normalize=True)
            shares[head] = counts.reindex(names, fill_value=0.0).tolist()
        return {"keyword": StatedMember(dataset.labels, shares)}

    def rules(self, dataset: Dataset, part: pd.DataFrame) -> dict[str, Heads]:
        """What `extras` say on their own."""
        texts = part["input"].tolist()
        return {
            name: {head: np.exp(table) for head, table in member.scores(texts).items()}
            for name, member in self.extras(dataset).items()
        }

    def predict(
        self, bundle: ClassifierBundle, inputs: Sequence[AttributesInput]
    ) -> list[AttributesAnswer]:
        """Per input what its product is, or the nearest of the labels that it brought.

        Raises InputError where only some inputs bring labels, or too few of them.
        """
        choices = [item.labels for item in inputs if item.labels is not None]
        if choices:
            if len(choices) < len(inputs):
                raise InputError("attributes.mixed_inputs")
            return self._choose(bundle, inputs, choices)
        return [
            replace(answer, words=self._reasons(bundle, item, answer)) if item.words else answer
            for item, answer in zip(inputs, super().predict(bundle, inputs), strict=True)
        ]

    def _choose(
        self,
        bundle: ClassifierBundle,
        inputs: Sequence[AttributesInput],
        choices: Sequence[Sequence[OwnLabel]],
    ) -> list[AttributesAnswer]:
        from engine.tasks.classify.answering import classify_freely

        for labels in choices:
            names = {label.name.strip() for label in labels} - {""}
            if len(names) < 2 or len(names) < len(labels):
                raise InputError("attributes.bad_labels")
        classes = classify_freely(bundle, OWN, [self.text(item) for item in inputs], choices)
        return [self.answer(item, each) for item, each in zip(inputs, classes, strict=True)]

    def _reasons(
        self, bundle: ClassifierBundle, item: AttributesInput, answer: AttributesAnswer
    ) -> dict[str, tuple[str, ...]]:
        """By head the words that speak most for the answer, the strongest first."""
        reasons = {}
        for head, labels in bundle.labels.items():
            label = labels.index(answer.heads[head].label)
            weights = bundle.words(self.text(item), head, label) or []
            strongest = sorted(weights, key=lambda pair: -pair[1])
            words = dict.fromkeys(word for word, share in strongest if share > 0)
            reasons[head] = tuple(words)[:MOST_WORDS]
        return reasons


def _order(labels: pd.Series) -> list[str]:
    return sorted(labels.dropna().unique(), key=lambda label: (label == OTHER, label))


TASK = AttributesTask()
