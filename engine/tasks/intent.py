"""What a shopper wants: query → intent and product category, with confidence.

What imports torch is imported where it is used: a page asks this module for readiness and settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from engine.data.descriptions import TITLES_PER_CATEGORY, descriptions, first_labels
from engine.data.examples import (
    Trust,
    choose_examples,
    examples_of,
    heads_of,
    known_counts,
    label_queries,
    labels_of,
)
from engine.data.labels import collect_queries
from engine.data.tables import Tables
from engine.errors import InputError
from engine.models.pretrained import default_encoder
from engine.tasks.base import Bundle, Dataset, Explanation, Readiness, Work
from engine.text.words import normalise
from engine.training.config import ClassifierConfig, preset_settings, with_changes
from engine.training.progress import Progress

if TYPE_CHECKING:
    from engine.models.intent_bundles import IntentBundle
    from engine.models.members import QueryVectors

READY, THIN = 300, 40
PRESETS: Mapping[str, Mapping[str, object]] = {
    # Of a model with twelve layers the last eight: the time limit allows no more on two cores.
    "quick": {
        "adapter": "last_k",
        "last_k": 8,
        "epochs": 12,
        "max_examples": 1800,
        "patience": 0,
    },
    "balanced": {"epochs": 16, "max_examples": 6000, "patience": 4},
    "thorough": {"epochs": 24, "max_examples": 20000, "patience": 6},
}
FLOORS = ("tfidf", "frozen", "frozen_tfidf")


class IntentConfig(ClassifierConfig):
    """What the intent task can be told."""

    min_votes: float = Field(
        2, ge=1, description="Clicks (carts count twice, purchases thrice) that make a category."
    )
    min_share: float = Field(
        0.6, ge=0.5, le=1, description="Share of them that must agree on the category."
    )
    weak_weight: float = Field(
        0.3, ge=0, le=1, description="How much a guessed label counts beside a given one."
    )
    precision: float = Field(
        0.9, gt=0, le=1, description="Share of right answers among those not called unsure."
    )


class IntentTask:
    """The intent task; see `engine.tasks.base.Task` for the contract."""

    name = "intent"
    kind: Literal["classification"] = "classification"

    def config(self, preset: str, tables: Tables, **changes: object) -> IntentConfig:
        """The settings of a preset for the workspace's language, with changes."""
        start = {
            "model": default_encoder(tables.language),
            # Few new weights stand more than many pretrained ones.
            "learning_rate": 1e-3 if changes.get("adapter") == "lora" else 1e-4,
            **preset_settings(PRESETS, preset),
        }
        return with_changes(IntentConfig.model_validate(start), changes)

    def readiness(self, tables: Tables) -> Readiness:
        """Ready from `READY` labelled queries in the best head on, missing below `THIN`."""
        usual = IntentConfig.model_validate({})
        frame, _ = label_queries(tables, _trust(usual), usual.seed)
        known = known_counts(frame)
        best = max(known.values(), default=0)
        level: Literal["ready", "thin", "missing"] = (
            "ready" if best >= READY else "thin" if best >= THIN else "missing"
        )
        advice: list[tuple[str, Mapping[str, object]]] = []
        if frame.empty:
            advice.append(("intent.load_searches", {}))
        elif best < READY:
            advice.append(("intent.need_labels", {"have": best, "want": READY}))
        if len(frame) and "intent" not in known:
            advice.append(("intent.no_intents", {}))
        if len(frame) and "category" not in known:
            advice.append(("intent.no_categories", {}))
        counts = {"queries": len(frame)} | {f"{head}_labels": n for head, n in known.items()}
        return Readiness(level, counts, advice)

    def dataset(self, tables: Tables, config: IntentConfig) -> Dataset:
        """Distinct queries in time order; validation and test hold only trustworthy labels."""
        frame, notes = label_queries(tables, _trust(config), config.seed)
        best = max(known_counts(frame).values(), default=0)
        if best < THIN:
            raise InputError("intent.not_ready", have=best, want=THIN)
        parts = {name: rows.drop(columns="part") for name, rows in frame.groupby("part")}
        train = choose_examples(parts["train"], config.max_examples, config.seed)
        return Dataset(
            self.name,
            train.reset_index(drop=True),
            _with_truth(parts["validation"]),
            _with_truth(parts["test"]),
            tables=tables,
            labels=labels_of(frame),
            notes=notes,
        )

    def steps(self, dataset: Dataset, config: IntentConfig) -> Work:
        """Training texts count once per epoch, weighted by the share of the layers that learn.

        Every text is encoded twice, as a vector and as the states that the tuned layers start from;
        so are the titles that describe the categories.
        """
        from engine.models.classifier import trunk_depth
        from engine.models.trunk import layer_count

        encoder = _vectors(config).encoder
        layers = layer_count(encoder)
        share = 1 - trunk_depth(encoder, config) / layers
        parts = [dataset.train, dataset.validation, dataset.test]
        texts = pd.concat(parts)["input"].tolist()
        titles = dataset.tables.products["title"].dropna().tolist()
        titles = titles[: TITLES_PER_CATEGORY * len(dataset.labels.get("category", []))]
        train = encoder.count_tokens(dataset.train["input"].tolist())
        return Work(
            train_texts=len(dataset.train) * config.epochs,
            train_tokens=round(train * config.epochs * share),
            encode_texts=2 * len(texts) + len(titles),
            encode_tokens=2 * encoder.count_tokens(texts) + encoder.count_tokens(titles),
            sample=dataset.train["input"].tolist(),
        )

    def floors(
        self, dataset: Dataset, part: pd.DataFrame, config: IntentConfig
    ) -> dict[str, dict[str, pd.DataFrame]]:
        """Majority, and logistic regressions on words, frozen vectors and both."""
        from engine.models.members import linear_members, majority

        sizes = {head: len(names) for head, names in dataset.labels.items()}
        train, validation = (
            examples_of(rows, dataset.labels) for rows in (dataset.train, dataset.validation)
        )
        members = linear_members(train, validation, sizes, _vectors(config), FLOORS)
        texts = part["input"].tolist()
        answers = {"majority": majority(train, sizes, len(texts))}
        answers |= {
            name: {head: np.exp(table) for head, table in member.scores(texts).items()}
            for name, member in members.items()
        }
        return {name: _frames(heads, dataset.labels, part) for name, heads in answers.items()}

    def untuned(self, tables: Tables, config: IntentConfig, progress: Progress) -> Bundle:
        """Zero-shot: the nearest description of an intent, the nearest category."""
        from engine.models.intent_learning import describe_bundle

        vectors = _vectors(config, progress)
        try:
            labels = self.dataset(tables, config).labels
        except InputError:
            labels = first_labels(tables)
        texts = {head: descriptions(head, names, tables) for head, names in labels.items()}
        return describe_bundle(labels, texts, vectors, config, progress)

    def train(
        self, dataset: Dataset, config: IntentConfig, folder: Path, progress: Progress
    ) -> Bundle:
        """Tune the encoder, fit the linear members, and mix them by the validation part."""
        from engine.models.intent_learning import learn_bundle

        train, validation = (
            examples_of(part, dataset.labels) for part in (dataset.train, dataset.validation)
        )
        vectors = _vectors(config, progress)
        return learn_bundle(
            dataset.labels, train, validation, vectors, config, config.precision, folder, progress
        )

    def load(self, folder: Path, tables: Tables) -> Bundle:
        """The bundle saved in `folder`; its pretrained encoder is fetched when it is not here."""
        from engine.models.intent_bundles import load_bundle, load_config

        config = load_config(folder, IntentConfig)
        return load_bundle(folder, _vectors(config), config)

    def answer(
        self, bundle: IntentBundle, part: pd.DataFrame
    ) -> dict[str, dict[str, pd.DataFrame]]:
        """Every system's probabilities for a part of the dataset."""
        answers = bundle.probabilities(part["input"].tolist())
        return {name: _frames(heads, bundle.labels, part) for name, heads in answers.items()}

    def predict(
        self, bundle: IntentBundle, inputs: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Per query the label, confidence and probabilities of every head.

        `unsure` tells whether the confidence of the first head lies below the threshold that the
        validation part set, `category_unsure` the same of the category; `uncertainty` is the mean
        over heads of the entropy, 0 (certain) to 1 (no idea).
        """
        texts = [_query(item, row) for row, item in enumerate(inputs)]
        if not texts:
            return []
        system = bundle.recommended
        heads = bundle.probabilities(texts, [system])[system]
        return [
            _answer(text, {head: table[row] for head, table in heads.items()}, bundle)
            for row, text in enumerate(texts)
        ]

    def explain(self, bundle: IntentBundle, item: Mapping[str, Any]) -> Explanation:
        """The words' shares in the predicted intent (or category, where no intent was learned)."""
        from engine.models.attribution import attribute_words
        from engine.models.trunk import Trunk

        text = _query(item, 0)
        answer = self.predict(bundle, [item])[0]
        head = next(iter(bundle.labels))
        trunk = Trunk(bundle.vectors.encoder, 0)
        label = bundle.labels[head].index(answer[head])
        weights = attribute_words(trunk, text, lambda tokens: bundle.logits(head, tokens), label)
        keys = ("intent", "intent_confidence", "category", "category_confidence", "unsure")
        facts = {"head": head} | {key: answer[key] for key in keys if key in answer}
        return Explanation(weights, facts)

    def uncertain(self, bundle: IntentBundle, tables: Tables, most: int) -> list[dict[str, Any]]:
        """The `most` log queries whose labels would teach most: unsure, often asked, unlabelled.

        Predictions with `count` added, ordered by uncertainty times the logarithm of 1 + count;
        queries that were corrected by hand are left out.
        """
        log = collect_queries(tables)
        done = tables.corrections
        hand = set(done.loc[done["task"] == self.name, "input"].map(normalise))
        log = log[~log["query"].isin(hand)]
        found = self.predict(bundle, [{"query": text} for text in log["input"]])
        rows = [row | {"count": int(n)} for row, n in zip(found, log["count"], strict=True)]
        rows.sort(key=lambda row: row["uncertainty"] * np.log1p(row["count"]), reverse=True)
        return rows[:most]


def _trust(config: IntentConfig) -> Trust:
    return Trust(config.min_votes, config.min_share, config.weak_weight)


def _with_truth(part: pd.DataFrame) -> pd.DataFrame:
    truths = [f"truth.{head}" for head in heads_of(part)]
    return part.dropna(subset=truths, how="all").reset_index(drop=True)


@lru_cache(maxsize=2)
def _cached_vectors(model: str, max_tokens: int) -> QueryVectors:
    from engine.models.encoder import load_encoder
    from engine.models.members import QueryVectors

    return QueryVectors(load_encoder(model, max_tokens))


def _vectors(config: IntentConfig, progress: Progress | None = None) -> QueryVectors:
    if progress:
        progress.stage("load")
        progress.check()
    return _cached_vectors(config.model, config.max_tokens)


def _frames(
    heads: Mapping[str, NDArray[np.float64]],
    labels: Mapping[str, list[str]],
    part: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    return {
        head: pd.DataFrame(table, index=part.index, columns=labels[head])
        for head, table in heads.items()
    }


def _query(item: Mapping[str, Any], row: int) -> str:
    text = item.get("query")
    if not isinstance(text, str):
        raise InputError("intent.no_query", row=row + 1)
    return text


def _answer(
    text: str, heads: Mapping[str, NDArray[np.float64]], bundle: IntentBundle
) -> dict[str, Any]:
    answer: dict[str, Any] = {"query": text}
    unsure: dict[str, bool] = {}
    entropies = []
    for head, table in heads.items():
        best = int(table.argmax())
        answer[head] = bundle.labels[head][best]
        answer[f"{head}_confidence"] = float(table[best])
        unsure[head] = bool(table[best] < bundle.threshold(head))
        entropies.append(
            -np.sum(table * np.log(np.maximum(table, 1e-12))) / np.log(max(len(table), 2))
        )
    answer["unsure"] = next(iter(unsure.values()))
    if "category" in unsure:
        answer["category_unsure"] = unsure["category"]
    answer["uncertainty"] = float(np.mean(entropies))
    answer["probabilities"] = {
        head: {label: float(p) for label, p in zip(bundle.labels[head], table, strict=True)}
        for head, table in heads.items()
    }
    return answer


TASK = IntentTask()
