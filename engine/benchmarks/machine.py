"""The machine that figures were measured on."""

import platform
from dataclasses import dataclass
from pathlib import Path

import psutil

from engine.settings import cpu_threads


@dataclass(frozen=True)
class Machine:
    """A processor's name, the cores that may be used, memory in GB, and whether it was idle.

    `load` is how many processes wanted to run in the minute before.
    """

    processor: str
    cores: int
    memory: float
    load: float
    python: str


def this_machine() -> Machine:
    """The machine that this process runs on."""
    return Machine(
        _processor(),
        cpu_threads(),
        psutil.virtual_memory().total / 2**30,
        psutil.getloadavg()[0],
        platform.python_version(),
    )


def _processor() -> str:
    """The name of the processor, and of the units for short numbers that it has."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    cells = (line.partition(":") for line in lines)
    about = {name.strip(): value.strip() for name, _, value in cells}
    units = {"amx_bf16": "AMX", "avx512f": "AVX-512", "avx2": "AVX2"}
    flags = about.get("flags", "").split()
    best = next((name for flag, name in units.items() if flag in flags), "")
    name = about.get("model name", platform.machine())
    return f"{name} with {best}" if best else name
