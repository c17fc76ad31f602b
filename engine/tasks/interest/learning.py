"""Learning what shoppers want from what they were shown: the loop, its checkpoints, calibration."""

from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import Dataset
from transformers import Trainer, TrainingArguments

from engine.models.finetune import Watch, finetune, training_arguments
from engine.progress import Progress
from engine.tasks.interest.config import InterestConfig
from engine.tasks.interest.net import InterestNet, Pairs, Vectors


class Shown(Dataset[dict[str, Tensor]]):
    """Pairs with what came of them: `clicked` 0 or 1 and how much each row counts."""

    def __init__(self, pairs: Pairs, clicked: Tensor, weights: Tensor) -> None:
        self.pairs = pairs
        self.clicked = clicked
        self.weights = weights

    def __len__(self) -> int:
        return len(self.pairs)

    def split(self, count: int) -> "tuple[Shown, Shown]":
        """The first `count` rows, and the others."""
        parts = torch.split(torch.arange(len(self)), [count, len(self) - count])
        first, others = (
            Shown(self.pairs.take(rows), self.clicked[rows], self.weights[rows]) for rows in parts
        )
        return first, others

    def __getitems__(self, rows: list[int]) -> dict[str, Tensor]:
        """A whole batch at once: taking rows one by one would take longer than learning."""
        which = torch.tensor(rows)
        part = self.pairs.take(which)
        return {one.name: getattr(part, one.name) for one in fields(part)} | {
            "labels": self.clicked[which],
            "weights": self.weights[which],
        }


class _Lesson(nn.Module):
    """The net with its loss; the vectors are looked up and never learned or saved."""

    def __init__(self, net: InterestNet, vectors: Vectors) -> None:
        super().__init__()
        self.net = net
        self.vectors = vectors

    def forward(
        self,
        products: Tensor,
        queries: Tensor,
        histories: Tensor,
        strengths: Tensor,
        features: Tensor,
        positions: Tensor,
        labels: Tensor,
        weights: Tensor,
    ) -> dict[str, Tensor]:
        """Binary cross-entropy of the clicks, with the position's bias beside the interest."""
        pairs = Pairs(products, queries, histories, strengths, features, positions)
        logits = self.net(pairs, self.vectors) + self.net.bias(pairs)
        return {"loss": binary_cross_entropy_with_logits(logits, labels, weights)}


def train_net(
    net: InterestNet,
    vectors: Vectors,
    train: Shown,
    validation: Shown,
    config: InterestConfig,
    folder: Path,
    progress: Progress,
) -> None:
    """Tune `net` in place on the rows of `train`; goes on from the checkpoints in `folder`.

    With patience, the epoch of the lowest loss on `validation` is kept.
    """
    torch.manual_seed(config.seed)
    net.start(train.pairs, train.clicked)
    watch = Watch("eval_loss", keep_best=config.patience > 0)
    trainer = Trainer(
        model=_Lesson(net, vectors),
        args=training_arguments(
            TrainingArguments,
            config,
            folder,
            # The net is small: on a graphics card, or with short numbers, nothing is gained.
            torch.device("cpu"),
            watch,
            per_device_eval_batch_size=8 * config.batch_size,
            logging_steps=20,
            label_names=["labels"],
            remove_unused_columns=False,
            bf16=False,
        ),
        data_collator=_as_is,
        train_dataset=train,
        eval_dataset=validation,
    )
    finetune(trainer, config, folder, progress, watch)
    net.eval()


def fit_chances(scores: NDArray[np.float64], clicked: NDArray[np.float32]) -> tuple[float, float]:
    """Slope and offset that make sigmoid(slope · score + offset) fit the clicks best.

    Platt (1999). Where all rows agree there is nothing to fit: 1 and 0.
    """
    if len(np.unique(clicked)) < 2:
        return 1.0, 0.0
    model = LogisticRegression(C=1e4).fit(scores[:, None], clicked)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def _as_is(batch: Any) -> dict[str, Tensor]:
    return cast("dict[str, Tensor]", batch)
