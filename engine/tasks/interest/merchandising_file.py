"""The rules of a workspace on disk, with those before them to go back to."""

import json
from collections.abc import Callable

from engine.storage.files import read_text, write_json
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
    with workspace.changing():
        steps = _read(workspace)
        before = steps[-1] if steps else Rules()
        after = change(before)
        if after != before:
            _write(workspace, [*(steps or [before]), after])
        return after


def undo_rules(workspace: Workspace) -> Rules:
    """Take the last change back; without one nothing happens."""
    with workspace.changing():
        steps = _read(workspace)
        if len(steps) > 1:
            _write(workspace, steps := steps[:-1])
        return steps[-1] if steps else Rules()


def _read(workspace: Workspace) -> list[Rules]:
    text = read_text(workspace.folder / "rules.json")
    return [] if text is None else [Rules.of(step) for step in json.loads(text)]


def _write(workspace: Workspace, steps: list[Rules]) -> None:
    write_json(workspace.folder / "rules.json", [rules.as_json() for rules in steps[-MOST_STEPS:]])
