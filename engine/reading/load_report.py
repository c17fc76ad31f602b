"""What a load tells: of every file how many rows were kept, and why the others were not."""

from dataclasses import dataclass

import pandas as pd

from engine.errors import Problem
from engine.messages import DEFAULT_LANGUAGE
from engine.reading.mapping import ColumnMapping
from engine.storage.stored_frames import MOST_READ
from engine.storage.table_files import TableOrigin


@dataclass(frozen=True)
class TableReport:
    """The result for one file: its `rows`, how many were `kept`, and the reasons for the others."""

    rows: int
    kept: int
    rejected: int
    problems: list[Problem]
    mapping: ColumnMapping


@dataclass(frozen=True)
class LoadReport:
    """The results of a load, by table.

    `language` is that of the texts if the built-in models do not know it.
    """

    tables: dict[str, TableReport]
    language: str | None = None

    def as_json(self, language: str = DEFAULT_LANGUAGE) -> dict[str, object]:
        """The report as the command line prints it."""
        return {
            "tables": {
                name: {
                    "rows": report.rows,
                    "kept": report.kept,
                    "rejected": report.rejected,
                    "problems": [problem.as_json(language) for problem in report.problems],
                }
                for name, report in self.tables.items()
            }
        }


def latest_only(table: str, frame: pd.DataFrame, name: str) -> list[Problem]:
    """A note that only the latest rows of a table will be read; none if all will be."""
    most = MOST_READ.get(table, len(frame))
    if len(frame) <= most:
        return []
    code = "data.latest_read" if frame["time"].notna().any() else "data.last_read"
    params = {"rows": len(frame), "most": most}
    return [Problem(code, name, None, None, params, "warning")]


def origin_of(source: str, report: TableReport) -> TableOrigin:
    """What is kept with a table of the file that the user calls `source`."""
    return {
        "source": source,
        "mapping": report.mapping.fields,
        "preset": report.mapping.label,
        "file_rows": report.rows,
        "kept": report.kept,
        "rejected": report.rejected,
    }
