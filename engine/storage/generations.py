"""The tables of a workspace as generations: folders that never change once they are in use.

```
<workspace>/generations.json      the generations, oldest first; the last is the current one
<workspace>/generations/<id>/     <table>.parquet and tables.json
```

`generations.json` is replaced in one step, so a kill at any moment leaves the tables as they were
before or after a change. Whoever reads a generation holds a lock on its folder, and the folder is
deleted only when nobody does. Until November 2026 the tables lay in `tables/` and those before the
last load in `previous/`; both folders count as generations until the next loads replace them.
"""

import json
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from engine.storage.files import link, sync, write_json
from engine.storage.lock import delete_unless_read, hold

ABOUT = "tables.json"
# The current generation, and the one before it for undo.
KEPT = 2
_OLD_CURRENT, _OLD_PREVIOUS = "tables", "previous"


class Generations:
    """The generations of one workspace's folder.

    Whoever calls a method that changes them has to hold the workspace's lock.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "generations.json"

    @property
    def current(self) -> str | None:
        """The name of the current generation, which changes with every load; None without tables.

        The same name always stands for the same tables.
        """
        generations = self._list()
        return generations[-1] if generations else None

    @property
    def can_undo(self) -> bool:
        """Whether there is a generation before the current one."""
        return len(self._list()) > 1

    @contextmanager
    def reading(self) -> Iterator[Path | None]:
        """The folder of the current generation, kept while the block runs; None without tables."""
        name = self.current
        while name is not None:
            with hold(self._folder / name) as exists:
                if exists:
                    yield self._folder / name
                    return
            newer = self.current
            if newer == name:
                raise FileNotFoundError(self._folder / name)
            name = newer
        yield None

    @contextmanager
    def adding(self) -> Iterator[Path]:
        """A folder that becomes the current generation when the block ends without an error.

        It starts with the current tables; the block may replace files in it but not write to them.
        """
        name = f"generations/{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(4)}"
        folder = self._folder / name
        folder.mkdir(parents=True)
        try:
            with self.reading() as current:
                for file in current.iterdir() if current else ():
                    link(file, folder / file.name)
            yield folder
            for path in (*folder.iterdir(), folder, folder.parent):
                sync(path)
        except Exception:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        generations = self._list() or [None]
        self._replace([*generations, name][-KEPT:])

    def undo(self) -> bool:
        """Make the generation before the current one current again; False if there is none."""
        generations = self._list()
        if len(generations) < KEPT:
            return False
        self._replace(generations[:-1])
        return True

    def _list(self) -> list[str | None]:
        """The generations, oldest first; None stands for a shop without tables."""
        try:
            about = self._file.stat()
            return list(_read(self._file, (about.st_ino, about.st_mtime_ns, about.st_size)))
        except FileNotFoundError:
            return self._list_old()

    def _list_old(self) -> list[str | None]:
        """What an older version left: an older kill could leave `previous/` alone."""
        has = {
            name: (self._folder / name / ABOUT).is_file() for name in (_OLD_PREVIOUS, _OLD_CURRENT)
        }
        names: list[str | None] = [name for name in has if has[name]]
        was_empty = (self._folder / _OLD_PREVIOUS).is_dir() and not has[_OLD_PREVIOUS]
        return [None, *names] if was_empty and names else names

    def _replace(self, generations: Sequence[str | None]) -> None:
        write_json(self._file, generations)
        folders = [*(self._folder / "generations").glob("*")]
        folders += [self._folder / name for name in (_OLD_CURRENT, _OLD_PREVIOUS)]
        in_use = {self._folder / name for name in generations if name}
        for folder in folders:
            if folder not in in_use:
                delete_unless_read(folder)


# A page asks a dozen times which tables are current, and they seldom change.
@lru_cache(maxsize=256)
def _read(file: Path, _stamp: tuple[int, int, int]) -> tuple[str | None, ...]:
    return tuple(json.loads(file.read_text(encoding="utf-8")))
