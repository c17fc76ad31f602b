"""What a Hugging Face trainer reports of a run, and the checkpoint from which it can go on."""

from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_utils import sort_checkpoints

from engine.progress import Progress

# What a trainer calls the loss on rows that it does not learn from.
VALIDATION_LOSS = "eval_loss"


class Reporting(TrainerCallback):
    """Reports steps, losses and the watched `metric`; stops when the user asked for it."""

    def __init__(self, progress: Progress, metric: str | None) -> None:
        self.progress = progress
        self.metric = metric

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Report the step; raises `Cancelled` when a stop was asked for."""
        self.progress.stage("train", state.global_step, state.max_steps)
        self.progress.check()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Report the losses and the metric that the trainer logs."""
        for name, value in (logs or {}).items():
            if name in ("loss", VALIDATION_LOSS):
                self.progress.point(name, float(value), state.global_step)
            elif self.metric and name.endswith(self.metric):
                self.progress.point(self.metric, float(value), state.global_step)


def last_checkpoint(folder: Path) -> str | None:
    """The newest checkpoint of `folder` that was written whole, or None.

    The trainer writes `trainer_state.json` last.
    """
    paths = sort_checkpoints(str(folder)) if folder.is_dir() else []
    whole = [path for path in paths if (Path(path) / "trainer_state.json").is_file()]
    return whole[-1] if whole else None
