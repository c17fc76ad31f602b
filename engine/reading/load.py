"""Loads files into a workspace: reads, maps and cleans them, checks them, and stores them."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from engine.errors import InputError, Problem
from engine.progress import Progress, Silent
from engine.reading import limits
from engine.reading.budget import parsing_turn
from engine.reading.checks import check_products
from engine.reading.cleaning import Cleaned, clean
from engine.reading.columns import View
from engine.reading.distinct import decoded
from engine.reading.headers import squash
from engine.reading.labels import count_labels
from engine.reading.language import SAMPLE_TEXTS, detect_language, other_language, own_name
from engine.reading.layout import Place
from engine.reading.load_report import LoadReport, TableReport, latest_only, origin_of
from engine.reading.mapping import ColumnMapping, edit, guess
from engine.reading.nested import add_paths
from engine.reading.presets import expand, presets
from engine.reading.product_keys import match_column, split_lists
from engine.reading.raters import stack_raters
from engine.reading.reader import RawTable, read_table
from engine.settings import SAMPLE_DATA
from engine.storage.workspace import Workspace
from engine.tables.schema import TABLES

SAMPLE_TABLES = ("products", "searches", "orders", "reviews")
_PREVIEW_ROWS = 20
# What a column of the ids of queries is called, and what they look like.
_QUERY_IDS = {"queryid", "qid", "topic", "topicid", "topicno", "querynumber", "queryno"}
_ID = r"[A-Za-z]{0,8}[-_:]?\d{1,12}"
_EXAMPLES = 3
# The model of the hub that knows the languages which the built-in ones do not.
MULTILINGUAL = "intfloat/multilingual-e5-small"


@dataclass(frozen=True)
class Preview:
    """A file before it is loaded: its columns, the guessed mapping, and the first rows.

    `view` shows the sheet as it was read, and `counts` how often each cell occurs in the columns
    that have few different ones: they may be labels.
    """

    columns: list[str]
    mapping: ColumnMapping
    rows: pd.DataFrame
    problems: list[Problem]
    view: View | None = None
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def preview(path: Path, table: str, name: str | None = None, place: Place | None = None) -> Preview:
    """The preview of the file at `path`, which the user calls `name`; `place` as in `load_files`.

    Raises InputError for a file that cannot be read.
    """
    raw = _read(path, name, table, place)
    mapping = guess(table, raw.frame)
    frame = expand(raw.frame, presets().get(mapping.preset or ""))
    rows = decoded(frame.head(_PREVIEW_ROWS)).reset_index(drop=True)
    counts = count_labels(frame)
    return Preview(list(frame.columns), mapping, rows, raw.problems, raw.view, counts)


def load_files(
    workspace: Workspace,
    files: Mapping[str, Path],
    maps: Mapping[str, Mapping[str, str]] | None = None,
    skip_bad_rows: bool = False,
    progress: Progress | None = None,
    *,
    names: Mapping[str, str] | None = None,
    places: Mapping[str, Place] | None = None,
) -> LoadReport:
    """Load one file per table, either all of them or none.

    `maps` (table → field → column) overrides the guessed columns; an empty column leaves a field
    out. `names` are the names by which the user knows the files (default: those of the paths), and
    `places` the sheets and header rows that the user chose.

    Raises InputError, with all problems in `details`, for a file that cannot be read, a required
    field without a column, a bad map or, unless `skip_bad_rows`, any row with an error, and
    WorkspaceBusy if somebody else is loading. The workspace then stays as it was.
    """
    progress = progress or Silent()
    file_names = {table: (names or {}).get(table, path.name) for table, path in files.items()}
    choices = {*(maps or {}), *(places or {})}
    for table in {*files, *choices}:
        if table not in TABLES:
            raise InputError("data.unknown_table", table=table, tables=", ".join(TABLES))
    for table in choices:
        if table not in files:
            raise InputError("data.map_without_file", table=table)
    cleaned: dict[str, Cleaned] = {}
    mappings: dict[str, ColumnMapping] = {}
    generation = workspace.generation
    # It is read once: reading it takes longer than a small file.
    catalog = pd.DataFrame() if "products" in files else workspace.table("products")
    for done, (table, path) in enumerate(sorted(files.items(), key=_products_first)):
        progress.check()
        progress.stage("load", done, len(files))
        raw = _read(path, file_names[table], table, (places or {}).get(table), progress)
        # A long log takes a gigabyte to clean, in a process that all share.
        with parsing_turn() if len(raw.frame) > limits.ROWS else nullcontext():
            cleaned[table], mappings[table] = _clean(
                table,
                raw,
                file_names[table],
                (maps or {}).get(table, {}),
                catalog,
                progress,
            )
        del raw
        if table == "products":
            catalog = cleaned[table].frame
    cleaned = {table: cleaned[table] for table in files}
    _stop_at_errors(cleaned, file_names, skip_bad_rows)
    frames = {table: result.frame for table, result in cleaned.items()}
    problems = {table: list(result.problems) for table, result in cleaned.items()}
    # Nobody may bring another catalog between the look at the products and the change.
    with workspace.changing():
        if "products" not in files and workspace.generation != generation:
            catalog = workspace.table("products")
        products = frames.get("products", catalog)
        if len(products):
            for table in files:
                if table != "products":
                    frames[table], warnings = check_products(
                        table, frames[table], products, file_names[table], mappings[table].fields
                    )
                    problems[table] += warnings
        for table, frame in frames.items():
            problems[table] += latest_only(table, frame, file_names[table])
        reports = {
            table: TableReport(
                result.rows, result.kept, result.rejected, problems[table], mappings[table]
            )
            for table, result in cleaned.items()
        }
        progress.check()
        workspace.replace_tables(
            frames,
            {table: origin_of(file_names[table], report) for table, report in reports.items()},
        )
        texts = _words(frames, known_products=len(products) > 0)
        other = None if texts is None else other_language(texts)
        if texts is not None and not workspace.language_chosen:
            workspace.set_language(detect_language(texts, other), chosen=False)
    progress.stage("load", len(files), len(files))
    if other is not None:
        table = next(iter(reports))
        params = {"name": own_name(other), "model": MULTILINGUAL}
        note = Problem("data.language_unknown", file_names[table], None, None, params, "warning")
        reports[table].problems.append(note)
    return LoadReport(reports, other)


def load_sample(
    workspace: Workspace, language: str, progress: Progress | None = None
) -> LoadReport:
    """Load the sample shop of `language` (`zh` or `en`), which becomes the workspace's language."""
    folder = SAMPLE_DATA / language
    files = {}
    for table in SAMPLE_TABLES:
        candidates = sorted(folder.glob(f"{table}.csv*"))
        if not candidates:
            raise InputError("data.no_sample", sample=language, table=table)
        files[table] = candidates[0]
    report = load_files(workspace, files, progress=progress)
    workspace.set_language(language)
    workspace.set_sample(language)
    return report


