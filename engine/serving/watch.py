"""What is seen of work while it goes on, and how it is told to stop."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.errors import Cancelled


@dataclass(frozen=True)
class Stage:
    """The work at hand by `name`: `done` of `total` parts of it are done."""

    name: str = ""
    done: int = 0
    total: int = 0


class Watch:
    """Where work that answers a question, or loads a model, reports its progress to.

    It may be watched and cancelled from other threads. `seconds` is how long answering took, once
    all models were loaded.
    """

    def __init__(self, on_text: Callable[[str], None] | None = None) -> None:
        self.current = Stage()
        self.seconds = 0.0
        self._cancelled = False
        self._on_text = on_text

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        """Show how far the work is."""
        self.current = Stage(name, done, total)

    def point(self, metric: str, value: float, step: int) -> None:
        """Say nothing: answering draws no curves."""

    def text(self, text: str) -> None:
        """Pass on what has been written of a text so far. Raises `Cancelled` as `check` does."""
        self.check()
        if self._on_text is not None:
            self._on_text(text)

    def check(self) -> None:
        """Raise `Cancelled` if nobody waits for the work any more."""
        if self._cancelled:
            raise Cancelled

    def cancel(self) -> None:
        """Have the work stop where it checks next."""
        self._cancelled = True
