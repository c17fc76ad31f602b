"""The child process that parses a file, without pandas, which takes longer to import than pyarrow.

pyarrow imports pandas, if there is one, for the first list that becomes an array. Nothing that
parses needs it.
"""

import gc
import json
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType


class _WithoutPandas:
    """Says that pandas is not installed, and leaves all else to the finders behind it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == "pandas":
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None


def run() -> None:
    """Parse the file that a line of standard input names, and leave the results in its folder.

    The line is a JSON object: the paths `file` and `folder`, the `name` by which the user knows the
    file, and `place`, an `engine.reading.layout.Place`. Without a line there is nothing to parse.
    """
    sys.meta_path.insert(0, _WithoutPandas())
    gc.disable()  # as for a command, see `engine.__main__`
    from engine.errors import InputError
    from engine.reading import limits
    from engine.reading.child import ERRORS, SHARE
    from engine.reading.coding import plain_bytes
    from engine.reading.format import parse
    from engine.reading.handover import write_parsed, write_refusal
    from engine.reading.layout import Place
    from engine.reading.limits import refuse
    from engine.storage.process_limits import limit_memory

    gc.freeze()
    gc.enable()
    line = sys.stdin.buffer.readline()
    if not line:
        return
    task = json.loads(line)
    name, scratch, where = task["name"], Path(task["folder"]), Place(**task["place"])
    _write_errors(scratch / ERRORS)
    limit_memory(limits.CHILD_MEMORY_BYTES)

    def tell(share: float) -> None:
        (scratch / SHARE).write_text(f"{share:.2f}", encoding="ascii")

    try:
        parsed = parse(Path(task["file"]), name, scratch, where, tell)
        # What a few bytes stand for may be long, and the page that reads it has no memory limit.
        most = limits.most_bytes(where.table)
        if plain_bytes(parsed.text.table) > most:
            raise refuse("too_big", name, limit_mb=most // 1_000_000)
    except InputError as error:
        write_refusal(error, scratch)
    else:
        write_parsed(parsed, scratch)


def _write_errors(path: Path) -> None:
    """Send what is written to standard error to a file, whoever writes it."""
    with path.open("wb") as errors:
        os.dup2(errors.fileno(), sys.stderr.fileno())


if __name__ == "__main__":
    run()
    sys.stderr.flush()
    # To take the interpreter and its memory apart takes a while, and nothing is left to do.
    os._exit(0)
