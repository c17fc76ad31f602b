"""What README and docs name exists: files, folders, modules, links."""

import re
from pathlib import Path

import pytest

from engine.settings import PROJECT

DOCUMENTS = [
    *sorted(PROJECT.glob("README*.md")),
    PROJECT / "CONTRIBUTING.md",
    PROJECT / "SECURITY.md",
    *sorted((PROJECT / "docs").glob("*.md")),
    PROJECT / "sample_data" / "README.md",
]
FOLDERS = ("engine", "pages", "tests", "bench", "docs", "sample_data")
# A path may end in a wildcard; what stands for a name, such as <task>, ends the part to look for.
PATH = re.compile(rf"(?<![\w./-])(?:{'|'.join(FOLDERS)})/[\w./*-]*")
MODULE = re.compile(r"(?<![\w./-])engine(?:\.[a-z_]\w*)+")
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def exists(path: str) -> bool:
    path = path.rstrip(".-")
    return any(PROJECT.glob(path)) if "*" in path else (PROJECT / path).exists()


def is_known(name: str) -> bool:
    """Whether `name` is a module or package, or a name that one of them defines."""
    place = PROJECT / name.replace(".", "/")
    if place.is_dir() or place.with_suffix(".py").is_file():
        return True
    module, _, attribute = name.rpartition(".")
    file = PROJECT / f"{module.replace('.', '/')}.py"
    return file.is_file() and bool(
        re.search(rf"^(?:def|class) {attribute}\b|^{attribute}\b.*=", file.read_text("utf-8"), re.M)
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(PROJECT)))
def test_what_documents_name_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert [path for path in PATH.findall(text) if not exists(path)] == []
    assert [name for name in MODULE.findall(text) if not is_known(name)] == []
    assert [link for link in LINK.findall(text) if not (document.parent / link).exists()] == []


def test_every_document_is_linked() -> None:
    linked = {
        (document.parent / link).resolve()
        for document in DOCUMENTS
        for link in LINK.findall(document.read_text(encoding="utf-8"))
    }
    assert {file for file in DOCUMENTS if file.parent.name == "docs"} <= linked
