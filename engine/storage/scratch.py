"""Folders for one piece of work, which a kill may leave behind."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.settings import home
from engine.storage.lock import delete_unless_read, hold

_PREFIX = "reading-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new folder below the state folder, deleted when the block ends."""
    while True:
        with (
            tempfile.TemporaryDirectory(prefix=_PREFIX, dir=home()) as name,
            hold(Path(name)) as exists,
        ):
            # Another process that starts may have swept it away before it was held.
            if exists:
                yield Path(name)
                return


def delete_left_over(home: Path) -> None:
    """Delete the scratch folders whose processes are gone."""
    for folder in home.glob(f"{_PREFIX}*"):
        delete_unless_read(folder)
