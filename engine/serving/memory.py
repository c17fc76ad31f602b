"""How much memory models may take together, and how much they take."""

import ctypes
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

MB = 2**20


@dataclass(frozen=True)
class InMemory:
    """A bundle in memory: the `bytes` that loading it took, and for how long nobody asked it."""

    task: str
    run: str
    bytes: int
    idle_seconds: float


@dataclass(frozen=True)
class Memory:
    """What the models may take, what their process takes, in bytes, and which are in memory."""

    budget: int
    taken: int
    bundles: Sequence[InMemory]


def memory_budget() -> int:
    """Bytes that the process may take: `SHOPLAB_MODEL_MEMORY` in MB, or half of what is free."""
    with suppress(ValueError):
        return int(os.environ.get("SHOPLAB_MODEL_MEMORY", "")) * MB
    return int(psutil.virtual_memory().available / 2)


def memory_taken() -> int:
    """Bytes that this process alone takes; files that are mapped count for nobody."""
    about = psutil.Process().memory_info()
    return int(about.rss - getattr(about, "shared", 0))


def give_back() -> None:
    """Give what is no longer needed back to the machine."""
    gc.collect()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            # Otherwise glibc keeps what was freed for the next load.
            ctypes.CDLL("libc.so.6").malloc_trim(0)
