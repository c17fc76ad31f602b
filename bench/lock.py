"""Writes constraints.txt: the release of everything that a fresh install brings.

Run it in a new virtual environment of the oldest Python, 3.11, that holds `requirements.txt` alone;
a package's newest release may no longer support that one:

    python bench/lock.py
"""

from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = Path(__file__).resolve().parent.parent
REQUIREMENTS = PROJECT / "requirements.txt"
LOCK = PROJECT / "constraints.txt"
_HEADER = """\
# Everything that `pip install -r requirements.txt` brought on Linux, for installs that must be the
# same next month: pip install -r requirements.txt -c constraints.txt
# Written by bench/lock.py. A CUDA build of torch pins its own libraries, which are not listed.
"""


def read_requirements(file: Path) -> list[Requirement]:
    """The lines of a requirements or constraints file, without comments."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.startswith(("#", "-"))]


def requirements_below(roots: Iterable[Requirement]) -> list[Requirement]:
    """`roots` and, as far down as it goes, what their installed releases require here."""
    waiting = list(roots)
    done: set[tuple[str, str]] = set()
    every: list[Requirement] = []
    while waiting:
        requirement = waiting.pop()
        every.append(requirement)
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras}:
            if (name, extra) in done:
                continue
            done.add((name, extra))
            listed = map(Requirement, distribution(name).requires or ())
            waiting += [
                below
                for below in listed
                if below.marker is None or below.marker.evaluate({"extra": extra})
            ]
    return every


def main() -> None:
    """Write the lock of the environment that runs this."""
    every = requirements_below(read_requirements(REQUIREMENTS))
    names = sorted({canonicalize_name(requirement.name) for requirement in every})
    lines = [f"{name}=={Version(distribution(name).version).public}" for name in names]
    LOCK.write_text("\n".join([_HEADER.rstrip(), *lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
