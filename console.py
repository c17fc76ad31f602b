"""The command `shoplab` of an installed copy, which lies in one folder like a checkout."""

import sys
from pathlib import Path


def main() -> int:
    """Run one command, as `python -m engine` does in a checkout; the process's exit status."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from engine.cli import main as run

    return run(sys.argv[1:])
