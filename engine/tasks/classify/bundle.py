"""Models that label a text: trained members in blends, or descriptions of the labels."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from torch import Tensor

from engine.config import still_known
from engine.models.calibration import log_softmax
from engine.models.classifier import Classifier, trunk_depth
from engine.models.trunk import Trunk
from engine.storage.files import write_json
from engine.tasks.classify.blend import Blend, answer_blends
from engine.tasks.classify.config import ClassificationConfig
from engine.tasks.classify.members import LinearMember, Member, TextVectors
from engine.tasks.classify.stated_member import FILE as STATED_FILE
from engine.tasks.classify.stated_member import StatedMember
from engine.tasks.classify.word_weights import weigh_words

Floats = NDArray[np.float64]
# Cosines of unlike texts lie close together: a share of a twentieth tells them apart.
ZERO_SHOT_TEMPERATURE = 0.05
# Without a validation part nothing says which confidence to believe.
ZERO_SHOT_THRESHOLD = 0.5


_Config = TypeVar("_Config", bound=ClassificationConfig)


class ClassifierBundle(Protocol):
    """What both kinds of bundle can do."""

    @property
    def labels(self) -> Mapping[str, list[str]]:
        """The labels of every head, in the order of the probabilities' columns."""

    @property
    def vectors(self) -> TextVectors:
        """The pretrained encoder."""

    @property
    def systems(self) -> Sequence[str]:
        """The systems that can answer."""

    @property
    def recommended(self) -> str:
        """The system to believe."""

    def probabilities(
        self, texts: Sequence[str], systems: Sequence[str] | None = None
    ) -> dict[str, dict[str, Floats]]:
        """Per system and head the probabilities `(texts, labels)`."""

    def threshold(self, head: str) -> float:
        """The confidence below which the recommended system's answer is unsure."""

    def logits(self, head: str, tokens: Mapping[str, Tensor]) -> Tensor:
        """Differentiable scores `(texts, labels)` of the neural part, for attributions."""

    def words(self, text: str, head: str, label: int) -> list[tuple[str, float]] | None:
        """The words' shares in what words alone say of `label`; None without such a part."""

    def asks_tuned(self, head: str) -> bool:
        """Whether the recommended system rests on `logits` for `head`."""

    def save(self, folder: Path) -> None:
        """Write everything but the pretrained encoder, which is named."""


@dataclass(frozen=True)
class TrainedBundle:
    """A tuned classifier and untuned members, mixed per system and head by `blends`."""

    labels: Mapping[str, list[str]]
    vectors: TextVectors
    config: ClassificationConfig
    classifier: Classifier
    members: Mapping[str, Member]
    blends: Mapping[str, Mapping[str, Blend]]
    recommended: str

    @property
    def systems(self) -> list[str]:
        """The blends' names."""
        return list(self.blends)

    def probabilities(
        self, texts: Sequence[str], systems: Sequence[str] | None = None
    ) -> dict[str, dict[str, Floats]]:
        """Per system and head the probabilities `(texts, labels)`."""
        chosen = {name: self.blends[name] for name in systems or self.systems}
        used = {m for heads in chosen.values() for blend in heads.values() for m in blend.weights}
        scores = {name: self.member_scores(name, texts) for name in used}
        return answer_blends(chosen, scores)

    def member_scores(self, name: str, texts: Sequence[str]) -> dict[str, Floats]:
        """A member's log-probabilities by head; `tuned` is the classifier."""
        member = self.classifier if name == "tuned" else self.members[name]
        return member.scores(texts)

    def threshold(self, head: str) -> float:
        """The confidence below which the recommended system's answer is unsure."""
        return self.blends[self.recommended][head].threshold

    def logits(self, head: str, tokens: Mapping[str, Tensor]) -> Tensor:
        """Differentiable scores `(texts, labels)` of the tuned classifier."""
        states = self.classifier.trunk.forward(dict(tokens))
        scores: Tensor = self.classifier.tail(states, tokens["attention_mask"])[head]
        return scores

    def words(self, text: str, head: str, label: int) -> list[tuple[str, float]] | None:
        """What the words say to the linear member that counts most for the recommended system."""
        weights = self.blends[self.recommended][head].weights
        linear = {
            name: member
            for name, member in self.members.items()
            if isinstance(member, LinearMember) and member.tfidf
        }
        name = max(linear, key=lambda name: weights.get(name, 0.0))
        return weigh_words(linear[name], text, head, label)

    def asks_tuned(self, head: str) -> bool:
        """Whether the recommended system asks the tuned classifier about `head`."""
        return "tuned" in self.blends[self.recommended][head].weights

    def save(self, folder: Path) -> None:
        """Write `bundle.json`, `tail.safetensors` and a folder for each member."""
        folder.mkdir(parents=True, exist_ok=True)
        self.classifier.save(folder / "tail.safetensors")
        for name, member in self.members.items():
            member.save(folder / name)
        about = {
            "kind": "trained",
            "labels": self.labels,
            "config": self.config.model_dump(),
            "members": {
                name: isinstance(member, LinearMember) and member.vectors is not None
                for name, member in self.members.items()
            },
            "recommended": self.recommended,
            "blends": {
                system: {head: vars(blend) for head, blend in heads.items()}
                for system, heads in self.blends.items()
            },
        }
        write_json(folder / "bundle.json", about)


