"""The libraries that Shoplab is measured beside, as they are installed here."""

from importlib.metadata import PackageNotFoundError, version


def named(distribution: str) -> str:
    """A library with its version, such as `pandas 3.1.1`; the name alone where it is missing."""
    try:
        return f"{distribution} {version(distribution)}"
    except PackageNotFoundError:
        return distribution


def is_installed(distribution: str) -> bool:
    """Whether the library can be measured here; `requirements-bench.txt` lists those beyond."""
    return named(distribution) != distribution
