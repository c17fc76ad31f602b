"""Starts the child process that parses a file, without pandas, which takes longer than pyarrow.

pyarrow imports pandas, if there is one, for the first list that becomes an array. Nothing that
parses needs it.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
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
    """Parse the file that the command line names."""
    sys.meta_path.insert(0, _WithoutPandas())
    from engine.reading.child import main

    main(*sys.argv[1:])


if __name__ == "__main__":
    run()
