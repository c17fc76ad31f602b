"""The child process that makes a summary of a shop's tables, see `engine.storage.summaries`."""

import inspect
import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TypeVar, TypeVarTuple, get_type_hints

from engine.codec import decode
from engine.storage import summaries
from engine.storage.kept_summaries import KeptSummaries, write_outcome
from engine.storage.process_limits import limit_memory, limit_time
from engine.storage.table_files import open_tables
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
# Behind the pages, which share the session of this process.
NICENESS = 10


class _Here:
    """Makes in this process what summaries are made from, and keeps it as well."""

    def __init__(self, kept: KeptSummaries) -> None:
        self.kept = kept
        tables = open_tables(kept.workspace / kept.generation, kept.language)
        corrections = Workspace(kept.workspace).corrections()
        self.tables = tables.with_corrections(corrections).with_elsewhere(self)

    def summarise(self, derive: Callable[[Tables], T], *, corrections: bool = False) -> T:
        file = self.kept.file_of(derive, corrections=corrections)
        return self.kept.keep(derive, lambda: derive(self.tables), file)

    def work_out(self, derive: Callable[[Tables, *Ts], T], *args: *Ts) -> T:
        return derive(self.tables, *args)


def run(
    folder: str, generation: str, language: str, module: str, name: str, arguments: str, file: str
) -> None:
    """Leave in `file` what the function `name` of `module` makes of a generation of tables.

    `arguments` are its further ones as JSON, or null for a summary.
    """
    os.nice(NICENESS)
    limit_memory(summaries.CHILD_MEMORY_BYTES)
    limit_time(summaries.CHILD_SECONDS)
    here = _Here(KeptSummaries(Path(folder), generation, language))
    derive = inspect.unwrap(getattr(import_module(module), name))
    given = json.loads(arguments)
    if given is None:
        here.kept.keep(derive, lambda: derive(here.tables), Path(file))
        return
    _, *kinds = (kind for name, kind in get_type_hints(derive).items() if name != "return")
    values = [decode(kind, value) for kind, value in zip(kinds, given, strict=True)]
    write_outcome(lambda: derive(here.tables, *values), Path(file))


if __name__ == "__main__":
    run(*sys.argv[1:])
    sys.stderr.flush()
    # To take the interpreter and its memory apart takes a while, and nothing is left to do.
    os._exit(0)
