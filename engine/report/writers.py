"""The formats of a report, by the ending of a file's name."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from engine.errors import InputError
from engine.report.build import build
from engine.report.content import Report
from engine.storage.files import write_atomically
from engine.storage.workspace import Workspace


def _pptx(report: Report) -> bytes:
    from engine.report.pptx import write_pptx  # half a second to import

    return write_pptx(report)


def _html(report: Report) -> bytes:
    from engine.report.html_file import write_html

    return write_html(report)


def _zip(report: Report) -> bytes:
    from engine.report.markdown_file import write_archive

    return write_archive(report)


WRITERS: Mapping[str, Callable[[Report], bytes]] = {".pptx": _pptx, ".html": _html, ".zip": _zip}
MIME = {
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".html": "text/html",
    ".zip": "application/zip",
}


def write_report(
    workspace: Workspace, language: str, target: Path, chosen: Collection[str] | None = None
) -> Report:
    """Write the report of `workspace` to `target`, in the format of its ending.

    Raises InputError for an ending that no format has.
    """
    suffix = target.suffix.lower()
    if suffix not in WRITERS:
        raise InputError("report.unknown_format", file=target.name, known=", ".join(WRITERS))
    report = build(workspace, language, chosen)
    content = WRITERS[suffix](report)
    write_atomically(target, lambda path: path.write_bytes(content))
    return report
