"""Making bundles that classify: the tuned one from examples, the untuned one from words."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.labelling.labelled_texts import Examples
from engine.models.calibration import row_losses
from engine.models.classifier import trunk_depth
from engine.models.spreading import tune
from engine.progress import Progress
from engine.tasks.classify.augmentation import with_back_labels, with_synonyms
from engine.tasks.classify.blend import Blend, fit_blends
from engine.tasks.classify.bundle import TrainedBundle, ZeroShotBundle
from engine.tasks.classify.config import ClassificationConfig
from engine.tasks.classify.members import LinearMember, Member, TextVectors, linear_members

Floats = NDArray[np.float64]
UNTUNED = ("tfidf", "frozen_tfidf")
SYSTEMS = {"tuned": ("tuned",), "tuned_tfidf": ("tuned", *UNTUNED)}
# What needs no tuning and may turn out to be the best all the same.
BASELINES = {name: (name,) for name in ("tfidf", "frozen", "frozen_tfidf")}


def learn_bundle(
    labels: Mapping[str, list[str]],
    train: Examples,
    validation: Examples,
    vectors: TextVectors,
    config: ClassificationConfig,
    folder: Path,
    progress: Progress,
    extras: Mapping[str, Member] | None = None,
    *,
    svm: bool = False,
) -> TrainedBundle:
    """Tune the encoder, fit the linear members, and mix them by the validation part.

    `extras` are members that the task brings ready; with them the system `tuned_<their names>`
    holds everything. A system with a tuned part is recommended when it does better than the best
    baseline by more than a standard error, and `svm` says whether a support vector machine on words
    is among those. An answer counts as unsure below the confidence that
    keeps `config.precision` on validation.
    """
    # The libraries of trainings take seconds to import, and whoever only answers needs none.
    from engine.models.tunings import ClassifierTuning

    sizes = {head: len(names) for head, names in labels.items()}
    trunk = vectors.trunk(trunk_depth(vectors.encoder, config))
    labelled = train.labelled
    fitted = linear_members(labelled, validation, sizes, vectors, svm=svm)
    more = augment(labelled, train, fitted, vectors, config)
    classifier = tune(ClassifierTuning(sizes, more, validation, config), trunk, folder, progress)
    progress.stage("choose")
    scores = {"tuned": classifier.scores(validation.texts)}
    extras = extras or {}
    members: dict[str, Member] = {**fitted, **extras}
    scores |= {name: member.scores(validation.texts) for name, member in members.items()}
    baselines = baseline_systems(extras, svm=svm)
    systems = SYSTEMS | baselines
    if extras:
        systems["_".join(["tuned", *extras])] = (*SYSTEMS["tuned_tfidf"], *extras)
    blends = fit_blends(systems, scores, validation.labels, config.precision)
    losses = {name: _losses(blend, scores, validation) for name, blend in blends.items()}
    best = choose_system(losses, baselines)
    # A baseline that is not recommended is measured as a baseline, and no system of this model.
    kept = {name: blend for name, blend in blends.items() if name not in baselines or name == best}
    return TrainedBundle(labels, vectors, config, classifier, members, kept, best)


def baseline_systems(extras: Collection[str], *, svm: bool = False) -> dict[str, tuple[str, ...]]:
    """The members of every system that may be recommended without a tuned part.

    With `svm` the support vector machine is one. With `extras`, names of members, there is one that
    holds all but the tuned one: what tuning adds to a blend is only seen beside it.
    """
    mixed = {"_".join(["frozen_tfidf", *extras]): (*UNTUNED, *extras)} if extras else {}
    return BASELINES | ({"svm": ("svm",)} if svm else {}) | mixed


def augment(
    labelled: Examples,
    train: Examples,
    fitted: Mapping[str, LinearMember],
    vectors: TextVectors,
    config: ClassificationConfig,
) -> Examples:
    """The labelled examples, with labels guessed for the other texts of `train`, then synonyms.

    `train` holds texts without a label only where the settings ask for back-labels.
    """
    examples = labelled
    others = [text for text, known in zip(train.texts, train.known, strict=True) if not known]
    if others:
        examples = with_back_labels(examples, others, fitted["frozen_tfidf"].scores(others))
    if config.synonyms:
        examples = with_synonyms(examples, config.synonyms, vectors.encoder, config.seed)
    return examples


def describe_bundle(
    labels: Mapping[str, list[str]],
    texts: Mapping[str, Sequence[Sequence[str]]],
    vectors: TextVectors,
    config: ClassificationConfig,
    progress: Progress,
) -> ZeroShotBundle:
    """The untuned encoder with the mean vector of each label's `texts`, by head."""
    described = {}
    for head, groups in texts.items():
        flat = [text for group in groups for text in group]
        found = vectors.encoder.encode(flat, kind="passage", progress=progress)
        rows = np.split(found, np.cumsum([len(group) for group in groups])[:-1])
        means = np.stack([row.mean(axis=0) for row in rows])
        described[head] = means / np.linalg.norm(means, axis=1, keepdims=True)
    return ZeroShotBundle(labels, vectors, config, described)


def choose_system(losses: Mapping[str, Sequence[Floats]], simple: Collection[str]) -> str:
    """The system of least loss, or the best of the `simple` ones within a standard error of it.

    `losses` are every system's losses on the same rows, an array for each head, and heads count
    alike. Of what the rows cannot tell apart the one that costs less is kept (the
    one-standard-error rule, Breiman et al. 1984, section 3.4.3).
    """
    means = {
        name: float(np.mean([np.mean(head) for head in heads])) if heads else 0.0
        for name, heads in losses.items()
    }
    best = min(means, key=means.__getitem__)
    plain = min(simple, key=means.__getitem__)
    gaps = [one - other for one, other in zip(losses[plain], losses[best], strict=True)]
    error = np.sqrt(sum(np.var(gap) / len(gap) for gap in gaps)) / max(len(gaps), 1)
    return plain if means[plain] - means[best] <= error else best


def _losses(
    blends: Mapping[str, Blend],
    scores: Mapping[str, Mapping[str, Floats]],
    examples: Examples,
) -> list[Floats]:
    """The log loss of every row that has a label, by head.

    On few rows it orders systems more surely than macro-F1.
    """
    losses = []
    for head, blend in blends.items():
        known = examples.labels[head] >= 0
        if known.any():
            table = blend.log_probabilities({name: scores[name][head] for name in blend.weights})
            losses.append(row_losses(table[known], examples.labels[head][known]))
    return losses
