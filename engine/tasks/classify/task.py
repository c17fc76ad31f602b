"""What the tasks that put texts into classes have in common: baselines, training, answers, reasons.

Such a task says how its texts and labels come from the tables, and what its labels mean in words.
What imports torch is imported where it is used: a page asks a task for readiness and settings.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.config import preset_settings, with_changes
from engine.errors import InputError
from engine.evaluation.classification_evaluator import ClassificationEvaluator
from engine.labelling.labelled_file import read_labelled
from engine.labelling.labelled_texts import examples_of
from engine.models.pretrained import default_encoder
from engine.models.work import Work
from engine.progress import Progress
from engine.tables.tables import Tables
from engine.tasks.base import Bundle, Dataset, Explanation, Readiness
from engine.tasks.classify.config import ClassificationConfig

if TYPE_CHECKING:
    from engine.tasks.classify.bundle import ClassifierBundle
    from engine.tasks.classify.members import Member, TextVectors

Heads = dict[str, NDArray[np.float64]]


class ClassificationTask(ABC):
    """A task of kind `classification`; see `engine.tasks.base.Task` for the contract.

    `asked` are the fields of an input and of a user's file that make the text; `reads` the tables
    by whose words the columns of such a file are recognised; `quick_chinese` what the quick preset
    sets besides where the encoder has twice the layers.
    """

    name: ClassVar[str]
    presets: ClassVar[Mapping[str, Mapping[str, object]]]
    quick_chinese: ClassVar[Mapping[str, object]] = {}
    settings: ClassVar[type[ClassificationConfig]]
    asked: ClassVar[Sequence[str]]
    reads: ClassVar[Sequence[str]]

    @abstractmethod
    def readiness(self, tables: Tables) -> Readiness:
        """Whether there is enough to learn from."""

    @abstractmethod
    def dataset(self, tables: Tables, config: Any) -> Dataset:
        """Labelled texts, split into train, validation and test. Raises InputError if not ready."""

    @abstractmethod
    def first_labels(self, tables: Tables) -> dict[str, list[str]]:
        """The labels by head that an untuned model may choose from when none were learned."""

    @abstractmethod
    def meanings(self, head: str, labels: Sequence[str], tables: Tables) -> list[list[str]]:
        """Per label the texts that say what it means: what the untuned model compares with."""

    def rules(self, dataset: Dataset, part: pd.DataFrame) -> dict[str, Heads]:
        """The baselines that are no model, by name: probabilities by head. By default none."""
        return {}

    def extras(self, dataset: Dataset) -> dict[str, Member]:
        """Members that the task brings ready to the largest blends; none unless a task has."""
        return {}

    def text(self, item: Mapping[str, Any], row: int) -> str:
        """The text of one input. Raises InputError, with its row, for an input without."""
        found = item.get(self.asked[0])
        if not isinstance(found, str):
            raise InputError("tasks.no_text", row=row + 1, field=self.asked[0])
        return _readable(found)

    def config(self, preset: str, tables: Tables, **changes: object) -> Any:
        """The settings of a preset for the workspace's language, with changes."""
        settings = preset_settings(self.presets, preset)
        if preset == "quick" and tables.language == "zh":
            settings |= self.quick_chinese
        usual = settings.get("adapter", "full")
        adapter = changes.get("adapter", usual)
        if adapter != usual:
            # The rate of a preset suits what the preset tunes.
            settings.pop("learning_rate", None)
        # Few new weights stand more than many pretrained ones.
        rate = 1e-3 if adapter == "lora" else 1e-4
        start = {"model": default_encoder(tables.language), "learning_rate": rate, **settings}
        return with_changes(self.settings.model_validate(start), changes)

    def dataset_from(self, file: Path, tables: Tables, config: Any) -> Dataset:
        """What a training would learn from, with the examples of `file` as the test part."""
        dataset = self.dataset(tables, config)
        test = read_labelled(file, self.reads, self.asked, dataset.labels)
        items: list[dict[str, Any]] = test.to_dict("records")  # type: ignore[assignment]
        test["input"] = [self.text(item, row) for row, item in enumerate(items)]
        return Dataset(
            dataset.task,
            dataset.train,
            dataset.validation,
            test,
            tables,
            dataset.labels,
            dataset.notes,
        )

    def evaluator(self, dataset: Dataset) -> ClassificationEvaluator:
        """Macro-F1 over the heads."""
        return ClassificationEvaluator()

    def workload(self, dataset: Dataset, config: Any) -> Work:
        """Training texts count once per epoch, weighted by the share of the layers that learn.

        Every text is encoded as a vector and, through the layers that stay, as the states that the
        tuned ones start from; the texts that describe the labels once.
        """
        from engine.models.classifier import trunk_depth
        from engine.models.probes import encoder_work
        from engine.models.trunk import layer_count

        encoder = text_vectors(config).encoder
        depth, layers = trunk_depth(encoder, config), layer_count(encoder)
        parts = [dataset.train, dataset.validation, dataset.test]
        texts = pd.concat(parts)["input"].tolist()
        meant = [
            text
            for head, labels in dataset.labels.items()
            for group in self.meanings(head, labels, dataset.tables)
            for text in group
        ]
        train = encoder.count_tokens(dataset.train["input"].tolist())
        passes = config.epochs * (1 + config.synonyms)
        encoded = 1 + min(depth + 1, layers) / layers
        return encoder_work(
            encoder,
            config,
            dataset.train["input"].tolist(),
            train_tokens=round(train * passes * (1 - depth / layers)),
            encode_tokens=round(encoded * encoder.count_tokens(texts))
            + encoder.count_tokens(meant),
        )

    def baselines(
        self, dataset: Dataset, part: pd.DataFrame, config: Any
    ) -> dict[str, dict[str, pd.DataFrame]]:
        """Majority, the task's rules, regressions on words, vectors and both; these with `extras`.

        All but the first two are chosen and calibrated on the validation part, as what is tuned is.
        """
        from engine.tasks.classify.blend import answer_blends, fit_blends
        from engine.tasks.classify.learning import baseline_systems
        from engine.tasks.classify.members import linear_members, majority

        sizes = {head: len(names) for head, names in dataset.labels.items()}
        train, validation = (
            examples_of(rows, dataset.labels) for rows in (dataset.train, dataset.validation)
        )
        extras = self.extras(dataset)
        systems = baseline_systems(extras)
        members = {**linear_members(train, validation, sizes, text_vectors(config)), **extras}
        texts = part["input"].tolist()
        held, scores = (
            {name: member.scores(asked) for name, member in members.items()}
            for asked in (validation.texts, texts)
        )
        blends = fit_blends(systems, held, validation.labels, config.precision)
        answers = {"majority": majority(train, sizes, len(texts))} | self.rules(dataset, part)
        answers |= answer_blends(blends, scores)
        return {name: _frames(heads, dataset.labels, part) for name, heads in answers.items()}

    def untuned(self, tables: Tables, config: Any, progress: Progress) -> Bundle:
        """Zero-shot: the label whose description is nearest."""
        from engine.tasks.classify.learning import describe_bundle

        vectors = text_vectors(config, progress)
        try:
            labels = self.dataset(tables, config).labels
        except InputError:
            labels = self.first_labels(tables)
        texts = {head: self.meanings(head, names, tables) for head, names in labels.items()}
        return describe_bundle(labels, texts, vectors, config, progress)

    def train(self, dataset: Dataset, config: Any, folder: Path, progress: Progress) -> Bundle:
        """Tune the encoder, fit the linear members, and mix them by the validation part."""
        from engine.tasks.classify.learning import learn_bundle

        train, validation = (
            examples_of(part, dataset.labels) for part in (dataset.train, dataset.validation)
        )
        vectors = text_vectors(config, progress)
        extras = self.extras(dataset)
        return learn_bundle(
            dataset.labels, train, validation, vectors, config, folder, progress, extras
        )

    def load(self, folder: Path, tables: Tables) -> Bundle:
        """The bundle saved in `folder`; its pretrained encoder is fetched when it is not here."""
        from engine.tasks.classify.bundle import load_bundle, load_config

        config = load_config(folder, self.settings)
        return load_bundle(folder, text_vectors(config), config)

    def outputs(
        self, bundle: ClassifierBundle, part: pd.DataFrame
    ) -> dict[str, dict[str, pd.DataFrame]]:
        """Every system's probabilities for a part of the dataset."""
        answers = bundle.probabilities(part["input"].tolist())
        return {name: _frames(heads, bundle.labels, part) for name, heads in answers.items()}

    def predict(
        self, bundle: ClassifierBundle, inputs: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Per input the label, confidence and probabilities of every head.

        `<head>_unsure` tells whether the confidence lies below the threshold that the validation
        part set, `unsure` the same of the first head; `uncertainty` is the mean over heads of the
        entropy, 0 (certain) to 1 (no idea).
        """
        texts = [self.text(item, row) for row, item in enumerate(inputs)]
        if not texts:
            return []
        system = bundle.recommended
        heads = bundle.probabilities(texts, [system])[system]
        return [
            {name: _readable(item[name]) for name in self.asked if name in item}
            | _answer({head: table[row] for head, table in heads.items()}, bundle)
            for row, item in enumerate(inputs)
        ]

    def explain(self, bundle: ClassifierBundle, item: Mapping[str, Any]) -> Explanation:
        """The words' shares in the label of a head: `item["head"]`, or the first.

        By integrated gradients of the neural part; where the recommended system does not ask it,
        by the weights of its words.
        """
        from engine.models.attribution import attribute_words
        from engine.models.trunk import Trunk

        text = self.text(item, 0)
        answer = self.predict(bundle, [item])[0]
        head = item.get("head") or next(iter(bundle.labels))
        if head not in bundle.labels:
            raise InputError("tasks.no_head", head=head, known=", ".join(bundle.labels))
        trunk = Trunk(bundle.vectors.encoder, 0)
        label = bundle.labels[head].index(answer[head])
        weights = None if bundle.asks_tuned(head) else bundle.words(text, head, label)
        if weights is None:
            weights = attribute_words(
                trunk, text, lambda tokens: bundle.logits(head, tokens), label
            )
        kept = [*bundle.labels, *(f"{name}_confidence" for name in bundle.labels), "unsure"]
        return Explanation(weights, {"head": head} | {key: answer[key] for key in kept})


@lru_cache(maxsize=2)
def _cached_vectors(model: str, max_tokens: int) -> TextVectors:
    from engine.models.encoder import load_encoder
    from engine.tasks.classify.members import TextVectors

    return TextVectors(load_encoder(model, max_tokens))


def text_vectors(config: ClassificationConfig, progress: Progress | None = None) -> TextVectors:
    """The pretrained encoder of `config`, kept for the next call."""
    if progress:
        progress.stage("load")
        progress.check()
    return _cached_vectors(config.model, config.max_tokens)


def _readable(value: Any) -> Any:
    """A text without halves of characters, which JSON may bring and no tokenizer or file takes."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


def _frames(
    heads: Mapping[str, NDArray[np.float64]],
    labels: Mapping[str, list[str]],
    part: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    return {
        head: pd.DataFrame(table, index=part.index, columns=labels[head])
        for head, table in heads.items()
    }


def _answer(heads: Mapping[str, NDArray[np.float64]], bundle: ClassifierBundle) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    entropies = []
    for head, table in heads.items():
        best = int(table.argmax())
        answer[head] = bundle.labels[head][best]
        answer[f"{head}_confidence"] = float(table[best])
        answer[f"{head}_unsure"] = bool(table[best] < bundle.threshold(head))
        entropies.append(
            -np.sum(table * np.log(np.maximum(table, 1e-12))) / np.log(max(len(table), 2))
        )
    answer["unsure"] = answer[f"{next(iter(heads))}_unsure"]
    answer["uncertainty"] = float(np.mean(entropies))
    answer["probabilities"] = {
        head: {label: float(p) for label, p in zip(bundle.labels[head], table, strict=True)}
        for head, table in heads.items()
    }
    return answer