def clean_file(
    table: str,
    path: Path,
    columns: Mapping[str, str] | None = None,
    *,
    skip_bad_rows: bool = False,
    most: int | None = None,
) -> pd.DataFrame:
    """The rows of a file in the form of `table`, without loading them.

    `columns` are those that the fields of an earlier file were read from. If given, these columns,
    or else columns with the name of a field, are preferred over a guess. With `most`, only so many
    rows are read. Raises InputError like `load_files`.
    """
    changes: dict[str, str] = {}
    raw = _read(path, None, table, None)
    if most is not None:
        raw = replace(raw, frame=raw.frame.head(most), rows=raw.rows.head(most))
    if columns is not None:
        present = set(map(str, raw.frame.columns))
        changes = {field: field for field in TABLES[table].columns if field in present}
        changes |= {field: column for field, column in columns.items() if column in present}
    cleaned, _ = _clean(table, raw, path.name, changes)
    _stop_at_errors({table: cleaned}, {table: path.name}, skip_bad_rows)
    return decoded(cleaned.frame)


def _clean(
    table: str,
    raw: RawTable,
    name: str,
    changes: Mapping[str, str],
    catalog: pd.DataFrame | None = None,
    progress: Progress | None = None,
) -> tuple[Cleaned, ColumnMapping]:
    """The rows of a file that the user calls `name`, and the columns that they were read from."""
    mapping = guess(table, raw.frame)
    frame = add_paths(raw.frame, changes.values())
    chosen = [str(column) for column in frame if column not in raw.frame]
    raw = replace(raw, frame=frame)
    columns = [*mapping.fields.values(), *mapping.unused, *chosen]
    columns.sort(key=lambda column: list(raw.frame).index(column) if column in raw.frame else -1)
    mapping = edit(mapping, changes, columns, name)
    if mapping.missing:
        listed = ", ".join(_with_examples(columns, raw))
        details = [
            Problem(
                "data.field_without_column",
                name,
                params={"table": table, "field": field, "columns": listed},
            )
            for field in mapping.missing
        ]
        details += raw.problems
        fields = ", ".join(mapping.missing)
        raise InputError(
            "data.no_column", details, file=name, table=table, fields=fields, columns=listed
        )
    _check_queries(table, raw, mapping, name)
    notes: list[Problem] = []
    if table == "orders":
        raw, notes = split_lists(raw, mapping.fields["product_id"], catalog, name)
    if catalog is not None and table != "products":
        by_user = "product_id" in changes
        frame = expand(raw.frame, presets().get(mapping.preset or ""))
        mapping, matches = match_column(mapping, frame, catalog, chosen=by_user, file=name)
        notes += matches
    cleaned = clean(table, raw, mapping, name, progress)
    return replace(cleaned, problems=[*cleaned.problems, *notes]), mapping


