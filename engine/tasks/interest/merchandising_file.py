"""The rules of a workspace on disk, with those before them to go back to."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from engine.storage.files import write_json
from engine.storage.lock import wait_for
from engine.storage.workspace import Workspace
from engine.tasks.interest.merchandising import Rules

MOST_STEPS = 30


def load_rules(workspace: Workspace) -> Rules:
    """The rules in force; no rules where nobody made any."""
    steps = _read(workspace)
    return steps[-1] if steps else Rules()


def can_undo(workspace: Workspace) -> bool:
    """Whether there is a change to take back."""
    return len(_read(workspace)) > 1


def change_rules(workspace: Workspace, change: Callable[[Rules], Rules]) -> Rules:
    """Put the rules that `change` makes of those in force into force, and keep the old ones."""
    with _locked(workspace):
        steps = _read(workspace)
        before = steps[-1] if steps else Rules()
        after = change(before)
        if after != before:
            _write(workspace, [*(steps or [before]), after])
        return after


def undo_rules(workspace: Workspace) -> Rules:
    """Take the last change back; without one nothing happens."""
    with _locked(workspace):
        steps = _read(workspace)
        if len(steps) > 1:
            _write(workspace, steps := steps[:-1])
        return steps[-1] if steps else Rules()


def _read(workspace: Workspace) -> list[Rules]:
    file = workspace.folder / "rules.json"
    if not file.is_file():
        return []
    steps: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return [Rules.of(step) for step in steps]


def _write(workspace: Workspace, steps: list[Rules]) -> None:
    write_json(workspace.folder / "rules.json", [rules.as_json() for rules in steps[-MOST_STEPS:]])


@contextmanager
def _locked(workspace: Workspace) -> Iterator[None]:
    """Two changes at the same moment must both be kept."""
    lock = wait_for(workspace.folder / "rules.lock")
    try:
        yield
    finally:
        os.close(lock)
