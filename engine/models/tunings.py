"""The tunings that several processes can share: of a bi-encoder, a classifier, a generator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import PlainSerializer, PlainValidator
from safetensors.torch import load_model, save_model

from engine.config import BiEncoderConfig, ClassifierConfig, GeneratorConfig
from engine.labelling.labelled_texts import Examples
from engine.models.bi_encoder import Check, Pairs, tune_bi_encoder
from engine.models.classifier import Classifier, train_classifier, trunk_depth
from engine.models.encoder import Encoder, load_encoder
from engine.models.generator import Generator, load_generator, open_generator
from engine.models.generator_tuning import Pair, tune_generator
from engine.models.trunk import Trunk
from engine.progress import Progress
from engine.storage.files import make_folder

WEIGHTS = "weights.safetensors"


@dataclass(frozen=True)
class BiEncoderTuning:
    """See `tune_bi_encoder`; the encoder is changed in place."""

    kind: ClassVar[str] = "bi_encoder"
    pairs: Pairs
    check: Check | None
    config: BiEncoderConfig

    @property
    def examples(self) -> int:
        """No query and no product is twice in a batch."""
        return min(len(set(self.pairs.queries)), len(set(self.pairs.positives)))

    def open(self) -> Encoder:
        """The pretrained encoder."""
        return load_encoder(self.config.model, self.config.max_tokens)

    def run(self, model: Encoder, folder: Path, progress: Progress) -> Encoder:
        """The encoder, tuned."""
        tune_bi_encoder(model, self.pairs, self.check, self.config, folder, progress)
        return model

    def save(self, tuned: Encoder, folder: Path) -> None:
        """Write the weights."""
        make_folder(folder)
        save_model(tuned.model, str(folder / WEIGHTS))

    def load(self, model: Encoder, folder: Path) -> Encoder:
        """The encoder with the weights that were saved."""
        load_model(model.model, folder / WEIGHTS)
        return model


def _as_lists(examples: Examples) -> dict[str, Any]:
    return {
        "texts": list(examples.texts),
        "labels": {head: codes.tolist() for head, codes in examples.labels.items()},
        "weights": {head: values.tolist() for head, values in examples.weights.items()},
    }


def _from_lists(lists: dict[str, Any]) -> Examples:
    return Examples(
        lists["texts"],
        {head: np.array(codes, dtype=np.int64) for head, codes in lists["labels"].items()},
        {head: np.array(values, dtype=np.float64) for head, values in lists["weights"].items()},
    )


JsonExamples = Annotated[Examples, PlainValidator(_from_lists), PlainSerializer(_as_lists)]


@dataclass(frozen=True)
class ClassifierTuning:
    """See `train_classifier`; the trunk stays as it is."""

    kind: ClassVar[str] = "classifier"
    labels: Mapping[str, int]
    train: JsonExamples
    validation: JsonExamples
    config: ClassifierConfig

    @property
    def examples(self) -> int:
        """The texts to learn from."""
        return len(self.train.texts)

    def open(self) -> Trunk:
        """The lower layers of the pretrained encoder."""
        encoder = load_encoder(self.config.model, self.config.max_tokens)
        return Trunk(encoder, trunk_depth(encoder, self.config))

    def run(self, model: Trunk, folder: Path, progress: Progress) -> Classifier:
        """The trunk with a tuned tail."""
        return train_classifier(
            model, self.labels, self.train, self.validation, self.config, folder, progress
        )

    def save(self, tuned: Classifier, folder: Path) -> None:
        """Write the weights of the tail."""
        make_folder(folder)
        tuned.save(folder / WEIGHTS)

    def load(self, model: Trunk, folder: Path) -> Classifier:
        """The trunk with the tail that was saved."""
        return Classifier.load(model, self.labels, self.config, folder / WEIGHTS)


@dataclass(frozen=True)
class GeneratorTuning:
    """See `tune_generator`."""

    kind: ClassVar[str] = "generator"
    train: Sequence[Pair]
    validation: Sequence[Pair]
    config: GeneratorConfig

    @property
    def examples(self) -> int:
        """The pairs to learn from, those that turn out too long included."""
        return len(self.train)

    def open(self) -> Generator:
        """The pretrained generator."""
        return load_generator(self.config.model)

    def run(self, model: Generator, folder: Path, progress: Progress) -> Generator:
        """A tuned generator, which takes the place of `model`."""
        return tune_generator(model, self.train, self.validation, self.config, folder, progress)

    def save(self, tuned: Generator, folder: Path) -> None:
        """Write what tuning changed."""
        tuned.save(folder)

    def load(self, model: Generator, folder: Path) -> Generator:
        """The generator that was saved; `model` stays as it is."""
        return open_generator(self.config.model, folder)


KINDS: Mapping[str, Any] = {
    kind.kind: kind for kind in (BiEncoderTuning, ClassifierTuning, GeneratorTuning)
}