def _read(
    path: Path,
    name: str | None,
    table: str,
    place: Place | None,
    progress: Progress | None = None,
) -> RawTable:
    """`read_table` for `table`; the grades of several raters stand below each other."""
    place = replace(place or Place(), table=table)
    raw = read_table(path, name=name, place=place, progress=progress)
    return stack_raters(replace(raw, frame=decoded(raw.frame))) if table == "judgments" else raw


def _check_queries(table: str, raw: RawTable, mapping: ColumnMapping, name: str) -> None:
    """Raise InputError for judgments whose queries are the ids of queries in another file."""
    column = mapping.fields.get("query")
    if table != "judgments" or column is None or column not in raw.frame:
        return
    named = raw.view is not None and raw.view.header_row > 0
    if named and squash(column) not in _QUERY_IDS:
        return
    queries = raw.frame[column].dropna()
    if queries.str.fullmatch(_ID).all():
        example = ", ".join(queries.drop_duplicates().head(_EXAMPLES))
        raise InputError("data.queries_are_ids", file=name, column=column, examples=example)


def _with_examples(columns: list[str], raw: RawTable) -> list[str]:
    """The names of columns; those of a file without names have no meaning but by an example."""
    if raw.view is None or raw.view.header_row:
        return columns
    first = raw.frame.iloc[0]
    return [f"{column} ({first[column]})" if column in first else column for column in columns]


def _products_first(file: tuple[str, Path]) -> bool:
    """The key by which the catalog is read before the tables that name its products."""
    return file[0] != "products"


def _words(frames: Mapping[str, pd.DataFrame], *, known_products: bool) -> pd.Series | None:
    """The texts that show the shop's language: products or, without a catalog, customers' words."""
    if "products" in frames:
        texts = decoded(frames["products"][["title", "description"]].head(SAMPLE_TEXTS))
        return texts["title"].str.cat(texts["description"], sep=" ", na_rep="")
    if known_products:
        return None
    for table, column in {"reviews": "text", "searches": "query"}.items():
        if table in frames:
            # A coded column keeps the texts of all rows in the dictionary of a few.
            return frames[table][column].dropna().head(SAMPLE_TEXTS).astype("str")
    return None


def _stop_at_errors(
    cleaned: Mapping[str, Cleaned], file_names: Mapping[str, str], skip_bad_rows: bool
) -> None:
    for table, result in cleaned.items():
        if not result.kept:
            file = file_names[table]
            raise InputError("data.no_good_rows", result.problems, file=file, table=table)
    bad = {table: result for table, result in cleaned.items() if result.errors}
    if bad and not skip_bad_rows:
        raise InputError(
            "data.bad_rows",
            [problem for result in bad.values() for problem in result.problems],
            count=sum(result.bad for result in bad.values()),
            files=", ".join(file_names[table] for table in bad),
        )
