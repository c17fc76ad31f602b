"""The command that measures Shoplab beside raw libraries and peers."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from engine.benchmarks.comparison import Comparison, Size
from engine.benchmarks.document import table, write
from engine.benchmarks.machine import this_machine
from engine.benchmarks.parts import PARTS, measure
from engine.errors import InputError
from engine.messages import say
from engine.progress import Lines
from engine.settings import PROJECT

DOCUMENT = PROJECT / "docs" / "benchmarks.md"


def bench(
    context: typer.Context,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="PART", help=f"{', '.join(PARTS)}; may be repeated. All by default."),
    ] = None,
    smallest: Annotated[
        bool,
        typer.Option("--smallest", help="Tiny inputs: shows that it works, and writes nothing."),
    ] = False,
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="More of all, up to a million products and four million events."
        ),
    ] = False,
) -> dict[str, Any]:
    """Measure what Shoplab takes beside raw libraries and peers, both in the same run."""
    parts = only or list(PARTS)
    for part in parts:
        if part not in PARTS:
            raise InputError("benchmarks.unknown_part", part=part, known=", ".join(PARTS))
    size: Size = "smallest" if smallest else "full" if full else "usual"
    machine = this_machine()
    found = measure(parts, size, Lines())
    rows = [row for one in found for row in _rows(one, context.obj)]
    # Only all parts together make the table of the document.
    wrote = only is None and not smallest and write(DOCUMENT, table(machine, found, _typed(full)))
    answer = {"machine": asdict(machine), "comparisons": rows}
    return answer | ({"file": DOCUMENT} if wrote else {})


def _typed(full: bool) -> str:
    return "python -m engine bench --full" if full else "python -m engine bench"


def _rows(one: Comparison, language: str) -> list[dict[str, Any]]:
    about = {"part": one.part, "work": one.what, "peer": one.peer}
    if one.missing:
        why = say(f"benchmarks.{one.missing}", language, peer=one.peer)
        return [about | {"missing": why}]
    return [
        about
        | {
            "figure": figure.name,
            "unit": figure.unit,
            "ours": figure.ours,
            "theirs": figure.peer,
            "ratio": one.ratio(figure),
            "check": one.check,
            "same": one.holds,
        }
        for figure in one.figures
    ]
