"""Fine-tuning: which weights learn, what the library's trainer is told, and the run itself.

Four trainings use it: of the bi-encoder, the classifier, the generator and the net of interest.
They differ in their model, their batches and their loss; everything else is here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from accelerate.utils.memory import clear_device_cache, should_reduce_batch_size
from peft import LoraConfig
from peft.tuners.tuners_utils import BaseTunerLayer
from torch import nn
from transformers import EarlyStoppingCallback, PrinterCallback, Trainer, TrainingArguments

from engine.config import AdapterConfig, TrainingConfig
from engine.models.precision import answer_in_full, training_precision
from engine.models.reporting import Reporting, last_checkpoint
from engine.models.spreading import is_spread
from engine.progress import Progress

Arguments = TypeVar("Arguments", bound=TrainingArguments)


def lora_config(
    config: AdapterConfig, layers: str | Sequence[str] = "all-linear", task_type: str | None = None
) -> LoraConfig:
    """Low-rank matrices beside the linear `layers`, scaled by twice their rank.

    Source: Hu et al. (2021), arXiv:2106.09685.
    """
    return LoraConfig(
        r=config.lora_rank,
        lora_alpha=2 * config.lora_rank,
        lora_dropout=config.dropout,
        target_modules=layers if isinstance(layers, str) else list(layers),
        task_type=task_type,
    )


def merge_lora(model: nn.Module) -> None:
    """Add the learned low-rank matrices to the weights they stand beside; only these stay."""
    for name, module in list(model.named_modules()):
        if isinstance(module, BaseTunerLayer):
            module.merge()
            parent, _, child = name.rpartition(".")
            setattr(model.get_submodule(parent), child, module.get_base_layer())


def learn_only(model: nn.Module, layers: Iterable[nn.Module]) -> None:
    """Let the weights of `layers` learn, and no others of `model`."""
    model.requires_grad_(False)
    for layer in layers:
        layer.requires_grad_(True)


def set_dropout(model: nn.Module, share: float) -> None:
    """Let every dropout layer of `model` drop `share` of its input while training."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = share


@dataclass(frozen=True)
class Watch:
    """The figure by which epochs are compared, and whether the best epoch is the one to keep.

    Of a figure whose name ends in `loss` less is better, of any other more.
    """

    metric: str
    keep_best: bool = False


def training_arguments(
    kind: type[Arguments],
    config: TrainingConfig,
    folder: Path,
    device: torch.device,
    watch: Watch | None,
    **own: Any,
) -> Arguments:
    """What a trainer is told for `config`; `own` are the arguments that only one training needs.

    The learning rate rises over the warm-up and then falls to 0 in a straight line. Checkpoints go
    to `folder` after every epoch.
    """
    keep_best = watch is not None and watch.keep_best
    shared: dict[str, Any] = {
        "output_dir": str(folder),
        "num_train_epochs": config.epochs,
        "per_device_train_batch_size": config.batch_size,
        "learning_rate": config.learning_rate,
        "weight_decay": config.weight_decay,
        "warmup_steps": config.warmup,
        "lr_scheduler_type": "linear",
        "seed": config.seed,
        "save_strategy": "epoch",
        # The best epoch and the last one.
        "save_total_limit": 2 if keep_best else 1,
        "load_best_model_at_end": keep_best,
        "dataloader_pin_memory": device.type == "cuda",
        # Of several processes each takes a part of a batch, and not one of its own.
        "accelerator_config": {"split_batches": True},
        "report_to": "none",
        "disable_tqdm": True,
        **training_precision(device),
    }
    if watch:
        shared |= {
            "eval_strategy": "epoch",
            "metric_for_best_model": watch.metric,
            "greater_is_better": not watch.metric.endswith("loss"),
        }
    arguments = kind(**shared | own)
    # Where several GPUs are visible to one process, the library would take a batch for each.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments


def finetune(
    trainer: Trainer, config: TrainingConfig, folder: Path, progress: Progress, watch: Watch | None
) -> None:
    """Run `trainer` from the last whole checkpoint in `folder`, or from the start.

    What is watched ends it early once `patience` epochs brought no gain. Afterwards the model
    computes in 32 bits again. Raises Cancelled.
    """
    # It prints to standard output, which belongs to the command line's one document.
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(Reporting(progress, watch.metric if watch else None))
    if watch and config.patience:
        trainer.add_callback(EarlyStoppingCallback(config.patience))
    _train_within_memory(trainer, folder)
    answer_in_full(trainer)
    progress.check()


def _train_within_memory(trainer: Trainer, folder: Path) -> None:
    """Train; what does not fit into memory is tried again with half as many examples at once.

    As many examples as before make a step. One of several processes cannot do so: the others wait.
    The library's own `auto_find_batch_size` has no effect on a trainer of sentence-transformers.
    """
    arguments = trainer.args
    while True:
        try:
            trainer.train(resume_from_checkpoint=last_checkpoint(folder))
            return
        except Exception as error:
            batch_size = arguments.per_device_train_batch_size
            if is_spread() or batch_size < 2 or not should_reduce_batch_size(error):
                raise
        arguments.per_device_train_batch_size = batch_size // 2
        arguments.gradient_accumulation_steps *= 2
        trainer.accelerator.gradient_accumulation_steps = arguments.gradient_accumulation_steps
        clear_device_cache(garbage_collection=True)
