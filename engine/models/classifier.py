"""The tuned classifier: a trunk that stays as it is, and the tail on it that is trained."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import torch
from numpy.typing import NDArray
from peft import inject_adapter_in_model
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.utils.data import Dataset, Sampler
from transformers import EvalPrediction, Trainer, TrainingArguments
from transformers.trainer_pt_utils import LengthGroupedSampler

from engine.config import AdapterConfig, ClassifierConfig
from engine.evaluation.classification import macro_f1
from engine.labelling.labelled_texts import Examples
from engine.models.averaging import WeightAverage
from engine.models.calibration import log_softmax
from engine.models.encoder import Encoder
from engine.models.finetune import Watch, finetune, lora_config, merge_lora, training_arguments
from engine.models.linear import fit_linear
from engine.models.tail import ANSWER_BATCH, Tail, batches, make_tail, pad_states
from engine.models.trunk import Trunk, layer_count
from engine.progress import Progress

Floats = NDArray[np.float64]
# Validation texts that draw the curve of a training which they cannot end.
CURVE_ROWS = 300


@dataclass(frozen=True)
class Classifier:
    """A trunk and its tail, ready to answer."""

    trunk: Trunk
    tail: Tail
    labels: Mapping[str, int]

    @torch.no_grad()
    def scores(self, texts: Sequence[str]) -> dict[str, Floats]:
        """The log-probabilities `(texts, labels)` of every head."""
        self.tail.eval()
        states = self.trunk.states(texts)
        found = {head: np.zeros((len(texts), size)) for head, size in self.labels.items()}
        device = next(self.tail.parameters()).device
        for rows, batch in batches(states, device):
            for head, table in self.tail(**batch).items():
                found[head][rows] = table.float().cpu().numpy()
        return {head: log_softmax(table) for head, table in found.items()}

    def save(self, file: Path) -> None:
        """Write the tail's weights as safetensors."""
        save_file({k: v.contiguous().cpu() for k, v in self.tail.state_dict().items()}, file)

    @classmethod
    def load(
        cls, trunk: Trunk, labels: Mapping[str, int], config: ClassifierConfig, file: Path
    ) -> Self:
        """What `save` wrote, on the trunk it was trained on."""
        tail = make_tail(trunk, labels, config)
        tail.load_state_dict(load_file(file))
        return cls(trunk, tail.to(trunk.encoder.model.device).eval(), labels)


def trunk_depth(encoder: Encoder, config: AdapterConfig) -> int:
    """How many of the encoder's layers stay as they are under `config`'s adapter."""
    return max(layer_count(encoder) - config.last_k, 0) if config.adapter == "last_k" else 0


def watched_count(rows: int, config: AdapterConfig) -> int:
    """How many of `rows` validation texts are read after every epoch."""
    return rows if config.patience else min(rows, CURVE_ROWS)


def train_classifier(
    trunk: Trunk,
    labels: Mapping[str, int],
    train: Examples,
    validation: Examples,
    config: ClassifierConfig,
    folder: Path,
    progress: Progress,
) -> Classifier:
    """Tune the layers above `trunk` with a new head each for `labels` (label counts by head).

    The heads begin where a regression on the untuned encoder's vectors ends. Keeps the mean of the
    weights over the second half of the epochs. Macro-F1 on `validation`, or on `watched_count` rows
    of it, is watched and, with `patience`, ends the training early. Checkpoints go to `folder`, and
    a training that was cut off goes on from the last whole one.
    """
    torch.manual_seed(config.seed)
    progress.stage("prepare")
    device = trunk.encoder.model.device
    tail = make_tail(trunk, labels, config).to(device)
    learned, held = (trunk.states(part.texts) for part in (train, validation))
    _probe(tail, labels, (learned, train), (held, validation))
    drawn = np.random.default_rng(config.seed).permutation(len(held))
    watched = np.sort(drawn[: watched_count(len(held), config)])
    if config.adapter == "lora":
        inject_adapter_in_model(lora_config(config), tail.body)
    average, watch = WeightAverage(), Watch("macro_f1")
    trainer = _Trainer(
        model=tail,
        args=training_arguments(
            TrainingArguments,
            config,
            folder,
            device,
            watch,
            per_device_eval_batch_size=ANSWER_BATCH,
            logging_steps=5,
            label_names=["labels"],
            remove_unused_columns=False,
        ),
        data_collator=_collate,
        train_dataset=_Rows(learned, train, config.token_dropout),
        eval_dataset=_Rows([held[row] for row in watched], validation.take(watched)),
        compute_metrics=_metrics,
        callbacks=[average],
    )
    trainer.rates = config
    finetune(trainer, config, folder, progress, watch)
    average.apply(tail)
    if config.adapter == "lora":
        merge_lora(tail.body)
    return Classifier(trunk, tail.eval(), labels)


