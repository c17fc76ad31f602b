"""How a training tells what it does, and learns that it should stop."""

import sys
from dataclasses import dataclass
from typing import Protocol, TextIO


class Progress(Protocol):
    """Where a training reports to: a job's event log, a terminal, or nowhere."""

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        """A named stage (a key of `training.stages` in the texts) has done `done` of `total`."""

    def point(self, metric: str, value: float, step: int) -> None:
        """One point of a live curve, for instance the loss at a step."""

    def check(self) -> None:
        """Raise `Cancelled` if the user asked for a stop."""


class Silent:
    """Reports nowhere and never stops."""

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        """Say nothing."""

    def point(self, metric: str, value: float, step: int) -> None:
        """Say nothing."""

    def check(self) -> None:
        """Go on."""


@dataclass(frozen=True)
class WithoutPoints:
    """Passes on how far a training is and when to stop, but none of its curves."""

    progress: Progress

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        """Pass the stage on."""
        self.progress.stage(name, done, total)

    def point(self, metric: str, value: float, step: int) -> None:
        """Say nothing."""

    def check(self) -> None:
        """Stop when the training is to stop."""
        self.progress.check()


class Lines:
    """Reports as lines of text, for a terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        """Print the stage and how far it is."""
        print(f"{name} {done}/{total}" if total else name, file=self.stream, flush=True)

    def point(self, metric: str, value: float, step: int) -> None:
        """Print one point."""
        print(f"step {step} {metric} {value:.4f}", file=self.stream, flush=True)

    def check(self) -> None:
        """Go on: a terminal cancels with a signal."""
