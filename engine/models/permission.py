"""What this process may do to get at a model.

The process that answers for everybody only uses models that are on this machine: a download would
keep all of them waiting. Jobs and the command line may download. A folder may be named on the
command line, whose user may read the machine's files anyway; elsewhere only below the folder that
the host allows in `SHOPLAB_MODEL_FOLDER`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Permission:
    """What is allowed: to download models that aren't here, and to use those in any folder."""

    downloads: bool = False
    any_folder: bool = False


_current = Permission()


def permission() -> Permission:
    """What this process may do now."""
    return _current


@contextmanager
def permitting(*, downloads: bool = False, any_folder: bool = False) -> Iterator[None]:
    """Permit this to the whole process while the block runs."""
    global _current
    before, _current = _current, Permission(downloads, any_folder)
    try:
        yield
    finally:
        _current = before


def may_use(folder: Path) -> bool:
    """Whether a user may name this folder as a model, whether or not it exists."""
    allowed = os.environ.get("SHOPLAB_MODEL_FOLDER")
    if permission().any_folder:
        return True
    return bool(allowed) and folder.resolve().is_relative_to(Path(allowed or "").resolve())
