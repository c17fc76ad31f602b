"""Where state lives and how much a user may bring."""

import functools
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.errors import InputError

PROJECT = Path(__file__).resolve().parent.parent
SAMPLE_DATA = PROJECT / "sample_data"
_TOLD = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "TOKENIZERS_PARALLELISM", "PYTHONPATH")
# The most characters of a text, and of one that is a query or a name: in tables and in questions.
LONGEST_TEXT, LONGEST_NAME = 20_000, 1_000
# Where `python -m engine serve` listens, unless it is told otherwise.
API_PORT = 8600


def home() -> Path:
    """The folder of all state: `SHOPLAB_HOME`, or `.shoplab/` in the project.

    An installed copy has it in the user's own folder, since a new release replaces the copy's. It
    is made when missing, for this user alone: it holds the keys of all workspaces.
    """
    folder = _resolved(os.environ.get("SHOPLAB_HOME") or str(_default_home()))
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _default_home() -> Path:
    return (PROJECT if (PROJECT / "pyproject.toml").is_file() else Path.home()) / ".shoplab"


# A page asks a dozen times, and to follow the links of a path is a system call for each folder.
@functools.lru_cache(maxsize=16)
def _resolved(folder: str) -> Path:
    return Path(folder).resolve()


@dataclass(frozen=True)
class HostLimits:
    """What the host of a server allows, each changed by the variable `SHOPLAB_` and its name.

    - `waiting_jobs_of_workspace`: how many jobs of one workspace may wait at a time.
    - `waiting_jobs_of_owner`: how many jobs of one owner (a browser's address) may wait at a time.
    - `proxies`: how many proxies of the host's own stand between the browsers and the server, each
      of which adds whom it was asked by to `X-Forwarded-For`. With 0, all who come through a proxy
      count as one owner.
    - `download_mb`: the biggest model that may be downloaded.
    - `free_disk_mb`: what has to stay free on the disk.
    - `workspace_mb` and `workspace_rows`: how much disk one workspace may take, and how many rows
      its tables may have together.
    - `sessions`: how many browser tabs may be open at a time.
    - `uploads_mb`: the memory that the uploads of all tabs together may take.
    - `parsing_mb`: the memory that all files together may take that are being parsed; 0 stands for
      half of the machine's memory.
    """

    waiting_jobs_of_workspace: int = 10
    waiting_jobs_of_owner: int = 20
    proxies: int = 0
    download_mb: int = 3_000
    free_disk_mb: int = 500
    parsing_mb: int = 0
    workspace_mb: int = 5_000
    workspace_rows: int = 15_000_000
    sessions: int = 300
    uploads_mb: int = 2_000


def host_limits() -> HostLimits:
    """The limits as the environment sets them. Raises InputError for one that is no number."""
    defaults = asdict(HostLimits())
    return HostLimits(**{name: _number(name, default) for name, default in defaults.items()})


def private_endpoints(local: bool) -> bool:
    """Whether a user's model server may be at an address of this machine or its network.

    `SHOPLAB_PRIVATE_ENDPOINTS` says it (1 or 0); without it only a `local` user may, who opens the
    app on the machine that runs it.
    """
    choice = os.environ.get("SHOPLAB_PRIVATE_ENDPOINTS", "")
    return choice == "1" if choice in ("0", "1") else local


def may_open_workshops(local: bool) -> bool:
    """Whether somebody may open a workshop where the host has set no password.

    `SHOPLAB_WORKSHOPS` says it (1 or 0); without it only a `local` user may, who opens the app on
    the machine that runs it.
    """
    choice = os.environ.get("SHOPLAB_WORKSHOPS", "")
    return choice == "1" if choice in ("0", "1") else local


def sign_in_required() -> bool:
    """Whether the host asks everybody to sign in before they see anything: `SHOPLAB_SIGN_IN=1`."""
    return os.environ.get("SHOPLAB_SIGN_IN") == "1"


def guests_allowed() -> bool:
    """Whether one may join a workshop by its code without signing in: `SHOPLAB_GUESTS=1`."""
    return os.environ.get("SHOPLAB_GUESTS") == "1"


def _number(name: str, default: int) -> int:
    variable = f"SHOPLAB_{name.upper()}"
    text = os.environ.get(variable, "").strip()
    if not text:
        return default
    if not text.isdecimal():
        raise InputError("settings.no_number", variable=variable, value=text)
    return int(text)


def training_processes() -> int:
    """How many processes may share a training, each with a GPU of its own where there are some.

    `SHOPLAB_TRAINING_PROCESSES` says it; 0, as many as GPUs are visible, without it. Raises
    InputError for what is no number.
    """
    return _number("training_processes", 0)


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


def cluster_environment() -> dict[str, str]:
    """What a process on another machine is told of this one, where all see the same folders.

    Nothing secret: a cluster shows to everybody who reaches it what its processes are told.
    """
    own = child_environment()
    return {name: own[name] for name in _TOLD} | {"SHOPLAB_HOME": str(home())}