@dataclass(frozen=True)
class ZeroShotBundle:
    """The untuned encoder: the label whose description is nearest to the text."""

    labels: Mapping[str, list[str]]
    vectors: TextVectors
    config: ClassificationConfig
    described: Mapping[str, NDArray[np.float32]]
    recommended: str = "untuned"

    @property
    def systems(self) -> list[str]:
        """Only `untuned`."""
        return [self.recommended]

    def probabilities(
        self, texts: Sequence[str], systems: Sequence[str] | None = None
    ) -> dict[str, dict[str, Floats]]:
        """Softmax of the cosines between texts and label descriptions."""
        found = self.vectors(texts)
        heads = {
            head: np.exp(log_softmax((found @ vectors.T).astype(float) / ZERO_SHOT_TEMPERATURE))
            for head, vectors in self.described.items()
        }
        return {self.recommended: heads}

    def threshold(self, head: str) -> float:
        """The same for every head: see `ZERO_SHOT_THRESHOLD`."""
        return ZERO_SHOT_THRESHOLD

    def logits(self, head: str, tokens: Mapping[str, Tensor]) -> Tensor:
        """Differentiable cosines `(texts, labels)`, divided by the temperature."""
        pooled = self.vectors.encoder.model(dict(tokens))["sentence_embedding"]
        unit = torch.nn.functional.normalize(pooled, dim=1)
        described = torch.from_numpy(self.described[head]).to(unit.device)
        return unit @ described.T / ZERO_SHOT_TEMPERATURE

    def words(self, text: str, head: str, label: int) -> list[tuple[str, float]] | None:
        """None: it knows texts as a whole."""
        return None

    def asks_tuned(self, head: str) -> bool:
        """Always: there is nothing else to ask."""
        return True

    def save(self, folder: Path) -> None:
        """Write `bundle.json` and the descriptions' vectors."""
        folder.mkdir(parents=True, exist_ok=True)
        save_file(dict(self.described), folder / "descriptions.safetensors")
        about = {
            "kind": "zero_shot",
            "labels": self.labels,
            "config": self.config.model_dump(),
        }
        write_json(folder / "bundle.json", about)


def nearest_labels(
    vectors: TextVectors, texts: Sequence[str], choices: Sequence[Sequence[Sequence[str]]]
) -> list[dict[str, float]]:
    """Per text the probability of each of its choices, pairs of a name and a description.

    Softmax of the cosines, a choice being the mean of its name's and description's vectors.
    """
    found = []
    for vector, pairs in zip(vectors(texts), choices, strict=True):
        means = np.stack([vectors([part for part in pair if part]).mean(axis=0) for pair in pairs])
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        scores = (vector @ means.T).astype(float)[None] / ZERO_SHOT_TEMPERATURE
        shares = np.exp(log_softmax(scores))[0]
        found.append({pair[0]: float(p) for pair, p in zip(pairs, shares, strict=True)})
    return found


def load_config(folder: Path, kind: type[_Config]) -> _Config:
    """The settings that the bundle in `folder` was made with, as far as there still are such."""
    return kind.model_validate(still_known(kind, _about(folder)["config"]))


def load_bundle(
    folder: Path, vectors: TextVectors, config: ClassificationConfig
) -> ClassifierBundle:
    """What `save` wrote, on the encoder that `config` names."""
    about = _about(folder)
    labels = about["labels"]
    if about["kind"] == "zero_shot":
        described = load_file(folder / "descriptions.safetensors")
        return ZeroShotBundle(labels, vectors, config, described)
    sizes = {head: len(names) for head, names in labels.items()}
    trunk = Trunk(vectors.encoder, trunk_depth(vectors.encoder, config))
    return TrainedBundle(
        labels,
        vectors,
        config,
        Classifier.load(trunk, sizes, config, folder / "tail.safetensors"),
        {
            name: _load_member(folder / name, vectors if dense else None)
            for name, dense in about["members"].items()
        },
        {
            system: {head: Blend(**blend) for head, blend in heads.items()}
            for system, heads in about["blends"].items()
        },
        about["recommended"],
    )


def _load_member(folder: Path, vectors: TextVectors | None) -> Member:
    stated = (folder / STATED_FILE).is_file()
    return StatedMember.load(folder) if stated else LinearMember.load(folder, vectors)


def _about(folder: Path) -> dict[str, Any]:
    about: dict[str, Any] = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    return about