def _probe(
    tail: Tail,
    sizes: Mapping[str, int],
    train: tuple[Sequence[Tensor], Examples],
    validation: tuple[Sequence[Tensor], Examples],
) -> None:
    """Start the heads at a regression on the untuned vectors of `train`, chosen on `validation`.

    Both are states and examples. Heads that start at random first pull the encoder astray, and of
    few examples it does not find back (Kumar et al. 2022, arXiv:2202.10054).
    """
    pooled, held = (tail.pool(states) for states, _ in (train, validation))
    tail.heads.standardise(pooled)
    # Penalties are made for vectors of about length 1.
    shrink = pooled.shape[1] ** -0.5
    rows, others = (
        (shrink * tail.heads.scaled(vectors)).cpu().double().numpy() for vectors in (pooled, held)
    )
    examples = train[1]
    probe = fit_linear(
        rows, examples.labels, examples.weights, sizes, (others, validation[1].labels)
    )
    tail.heads.start_at(
        {
            head: (torch.from_numpy(shrink * weights), torch.from_numpy(bias))
            for head, (weights, bias) in probe.parameters.items()
        }
    )


class _Rows(Dataset[dict[str, Tensor]]):
    """The trunk's states of every text, with labels and weights `(heads,)`.

    Each time a text is asked for, a `hidden` share of its tokens after the first is left out, drawn
    anew. Where the states hold their places, as BERT's do, a mask would do the same in more time.
    """

    def __init__(self, states: list[Tensor], examples: Examples, hidden: float = 0.0) -> None:
        self.states, self.examples, self.hidden = states, examples, hidden
        self.labels = torch.from_numpy(np.stack(list(examples.labels.values()), axis=1))
        self.weights = torch.from_numpy(np.stack(list(examples.weights.values()), axis=1)).float()

    def __len__(self) -> int:
        return len(self.states)

    def __getitem__(self, row: int) -> dict[str, Tensor]:
        states = self.states[row]
        if self.hidden:
            kept = torch.rand(len(states)) >= self.hidden
            kept[0] = True
            states = states[kept]
        return {
            "states": states,
            "labels": self.labels[row],
            "weights": self.weights[row],
        }


class _Trainer(Trainer):
    """The library's trainer with batches of like length and a rate of its own for new layers."""

    rates: ClassifierConfig

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        lengths = [len(state) for state in self.train_dataset.states]  # type: ignore[union-attr]
        generator = torch.Generator().manual_seed(self.args.seed)
        return LengthGroupedSampler(
            self.args.train_batch_size, lengths=lengths, generator=generator
        )

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """AdamW: the encoder at its rate, the heads at theirs, no decay on biases and norms."""
        if self.optimizer is None:
            self.optimizer = torch.optim.AdamW(
                list(_groups(cast(nn.Module, self.model), self.rates)), fused=True
            )
        return self.optimizer


def _groups(tail: nn.Module, config: ClassifierConfig) -> Iterator[dict[str, Any]]:
    for new, rate in ((False, config.learning_rate), (True, config.head_learning_rate)):
        for decayed in (False, True):
            chosen = [
                parameter
                for name, parameter in tail.named_parameters()
                if parameter.requires_grad
                and name.startswith("heads.") == new
                and (parameter.ndim > 1) == decayed
            ]
            decay = config.weight_decay if decayed else 0.0
            yield {"params": chosen, "lr": rate, "weight_decay": decay}


def _collate(rows: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    batch = pad_states([row["states"] for row in rows])
    return batch | {
        name: torch.stack([row[name] for row in rows]) for name in ("labels", "weights")
    }


def _metrics(found: EvalPrediction) -> dict[str, float]:
    """The macro-F1 of every head that has a truth, meaned."""
    tables = found.predictions if isinstance(found.predictions, tuple) else (found.predictions,)
    values = []
    for table, truth in zip(tables, np.asarray(found.label_ids).T, strict=True):
        known = truth >= 0
        if known.any():
            values.append(macro_f1(truth[known], table[known].argmax(axis=1)))
    return {"macro_f1": float(np.mean(values)) if values else 0.0}
