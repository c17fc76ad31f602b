"""The mean of a model's weights over the second half of its training."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

FILE = "average.safetensors"
STARTS_AT = 0.5


class WeightAverage(TrainerCallback):
    """Averages the learned weights over the epochs of the second half (Izmailov et al. 2018).

    With few examples single epochs differ by chance: the mean is steadier than any of them, and
    than the one that a small validation part happens to favour. It is kept beside the checkpoint,
    so that a training that was cut off ends in the same mean.
    """

    def __init__(self) -> None:
        self.epochs = 0
        self.mean: dict[str, Tensor] = {}

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Go on from the mean that the checkpoint kept."""
        file = _checkpoint(args, state) / FILE
        if state.global_step and file.is_file():
            self.mean = load_file(file)
            self.epochs = int(self.mean.pop("epochs"))

    def on_epoch_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        model: nn.Module | None = None,
        **_: Any,
    ) -> None:
        """Take the epoch in, if it lies in the second half."""
        # With a part of the first half: of three epochs the mean of two was worse than the last.
        begun = round(state.epoch or 0) - 1
        if model is None or begun < STARTS_AT * args.num_train_epochs:
            return
        self.epochs += 1
        for name, weight in model.named_parameters():
            if weight.requires_grad:
                now = weight.detach().cpu().float()
                mean = self.mean.get(name, torch.zeros_like(now))
                self.mean[name] = mean + (now - mean) / self.epochs

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Keep the mean with the checkpoint; of several processes it is the same in all."""
        if self.epochs and state.is_world_process_zero:
            tensors = self.mean | {"epochs": torch.tensor(self.epochs)}
            save_file(tensors, _checkpoint(args, state) / FILE)

    @torch.no_grad()
    def apply(self, model: nn.Module) -> None:
        """Put the mean in place of the weights, if the second half was reached."""
        for name, weight in model.named_parameters():
            if name in self.mean:
                weight.copy_(self.mean[name])


def _checkpoint(args: TrainingArguments, state: TrainerState) -> Path:
    return Path(str(args.output_dir)) / f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}"
