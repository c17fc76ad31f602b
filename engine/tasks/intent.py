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

from engine.data.examples import (
    Trust,
    choose_examples,
    heads_of,
    known_counts,
    label_queries,
    labels_of,
)
from engine.data.labels import INTENTS, collect_queries, cut_path, labelling
from engine.data.tables import Tables
from engine.errors import InputError
from engine.models.blend import Blend, fit_blend
from engine.models.calibration import log_loss
from engine.models.pretrained import default_encoder
from engine.tasks.base import Bundle, Dataset, Explanation, Readiness, Work
from engine.text.words import normalise, words
from engine.training.config import ClassifierConfig, with_changes
from engine.training.progress import Progress

if TYPE_CHECKING:
    from engine.models.classifier import Examples
    from engine.models.intent_bundles import IntentBundle
    from engine.models.members import LinearMember, QueryVectors

READY, THIN = 300, 40
TITLES_PER_CATEGORY = 30
PRESETS: Mapping[str, Mapping[str, object]] = {
    "quick": {"epochs": 12, "max_examples": 1800, "patience": 0},
    "balanced": {"epochs": 16, "max_examples": 6000, "patience": 4},
    "thorough": {"epochs": 24, "max_examples": 20000, "patience": 6},
}
FLOORS = ("tfidf", "frozen", "frozen_tfidf")
SYSTEMS = {"tuned": ("tuned",), "tuned_tfidf": ("tuned", "tfidf", "frozen")}


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
        if preset not in PRESETS:
            raise InputError("intent.unknown_preset", preset=preset, known=", ".join(PRESETS))
        start = {
            "preset": preset,
            "model": default_encoder(tables.language),
            # Few new weights stand more than many pretrained ones.
            "learning_rate": 1e-3 if changes.get("adapter") == "lora" else 1e-4,
            **PRESETS[preset],
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
        """Training texts count once per epoch; encoding covers every part and the catalog's names.

        Tokens are estimated from the letters, without a tokenizer.
        """
        train = _token_count(dataset.train["input"])
        encoded = pd.concat([dataset.train, dataset.validation, dataset.test])["input"]
        return Work(
            train_texts=len(dataset.train) * config.epochs,
            train_tokens=train * config.epochs,
            encode_texts=2 * len(encoded),
            encode_tokens=2 * _token_count(encoded),
        )

    def floors(
        self, dataset: Dataset, part: pd.DataFrame, config: IntentConfig
    ) -> dict[str, dict[str, pd.DataFrame]]:
        """Majority, and logistic regressions on words, frozen vectors and both."""
        train, validation, sizes = _parts(dataset)
        members = _linear_members(train, validation, sizes, _vectors(config), FLOORS)
        texts = part["input"].tolist()
        answers = {"majority": _majority(train, sizes, len(texts))}
        answers |= {
            name: {head: np.exp(table) for head, table in member.scores(texts).items()}
            for name, member in members.items()
        }
        return {name: _frames(heads, dataset.labels, part) for name, heads in answers.items()}

    def untuned(self, tables: Tables, config: IntentConfig, progress: Progress) -> Bundle:
        """Zero-shot: the nearest description of an intent, the nearest category."""
        from engine.models.intent_bundles import ZeroShotBundle

        vectors = _vectors(config, progress)
        try:
            labels = self.dataset(tables, config).labels
        except InputError:
            labels = _first_labels(tables)
        texts = {head: _descriptions(head, names, tables) for head, names in labels.items()}
        described = {}
        for head, groups in texts.items():
            progress.check()
            flat = [text for group in groups for text in group]
            found = vectors.encoder.encode(flat, kind="passage")
            rows = np.split(found, np.cumsum([len(group) for group in groups])[:-1])
            means = np.stack([row.mean(axis=0) for row in rows])
            described[head] = means / np.linalg.norm(means, axis=1, keepdims=True)
        return ZeroShotBundle(labels, vectors, config, described)

    def train(
        self, dataset: Dataset, config: IntentConfig, folder: Path, progress: Progress
    ) -> Bundle:
        """Tune the encoder, fit the linear members, and mix them by the validation part."""
        from engine.models.classifier import train_classifier, trunk_depth
        from engine.models.intent_bundles import TrainedBundle
        from engine.models.trunk import Trunk

        vectors = _vectors(config, progress)
        train, validation, sizes = _parts(dataset)
        trunk = Trunk(vectors.encoder, trunk_depth(vectors.encoder, config))
        classifier = train_classifier(trunk, sizes, train, validation, config, folder, progress)
        progress.stage("choose")
        members = _linear_members(train, validation, sizes, vectors, SYSTEMS["tuned_tfidf"])
        scores = {"tuned": classifier.scores(validation.texts)}
        scores |= {name: member.scores(validation.texts) for name, member in members.items()}
        blends = {
            system: {
                head: fit_blend(
                    {name: scores[name][head] for name in names},
                    validation.labels[head],
                    config.precision,
                )
                for head in sizes
            }
            for system, names in SYSTEMS.items()
        }
        best = min(blends, key=lambda system: _mean_loss(blends[system], scores, validation))
        return TrainedBundle(dataset.labels, vectors, config, classifier, members, blends, best)

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


def _parts(dataset: Dataset) -> tuple[Examples, Examples, dict[str, int]]:
    sizes = {head: len(names) for head, names in dataset.labels.items()}
    train, validation = (
        _examples(part, dataset.labels) for part in (dataset.train, dataset.validation)
    )
    return train, validation, sizes


def _examples(part: pd.DataFrame, labels: Mapping[str, list[str]]) -> Examples:
    from engine.models.classifier import Examples

    return Examples(
        part["input"].tolist(),
        {
            head: pd.Index(names).get_indexer(pd.Index(part[f"label.{head}"])).astype(np.int64)
            for head, names in labels.items()
        },
        {head: part[f"weight.{head}"].to_numpy(dtype=float) for head in labels},
    )


def _linear_members(
    train: Examples,
    validation: Examples,
    sizes: Mapping[str, int],
    vectors: QueryVectors,
    names: Sequence[str],
) -> dict[str, LinearMember]:
    from engine.models.linear import Tfidf
    from engine.models.members import LinearMember

    terms = Tfidf.fit(train.texts)
    uses = {"tfidf": (terms, None), "frozen": (None, vectors), "frozen_tfidf": (terms, vectors)}
    return {
        name: LinearMember.fit(train, validation, sizes, *uses[name])
        for name in names
        if name in uses
    }


def _majority(
    train: Examples, sizes: Mapping[str, int], rows: int
) -> dict[str, NDArray[np.float64]]:
    found = {}
    for head, size in sizes.items():
        known = train.labels[head] >= 0
        counts = np.bincount(train.labels[head][known], train.weights[head][known], size)
        found[head] = np.tile(counts / max(counts.sum(), 1e-9), (rows, 1))
    return found


def _frames(
    heads: Mapping[str, NDArray[np.float64]],
    labels: Mapping[str, list[str]],
    part: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    return {
        head: pd.DataFrame(table, index=part.index, columns=labels[head])
        for head, table in heads.items()
    }


def _mean_loss(
    blends: Mapping[str, Blend],
    scores: Mapping[str, Mapping[str, NDArray[np.float64]]],
    examples: Examples,
) -> float:
    """The mean log loss over heads: on few rows it orders systems more surely than macro-F1."""
    losses = []
    for head, blend in blends.items():
        known = examples.labels[head] >= 0
        if known.any():
            table = blend.log_probabilities({name: scores[name][head] for name in blend.weights})
            losses.append(log_loss(table[known], examples.labels[head][known]))
    return float(np.mean(losses)) if losses else 0.0


def _first_labels(tables: Tables) -> dict[str, list[str]]:
    paths = tables.products["category"].dropna().unique()
    tops = sorted({cut_path(path, 1) for path in paths})
    return {"intent": list(INTENTS)} | ({"category": tops} if len(tops) > 1 else {})


def _descriptions(head: str, names: Sequence[str], tables: Tables) -> list[list[str]]:
    """Per label the texts that describe it: both languages' for intents, titles for categories."""
    if head == "intent":
        return [
            [text for texts in labelling()[name]["descriptions"].values() for text in texts]  # type: ignore[attr-defined]
            for name in names
        ]
    products = tables.products.dropna(subset=["category", "title"])
    inside = [
        products["category"].map(lambda path, n=name: f"{path} > ".startswith(f"{n} > "))
        for name in names
    ]
    rest = ~np.any(inside, axis=0)
    found = []
    for name, rows in zip(names, inside, strict=True):
        chosen = products[rows if rows.any() else rest]["title"].head(TITLES_PER_CATEGORY)
        found.append([name, *chosen])
    return found


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


def _token_count(texts: pd.Series) -> int:
    latin = texts.map(lambda text: 4 + 1.4 * len(words(text)))
    return int(latin.sum())


TASK = IntentTask()
