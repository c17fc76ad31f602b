"""What the tasks that put texts into classes have in common: baselines, training, answers, reasons.

Such a task says how its texts and labels come from the tables, and what its labels mean in words.
What imports torch is imported where it is used: a page asks a task for readiness and settings.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.codec import decode
from engine.config import preset_settings, with_changes
from engine.errors import InputError
from engine.evaluation.classification_evaluator import ClassificationEvaluator
from engine.labelling.labelled_file import read_labelled
from engine.labelling.labelled_texts import examples_of
from engine.models.pretrained import default_encoder
from engine.models.work import Work
from engine.progress import Progress
from engine.tables.tables import Tables
from engine.tasks.base import Bundle, Dataset, Readiness
from engine.tasks.classify.answers import Classification, HeadExplanation, WhyInput
from engine.tasks.classify.config import ClassificationConfig

if TYPE_CHECKING:
    from engine.tasks.classify.bundle import ClassifierBundle
    from engine.tasks.classify.members import Member, TextVectors

Heads = dict[str, NDArray[np.float64]]
Input = TypeVar("Input")
Answer = TypeVar("Answer", bound=Classification)


class ClassificationTask(ABC, Generic[Input, Answer]):
    """A task of kind `classification`; see `engine.tasks.base.Task` for the contract.

    `accepts` is the type of an input, `fields` those of its fields that make the text: a user's
    file to measure on has columns for them, which are recognised by the words of the tables
    `reads`. `quick_chinese` is what the quick preset sets besides where the encoder has twice the
    layers, `with_svm` whether a support vector machine is a baseline: with hundreds of labels it
    takes too long.
    """

    name: ClassVar[str]
    accepts: type[Input]
    presets: ClassVar[Mapping[str, Mapping[str, object]]]
    quick_chinese: ClassVar[Mapping[str, object]] = {}
    settings: ClassVar[type[ClassificationConfig]]
    fields: ClassVar[Sequence[str]]
    reads: ClassVar[Sequence[str]]
    with_svm: ClassVar[bool] = False

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

    @abstractmethod
    def text(self, item: Input) -> str:
        """What the model reads of an input."""

    @abstractmethod
    def answer(self, item: Input, classes: Classification) -> Answer:
        """The answer to an input whose text was put into `classes`."""

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
        test = read_labelled(file, self.reads, self.fields, dataset.labels)
        cells = test[[name for name in self.fields if name in test]].astype(object)
        records = cells.where(cells.notna(), None).to_dict("records")
        inputs = [decode(self.accepts, record, row) for row, record in enumerate(records, start=1)]
        return replace(dataset, test=test.assign(input=[self.text(item) for item in inputs]))

    def evaluator(self, dataset: Dataset) -> ClassificationEvaluator:
        """Macro-F1 over the heads."""
        return ClassificationEvaluator()

    def workload(self, dataset: Dataset, config: Any) -> Work:
        """Training texts count once per epoch, weighted by the share of the layers that learn.

        Every text is read once; by the layers that learn, what is watched of the validation part
        after every epoch, the training part before the first, and before and after all of them the
        validation part; in the end the test part. The texts that describe the labels are read once.
        """
        from engine.models.classifier import trunk_depth, watched_count
        from engine.models.probes import encoder_work
        from engine.models.trunk import layer_count

        encoder = text_vectors(config).encoder
        share = 1 - trunk_depth(encoder, config) / layer_count(encoder)
        train, validation, test = (
            encoder.count_tokens(part["input"].tolist())
            for part in (dataset.train, dataset.validation, dataset.test)
        )
        held = len(dataset.validation)
        watched = config.epochs * watched_count(held, config) / max(held, 1)
        answered = train + validation * (watched + 2) + test
        descriptions = [
            text
            for head, labels in dataset.labels.items()
            for group in self.meanings(head, labels, dataset.tables)
            for text in group
        ]
        passes = config.epochs * (1 + config.synonyms)
        return encoder_work(
            encoder,
            config,
            dataset.train["input"].tolist(),
            train_tokens=round(train * passes * share),
            encode_tokens=round(train + validation + test + answered * share)
            + encoder.count_tokens(descriptions),
        )

    def baselines(
        self, dataset: Dataset, part: pd.DataFrame, config: Any
    ) -> dict[str, dict[str, pd.DataFrame]]:
        """Majority, the task's rules, what learns on words, vectors and both; these with `extras`.

        All but the first two are chosen and calibrated on the validation part, as what is tuned is.
        """
        from engine.models.classifier import trunk_depth
        from engine.tasks.classify.blend import answer_blends, fit_blends
        from engine.tasks.classify.learning import baseline_systems
        from engine.tasks.classify.members import linear_members, majority

        sizes = {head: len(names) for head, names in dataset.labels.items()}
        train, validation = (
            examples_of(rows, dataset.labels) for rows in (dataset.train, dataset.validation)
        )
        train = train.labelled
        texts = part["input"].tolist()
        extras = self.extras(dataset)
        systems = baseline_systems(extras, svm=self.with_svm)
        vectors = text_vectors(config)
        vectors.read(
            [*train.texts, *validation.texts, *texts], trunk_depth(vectors.encoder, config)
        )
        fitted = linear_members(train, validation, sizes, vectors, svm=self.with_svm)
        members = {**fitted, **extras}
        learned_from, scores = (
            {name: member.scores(some) for name, member in members.items()}
            for some in (validation.texts, texts)
        )
        blends = fit_blends(systems, learned_from, validation.labels, config.precision)
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
            dataset.labels,
            train,
            validation,
            vectors,
            config,
            folder,
            progress,
            extras,
            svm=self.with_svm,
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

    def predict(self, bundle: ClassifierBundle, inputs: Sequence[Input]) -> list[Answer]:
        """Per input what the recommended system says under every head."""
        from engine.tasks.classify.answering import classify

        classes = classify(bundle, [self.text(item) for item in inputs])
        return [self.answer(item, each) for item, each in zip(inputs, classes, strict=True)]

    def explain(self, bundle: ClassifierBundle, body: WhyInput[Input]) -> HeadExplanation:
        """The words' shares in the answer under a head.

        Raises InputError for a head that the model has not learned.
        """
        from engine.tasks.classify.answering import explain

        return explain(bundle, self.text(body.item), body.head)


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


def _frames(
    heads: Mapping[str, NDArray[np.float64]],
    labels: Mapping[str, list[str]],
    part: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    return {
        head: pd.DataFrame(table, index=part.index, columns=labels[head])
        for head, table in heads.items()
    }
