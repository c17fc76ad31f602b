"""The tuned classifier: an encoder's upper layers, attention pooling and one classifier a head."""

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
from torch.nn.utils.rnn import pad_sequence
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
from engine.models.heads import Heads, masked_cross_entropy
from engine.models.precision import half_products
from engine.models.trunk import Trunk, layer_count
from engine.progress import Progress

Floats = NDArray[np.float64]
ANSWER_BATCH = 64
# Texts that mean and deviation of the pooled vectors are taken from: more change them little.
STANDARD_ROWS = 600
# Validation texts that draw the curve of a training which they cannot end.
CURVE_ROWS = 300


class Tail(nn.Module):
    """What is trained: the layers above a trunk and the heads on their output."""

    def __init__(self, body: nn.Module, heads: Heads, config: ClassifierConfig) -> None:
        super().__init__()
        self.body, self.heads, self.smoothing = body, heads, config.label_smoothing

    def encode(self, states: Tensor, attention_mask: Tensor) -> Tensor:
        """The last layer's states `(batch, tokens, size)` from the trunk's."""
        out: Tensor = self.body(
            inputs_embeds=states, attention_mask=attention_mask
        ).last_hidden_state
        return out

    @torch.no_grad()
    def pool(self, states: Sequence[Tensor]) -> Tensor:
        """The pooled vectors `(texts, size)` of texts in some order, from the states of each."""
        self.eval()
        # Texts of like length leave little to pad.
        states = sorted(states, key=len)
        device = self.heads.middle.device
        found = []
        for start in range(0, len(states), ANSWER_BATCH):
            batch = {k: v.to(device) for k, v in _pad(states[start : start + ANSWER_BATCH]).items()}
            with half_products(device):
                found.append(self.heads.pooling(self.encode(**batch), batch["attention_mask"]))
        return torch.cat(found).float()

    def forward(
        self,
        states: Tensor,
        attention_mask: Tensor,
        labels: Tensor | None = None,
        weights: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Logits by head, and `loss` when `labels` and `weights` `(batch, heads)` are given."""
        logits: dict[str, Tensor] = self.heads(self.encode(states, attention_mask), attention_mask)
        if labels is None or weights is None:
            return logits
        losses = [
            masked_cross_entropy(table, labels[:, place], weights[:, place], self.smoothing)
            for place, table in enumerate(logits.values())
        ]
        return {"loss": torch.stack(losses).sum(), **logits}


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
        order = np.argsort([len(state) for state in states], kind="stable")
        found = {head: np.zeros((len(texts), size)) for head, size in self.labels.items()}
        device = next(self.tail.parameters()).device
        for start in range(0, len(order), ANSWER_BATCH):
            rows = order[start : start + ANSWER_BATCH]
            batch = _pad([states[row] for row in rows])
            logits = self.tail(**{name: value.to(device) for name, value in batch.items()})
            for head, table in logits.items():
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
        tail = _tail(trunk, labels, config)
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

    Keeps the mean of the weights over the second half of the epochs. Macro-F1 on `validation`, or
    on `watched_count` rows of it, is watched and, with `patience`, ends the training early.
    Checkpoints go to `folder`, and a training that was cut off goes on from the last whole one.
    """
    torch.manual_seed(config.seed)
    progress.stage("prepare")
    device = trunk.encoder.model.device
    tail = _tail(trunk, labels, config).to(device)
    drawn = np.random.default_rng(config.seed).permutation(len(validation.texts))
    watched = validation.take(np.sort(drawn[: watched_count(len(drawn), config)]))
    held = _Rows(trunk.states(watched.texts), watched)
    rows = _Rows(trunk.states(train.texts), train, config.token_dropout)
    step = -(-len(rows) // STANDARD_ROWS)
    tail.heads.standardise(tail.pool(rows.states[::step]))
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
        train_dataset=rows,
        eval_dataset=held,
        compute_metrics=_metrics,
        callbacks=[average],
    )
    trainer.rates = config
    finetune(trainer, config, folder, progress, watch)
    average.apply(tail)
    if config.adapter == "lora":
        merge_lora(tail.body)
    return Classifier(trunk, tail.eval(), labels)


def _tail(trunk: Trunk, labels: Mapping[str, int], config: ClassifierConfig) -> Tail:
    body = trunk.upper()
    for module in body.modules():
        # Dropping states beside attention takes an eighth of the time, and gained nothing.
        attends = type(module).__name__.endswith("SelfAttention")
        for child in module.children():
            if isinstance(child, nn.Dropout):
                child.p = config.dropout if attends else 0.0
    return Tail(body, Heads(trunk.size, labels, config.dropout), config)


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


def _pad(states: Sequence[Tensor]) -> dict[str, Tensor]:
    lengths = torch.tensor([len(state) for state in states])
    padded = pad_sequence(list(states), batch_first=True)
    mask = (torch.arange(padded.shape[1]) < lengths[:, None]).long()
    return {"states": padded, "attention_mask": mask}


def _collate(rows: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    batch = _pad([row["states"] for row in rows])
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
