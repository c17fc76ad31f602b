"""Where state lives and how much a user may bring."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SAMPLE_DATA = PROJECT / "sample_data"
# Where `python -m engine serve` listens, unless it is told otherwise.
API_PORT = 8600


def home() -> Path:
    """The folder of all state: `SHOPLAB_HOME`, or `.shoplab/` in the project.

    It is made when missing, for this user alone: it holds the keys of all workspaces.
    """
    folder = Path(os.environ.get("SHOPLAB_HOME") or PROJECT / ".shoplab").resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def cpu_threads() -> int:
    """How many threads one model process may use: the cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def child_environment() -> dict[str, str]:
    """The environment of every process that runs torch.

    OpenMP threads that spin while they wait slow each other to a fifth when two processes share
    the cores, so they sleep instead; torch reads this when it is imported.
    """
    return os.environ | {
        "OMP_WAIT_POLICY": "PASSIVE",
        "GOMP_SPINCOUNT": "0",
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONPATH": str(PROJECT),
    }
