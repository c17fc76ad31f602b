"""Reads TREC's judgments (qrels): lines of query, iteration, document and grade, no header."""

import re
from collections.abc import Sequence
from pathlib import Path

from engine.reading.columns import TextColumns
from engine.reading.encoding import FOREIGN, Encoding, read_lines
from engine.reading.layout import Layout

COLUMNS = ["query", "iteration", "product_id", "relevance"]
_GRADE = re.compile(r"-?\d{1,3}(?:\.\d+)?")
_ITERATION = re.compile(r"Q?\d")


def is_qrels(sample: Sequence[str]) -> bool:
    """Whether all lines of the sample have the four parts of a judgment."""
    parts = [_split(line) for line in sample]
    return len(parts) > 1 and all(
        len(line) == len(COLUMNS) and _ITERATION.fullmatch(line[1]) and _GRADE.fullmatch(line[3])
        for line in parts
    )


def parse_qrels(path: Path, encoding: Encoding, columns: TextColumns) -> None:
    """Read the file into `columns`; a line of another encoding or without four parts is bad."""
    columns.set_layout(Layout(COLUMNS, 0, 1), [])
    for row, line in enumerate(read_lines(path, encoding), start=1):
        parts = _split(line)
        if encoding.mixed and FOREIGN.search(line):
            columns.reject(row, "mixed_encoding", encoding=encoding.codec.upper())
        elif len(parts) == len(COLUMNS):
            columns.append(row, parts)
        elif any(parts):
            code = "too_many_cells" if len(parts) > len(COLUMNS) else "too_few_cells"
            columns.reject(row, code, cells=len(parts), columns=len(COLUMNS), delimiter="tab")


def _split(line: str) -> list[str]:
    """The parts between tabs or, without any, between spaces."""
    line = line.strip()
    return [part.strip() for part in line.split("\t")] if "\t" in line else line.split()
