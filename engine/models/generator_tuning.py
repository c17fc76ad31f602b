"""Tuning a generator on what it should have written: cross-entropy on the answers alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from peft import PeftModel, get_peft_model
from torch import Tensor, nn
from torch.utils.data import Dataset, Sampler
from transformers import Trainer, TrainingArguments
from transformers.pytorch_utils import Conv1D
from transformers.trainer_pt_utils import LengthGroupedSampler

from engine.config import GeneratorConfig
from engine.errors import InputError
from engine.models.finetune import (
    Watch,
    finetune,
    learn_only,
    lora_config,
    set_dropout,
    training_arguments,
)
from engine.models.generator import Generator, Messages, merge, pad_left
from engine.models.spreading import mean_over_processes
from engine.models.trunk import layer_list
from engine.progress import Progress

IGNORED = -100


@dataclass(frozen=True)
class Pair:
    """A chat and the answer to learn."""

    messages: Messages
    answer: str


@dataclass(frozen=True)
class Tokens:
    """A pair as the model reads it; the answer ends with the end token."""

    prompt: list[int]
    answer: list[int]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


def cut(generator: Generator, pair: Pair) -> Tokens:
    """The tokens of a pair."""
    answer = generator.tokenizer(pair.answer, add_special_tokens=False)["input_ids"]
    return Tokens(generator.prompt(pair.messages), [*answer, generator.end])


def tune_generator(
    generator: Generator,
    train: Sequence[Pair],
    validation: Sequence[Pair],
    config: GeneratorConfig,
    folder: Path,
    progress: Progress,
) -> Generator:
    """`generator` tuned on `train`; pairs of more than `max_tokens` tokens are left out.

    The loss is of the answers only. Its value on `validation` is watched and, with `patience`, ends
    the training early. Goes on from the last whole checkpoint in `folder`. Raises InputError when
    no pair is short enough, and `Cancelled`. Source of the matrices: Hu et al. (2021),
    arXiv:2106.09685.
    """
    torch.manual_seed(config.seed)
    progress.stage("prepare")
    rows, held = (
        _Rows([found for pair in pairs if len(found := cut(generator, pair)) <= config.max_tokens])
        for pairs in (train, validation)
    )
    if not len(rows):
        raise InputError("describe.pairs_too_long", tokens=config.max_tokens)
    watch = Watch("eval_loss") if len(held) else None
    trainer = _Trainer(
        model=adapt(generator, config),
        args=training_arguments(
            TrainingArguments,
            config,
            folder,
            generator.model.device,
            watch,
            per_device_eval_batch_size=config.batch_size,
            logging_steps=2,
            label_names=["labels"],
            remove_unused_columns=False,
        ),
        data_collator=lambda batch: collate(batch, generator.end),
        train_dataset=rows,
        eval_dataset=held if watch else None,
    )
    finetune(trainer, config, folder, progress, watch)
    tuned = trainer.model
    if isinstance(tuned, PeftModel):
        return merge(tuned, generator.tokenizer)
    generator.model.requires_grad_(True)
    return Generator(generator.model.eval(), generator.tokenizer)


def adapt(generator: Generator, config: GeneratorConfig) -> nn.Module:
    """The model with only those weights to learn that the adapter names; words never do."""
    model = generator.model
    set_dropout(model, config.dropout)
    layers = list(layer_list(model))
    if config.adapter == "lora":
        linear = _linear_names(model, layers[-config.lora_layers :])
        return cast(nn.Module, get_peft_model(model, lora_config(config, linear, "CAUSAL_LM")))
    learn_only(model, layers if config.adapter == "full" else layers[-config.last_k :])
    return model


def _linear_names(model: nn.Module, layers: Sequence[nn.Module]) -> list[str]:
    inside = {id(module) for layer in layers for module in layer.modules()}
    return [
        name
        for name, module in model.named_modules()
        if id(module) in inside and isinstance(module, nn.Linear | Conv1D)
    ]


def collate(rows: Sequence[Tokens], filler: int) -> dict[str, Tensor]:
    """A batch filled from the left, so that all answers end where the batch does.

    `labels` hold the answers alone. They are told from the filling by length: many models end and
    fill with the same token.
    """
    ids, mask = pad_left([[*row.prompt, *row.answer] for row in rows], filler)
    labels = torch.full_like(ids, IGNORED)
    for place, row in enumerate(rows):
        labels[place, -len(row.answer) :] = torch.tensor(row.answer)
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "position_ids": (mask.cumsum(1) - 1).clamp(min=0),
        "labels": labels,
    }


def answer_loss(model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """Mean cross-entropy of the answers' tokens; words are scored only where an answer stands.

    Where several processes share a batch, the mean of what they give is that of all its tokens.
    """
    inputs = dict(batch)
    labels = inputs.pop("labels")
    kept = int((labels != IGNORED).any(dim=0).sum()) + 1
    logits = model(**inputs, use_cache=False, logits_to_keep=kept).logits
    targets = labels[:, 1 - kept :].flatten()
    loss = nn.functional.cross_entropy(
        logits[:, :-1].flatten(0, 1).float(), targets, ignore_index=IGNORED
    )
    tokens = (targets != IGNORED).sum()
    return loss * (tokens / mean_over_processes(tokens))


class _Rows(Dataset[Tokens]):
    def __init__(self, rows: list[Tokens]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, row: int) -> Tokens:
        return self.rows[row]


class _Trainer(Trainer):
    """The library's trainer with batches of like length and the loss of the answers."""

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        rows = cast(_Rows, self.train_dataset)
        generator = torch.Generator().manual_seed(self.args.seed)
        return LengthGroupedSampler(
            self.args.train_batch_size, lengths=[len(row) for row in rows.rows], generator=generator
        )

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """See `answer_loss`."""
        loss = answer_loss(model, inputs)
        return (loss, {"loss": loss}) if return_outputs else loss

    def prediction_step(
        self, model: nn.Module, inputs: dict[str, Any], *_: Any, **__: Any
    ) -> tuple[Tensor, None, None]:
        """The loss alone: nobody reads the words' scores."""
        with torch.no_grad():
            return answer_loss(model, self._prepare_inputs(inputs)).detach(), None, None
