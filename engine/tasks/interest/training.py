"""From a dataset to a bundle: untuned, or with a net that learned from what was shown."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from engine.models.encoder import load_encoder
from engine.progress import Progress
from engine.tables.tables import Tables
from engine.tasks.base import Dataset
from engine.tasks.interest.bundle import InterestBundle
from engine.tasks.interest.calibrated_net import CalibratedNet, make_net
from engine.tasks.interest.config import InterestConfig
from engine.tasks.interest.examples import list_queries
from engine.tasks.interest.learning import Shown, fit_chances, train_net
from engine.tasks.interest.moments import list_moments
from engine.tasks.interest.net import Vectors, log_odds


def untuned_bundle(
    tables: Tables, queries: Sequence[str], config: InterestConfig, progress: Progress
) -> InterestBundle:
    """The pretrained encoder over the catalog; the vectors of `queries` are kept as well."""
    progress.stage("load")
    encoder = load_encoder(config.model, config.max_tokens, progress=progress)
    progress.stage("index")
    return InterestBundle(
        encoder,
        tables,
        model=config.model,
        history=config.history,
        learned=None,
        progress=progress,
        queries=queries,
    )


def train_bundle(
    dataset: Dataset, config: InterestConfig, folder: Path, progress: Progress
) -> InterestBundle:
    """Learn the net on what was shown, then calibrate its probabilities on validation."""
    bundle = untuned_bundle(dataset.tables, list_queries(dataset), config, progress)
    both = pd.concat([dataset.train, dataset.validation], ignore_index=True)
    shown, vectors = _shown(bundle, both, config)
    train, validation = shown.split(int(dataset.train["grades"].map(len).sum()))
    torch.manual_seed(config.seed)
    net = make_net(bundle.encoder.dimension, config.size, config.dropout)
    train_net(net, vectors, train, validation, config, folder, progress)
    progress.stage("choose")
    interest, place = log_odds(net, validation.pairs, vectors)
    clicked = validation.clicked.numpy()
    scales = {
        "tuned": fit_chances(interest, clicked),
        "tuned_at_place": fit_chances(interest + place, clicked),
    }
    bundle.learned = CalibratedNet(net, scales, config.size)
    return bundle


def _shown(
    bundle: InterestBundle, part: pd.DataFrame, config: InterestConfig
) -> tuple[Shown, Vectors]:
    """The products of a part's pages with what came of them, and the vectors they refer to."""
    pairs, vectors = bundle.pair(list(list_moments(part)))
    grades = np.concatenate([np.asarray(row) for row in part["grades"]])
    weights = 1 + config.action_weight * np.maximum(grades - 1, 0)
    clicked, weights = (
        torch.from_numpy(values.astype(np.float32)) for values in (grades > 0, weights)
    )
    return Shown(pairs, clicked, weights), vectors
