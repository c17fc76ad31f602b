"""What a product is: title and description → category and attribute values, with confidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import InputError
from engine.labelling.labelled_texts import heads_of, known_counts
from engine.labelling.labels import OTHER
from engine.labelling.product_columns import FEWEST_ROWS
from engine.labelling.product_labels import label_products, parts_of
from engine.models.work import Phase, Work
from engine.tables.categories import cut_path, leaf
from engine.tables.product_text import summary
from engine.tables.tables import Tables
from engine.tasks.attributes.config import PRESETS, AttributesConfig
from engine.tasks.base import Advice, Dataset, Readiness
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
# Of a large catalog more rows than these would be measured for minutes and say nothing more.
MOST_VALIDATION, MOST_TEST = 600, 1500


class AttributesTask(ClassificationTask):
    """The attributes task; see `engine.tasks.base.Task` for the contract."""

    name = "attributes"
    presets = PRESETS
    settings = AttributesConfig
    asked = ("title", "description")
    reads = ("products",)

    def text(self, item: Mapping[str, Any], row: int) -> str:
        """Title and description. Raises InputError, with its row, for an input without a title."""
        return summary(super().text(item, row), item.get("description"))

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
        most = {"train": config.max_examples, "validation": MOST_VALIDATION, "test": MOST_TEST}
        parts = {
            name: rows.sample(min(len(rows), most[name]), random_state=config.seed)
            .sort_index()
            .reset_index(drop=True)
            for name, rows in parts_of(known).items()
        }
        if any(rows.empty for rows in parts.values()):
            raise InputError("attributes.one_family", have=len(known))
        return Dataset(
            self.name,
            parts["train"],
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
        self, bundle: ClassifierBundle, inputs: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """As every classification; `title`, `description` and `product_id` come back as given.

        An input with `words` gets back in `words` the few that speak most for each answer. An input
        with `labels`, pairs of a name and a description made up by the user, is put to the nearest
        of these instead: `label`, `label_confidence` and the `probabilities` of all.
        """
        free = [item for item in inputs if "labels" in item]
        if free:
            if len(free) < len(inputs):
                raise InputError("attributes.mixed_inputs")
            return _nearest(bundle, free, [self.text(item, row) for row, item in enumerate(free)])
        found = super().predict(bundle, inputs)
        for row, (item, answer) in enumerate(zip(inputs, found, strict=True)):
            if "product_id" in item:
                answer["product_id"] = item["product_id"]
            if item.get("words"):
                text = self.text(item, row)
                answer["words"] = {
                    head: _reasons(bundle, text, head, answer) for head in bundle.labels
                }
        return found


def _reasons(
    bundle: ClassifierBundle, text: str, head: str, answer: Mapping[str, Any]
) -> list[str]:
    """The words that speak most for the answer, the strongest first."""
    weights = bundle.words(text, head, bundle.labels[head].index(answer[head])) or []
    strong = sorted(weights, key=lambda pair: -pair[1])
    return list(dict.fromkeys(word for word, share in strong if share > 0))[:MOST_WORDS]


def _nearest(
    bundle: ClassifierBundle, inputs: Sequence[Mapping[str, Any]], texts: Sequence[str]
) -> list[dict[str, Any]]:
    from engine.tasks.classify.bundle import nearest_labels

    for item in inputs:
        _check_choices(item["labels"])
    tables = nearest_labels(bundle.vectors, texts, [item["labels"] for item in inputs])
    found = []
    for item, table in zip(inputs, tables, strict=True):
        best = max(table, key=table.__getitem__)
        kept = {name: item[name] for name in ("product_id", "title") if name in item}
        answer = {"label": best, "label_confidence": table[best], "probabilities": table}
        found.append(kept | answer)
    return found


def _check_choices(labels: object) -> None:
    """Raises InputError unless `labels` are two or more pairs of texts with names of their own."""
    pairs = labels if isinstance(labels, list) else []
    whole = all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)
        for pair in pairs
    )
    names = {pair[0].strip() for pair in pairs} - {""} if whole else set()
    if len(names) < 2 or len(names) < len(pairs):
        raise InputError("attributes.bad_labels")


def _order(labels: pd.Series) -> list[str]:
    return sorted(labels.dropna().unique(), key=lambda label: (label == OTHER, label))


TASK = AttributesTask()
