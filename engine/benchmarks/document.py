"""The table of comparisons in Markdown, and its place in a document."""

from collections.abc import Sequence
from pathlib import Path

from engine.benchmarks.comparison import Comparison
from engine.benchmarks.machine import Machine
from engine.messages import say
from engine.storage.files import write_atomically

BEGIN, END = "<!-- engine bench: begin -->", "<!-- engine bench: end -->"
_HEAD = (
    "| part | work | beside | figure | ours | peer | ratio | what shows that both did the same |",
    "|---|---|---|---|---:|---:|---:|---|",
)


def table(machine: Machine, comparisons: Sequence[Comparison], command: str) -> str:
    """The machine and one line for each figure; a ratio below 1 takes less than the peer."""
    about = (
        f"`{command}` on {machine.processor}, {machine.cores} cores, {machine.memory:.0f} GB of "
        f"memory, Python {machine.python}; load {machine.load:.1f} before it began."
    )
    lines = [line for one in comparisons for line in _lines(one)]
    return "\n".join([about, "", *_HEAD, *lines]) + "\n"


def write(document: Path, text: str) -> bool:
    """Put `text` between the two marks of a document; whether it has such a place."""
    if not document.is_file():
        return False
    whole = document.read_text(encoding="utf-8")
    before, begin, rest = whole.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        return False
    new = f"{before}{BEGIN}\n{text}{END}{after}"
    write_atomically(document, lambda path: path.write_text(new, encoding="utf-8"))
    return True


def _lines(one: Comparison) -> list[str]:
    if one.missing:
        why = say(f"benchmarks.{one.missing}", "en", peer=one.peer)
        return [_line(one.part, one.what, one.peer, "", "", "", "", why)]
    lines = []
    for figure in one.figures:
        ratio = one.ratio(figure)
        lines.append(
            _line(
                one.part,
                one.what,
                one.peer,
                f"{figure.name}, {figure.unit}",
                f"{figure.ours:,.4g}",
                f"{figure.peer:,.4g}",
                "" if ratio is None else f"{ratio:.2f}",
                one.check if one.holds else f"{one.check} (not the same: no ratio)",
            )
        )
    return lines


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
