"""Files into a workspace: read, mapped, cleaned, checked against each other, put in at once."""

from collections.abc import Mapping as Lookup
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from engine.errors import InputError, Problem
from engine.messages import DEFAULT_LANGUAGE
from engine.progress import Progress, Silent
from engine.reading.checks import check_products
from engine.reading.cleaning import Cleaned, clean
from engine.reading.language import detect_language
from engine.reading.mapping import Mapping, edit, guess
from engine.reading.presets import expand, presets
from engine.reading.reader import read_table
from engine.settings import SAMPLE_DATA
from engine.storage.workspace import Workspace
from engine.tables.schema import TABLES

SAMPLE_TABLES = ("products", "searches", "orders", "reviews")
_PREVIEW_ROWS = 20


@dataclass(frozen=True)
class TableReport:
    """What became of one file: `rows` in it, how many were `kept`, and why others were not."""

    rows: int
    kept: int
    rejected: int
    problems: list[Problem]
    mapping: Mapping


@dataclass(frozen=True)
class LoadReport:
    """What became of every file of a load, by table."""

    tables: dict[str, TableReport]

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


@dataclass(frozen=True)
class Preview:
    """A file before it is loaded: the columns to choose from, the guess, and its first rows."""

    columns: list[str]
    mapping: Mapping
    rows: pd.DataFrame
    problems: list[Problem]


def preview(path: Path, table: str, name: str | None = None) -> Preview:
    """What a mapping editor shows of the file at `path`, which the user calls `name`.

    Raises InputError for a file that cannot be read.
    """
    raw = read_table(path, name=name)
    mapping = guess(table, raw.frame)
    frame = expand(raw.frame, presets().get(mapping.preset or ""))
    rows = frame.head(_PREVIEW_ROWS).reset_index(drop=True)
    return Preview(list(frame.columns), mapping, rows, raw.problems)


def load_files(
    workspace: Workspace,
    files: Lookup[str, Path],
    maps: Lookup[str, Lookup[str, str]] | None = None,
    skip_bad_rows: bool = False,
    progress: Progress | None = None,
    *,
    names: Lookup[str, str] | None = None,
) -> LoadReport:
    """Load one file per table; all tables go in together or none does.

    `maps` overrides the guessed columns, table → field → column, an empty column leaving a field
    out. `names` are the files' names as the user knows them (default: the paths').

    Raises InputError, with every problem in `details`, for a file that cannot be read, a required
    field without a column, a bad map, and, unless `skip_bad_rows`, for any row with an error. The
    workspace then stays as it was.
    """
    progress = progress or Silent()
    called = {table: (names or {}).get(table, path.name) for table, path in files.items()}
    for table in {*files, *(maps or {})}:
        if table not in TABLES:
            raise InputError("data.unknown_table", table=table, tables=", ".join(TABLES))
    for table in maps or {}:
        if table not in files:
            raise InputError("data.map_without_file", table=table)
    cleaned: dict[str, Cleaned] = {}
    mappings: dict[str, Mapping] = {}
    for done, (table, path) in enumerate(files.items()):
        progress.check()
        progress.stage("load", done, len(files))
        cleaned[table], mappings[table] = _bring(
            table, path, called[table], (maps or {}).get(table, {})
        )
    _stop_at_errors(cleaned, called, skip_bad_rows)
    frames = {table: result.frame for table, result in cleaned.items()}
    problems = {table: list(result.problems) for table, result in cleaned.items()}
    products = frames["products"] if "products" in frames else workspace.tables().products
    if len(products):
        for table in files:
            if table != "products":
                frames[table], found = check_products(
                    table, frames[table], products, called[table], mappings[table].fields
                )
                problems[table] += found
    reports = {
        table: TableReport(
            result.rows, result.kept, result.rejected, problems[table], mappings[table]
        )
        for table, result in cleaned.items()
    }
    progress.check()
    workspace.replace_tables(
        frames, {table: _about(called[table], report) for table, report in reports.items()}
    )
    said = _words(frames, known_products=len(products) > 0)
    if said is not None and not workspace.language_chosen:
        workspace.set_language(detect_language(said), chosen=False)
    progress.stage("load", len(files), len(files))
    return LoadReport(reports)


def load_sample(
    workspace: Workspace, language: str, progress: Progress | None = None
) -> LoadReport:
    """Load the sample shop of `language` (`zh` or `en`), which becomes the workspace's language."""
    folder = SAMPLE_DATA / language
    files = {}
    for table in SAMPLE_TABLES:
        found = sorted(folder.glob(f"{table}.csv*"))
        if not found:
            raise InputError("data.no_sample", sample=language, table=table)
        files[table] = found[0]
    report = load_files(workspace, files, progress=progress)
    workspace.set_language(language)
    return report


def clean_file(
    table: str,
    path: Path,
    known: Lookup[str, str] | None = None,
    *,
    skip_bad_rows: bool = False,
) -> pd.DataFrame:
    """The rows of a file as `table` would hold them, loaded nowhere; InputError as in a load.

    `known` are the columns that the fields of an earlier file were read from. Where it is given,
    these columns, and else a column of a field's own name, go before any guess.
    """
    changes: dict[str, str] = {}
    if known is not None:
        columns = set(map(str, read_table(path).frame.columns))
        changes = {field: field for field in TABLES[table].columns if field in columns}
        changes |= {field: column for field, column in known.items() if column in columns}
    cleaned, _ = _bring(table, path, path.name, changes)
    _stop_at_errors({table: cleaned}, {table: path.name}, skip_bad_rows)
    return cleaned.frame


def _bring(table: str, path: Path, name: str, changes: Lookup[str, str]) -> tuple[Cleaned, Mapping]:
    raw = read_table(path, name=name)
    mapping = guess(table, raw.frame)
    columns = [*mapping.fields.values(), *mapping.left]
    columns.sort(key=lambda column: list(raw.frame).index(column) if column in raw.frame else -1)
    mapping = edit(mapping, changes, columns, name)
    if mapping.missing:
        listed = ", ".join(columns)
        details = [
            Problem(
                "data.field_without_column",
                name,
                params={"table": table, "field": field, "columns": listed},
            )
            for field in mapping.missing
        ]
        fields = ", ".join(mapping.missing)
        raise InputError(
            "data.no_column", details, file=name, table=table, fields=fields, columns=listed
        )
    return clean(table, raw, mapping, name), mapping


def _words(frames: Lookup[str, pd.DataFrame], *, known_products: bool) -> pd.Series | None:
    """What tells the shop's language: the catalog's titles, without a catalog customers' words."""
    if "products" in frames:
        return frames["products"]["title"]
    if known_products:
        return None
    said = {"reviews": "text", "searches": "query"}
    return next((frames[table][field] for table, field in said.items() if table in frames), None)


def _stop_at_errors(
    cleaned: Lookup[str, Cleaned], called: Lookup[str, str], skip_bad_rows: bool
) -> None:
    for table, result in cleaned.items():
        if not result.kept:
            raise InputError("data.no_good_rows", result.problems, file=called[table], table=table)
    bad = {table: result for table, result in cleaned.items() if result.errors}
    if bad and not skip_bad_rows:
        raise InputError(
            "data.bad_rows",
            [problem for result in bad.values() for problem in result.problems],
            count=sum(result.bad for result in bad.values()),
            files=", ".join(called[table] for table in bad),
        )


def _about(source: str, report: TableReport) -> dict[str, object]:
    return {
        "source": source,
        "mapping": report.mapping.fields,
        "preset": report.mapping.as_json()["preset"],
        "file_rows": report.rows,
        "kept": report.kept,
        "rejected": report.rejected,
    }
