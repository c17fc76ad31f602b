"""A frozen workspace can be read, but nothing new starts in it and nothing in it is changed."""

from pathlib import Path

from engine.errors import InputError

MARK = "frozen"


def freeze(folder: Path) -> None:
    """Freeze the workspace in `folder`; one that was deleted stays so."""
    if folder.is_dir():
        (folder / MARK).touch()


def thaw(folder: Path) -> None:
    """Let the workspace in `folder` be changed again."""
    (folder / MARK).unlink(missing_ok=True)


def is_frozen(folder: Path) -> bool:
    """Whether the workspace in `folder` is frozen."""
    return (folder / MARK).exists()


def refuse_frozen(folder: Path) -> None:
    """Raise InputError if the workspace in `folder` is frozen."""
    if is_frozen(folder):
        raise InputError("workspace.frozen")
