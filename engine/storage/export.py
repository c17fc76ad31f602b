"""Takes out of a workspace what was loaded into it, in files that other programs read."""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from engine.storage.files import write_atomically, write_json
from engine.storage.generations import ABOUT, Generations
from engine.storage.table_files import TableRecord, read_records
from engine.storage.trouble import explained
from engine.storage.workspace import Workspace


def write_tables(workspace: Workspace, folder: Path) -> Mapping[str, TableRecord]:
    """Write each loaded table to `folder` as `<table>.parquet`, and `tables.json`.

    `tables.json` has the record of each table: its source, mapping and rows. The folder is created
    if need be; other files in it stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables, records = workspace.tables(), workspace.about_tables()
    for name in records:
        write_atomically(folder / f"{name}.parquet", partial(tables[name].to_parquet, index=False))
    write_json(folder / ABOUT, records)
    return records


@contextmanager
def table_files(workspace: Workspace) -> Iterator[dict[str, Path]]:
    """The Parquet file of each loaded table with all of its rows, kept while the block runs."""
    with explained(), Generations(workspace.folder).reading() as folder:
        names = read_records(folder)
        yield {name: folder / f"{name}.parquet" for name in names} if folder else {}


def zipped_tables(workspace: Workspace) -> bytes:
    """The files of all tables and `tables.json` as of `write_tables`, in one zip archive."""
    records = workspace.about_tables()
    archive = io.BytesIO()
    # Parquet is packed already, so that a long log takes no longer than its bytes are copied.
    with (
        zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target,
        table_files(workspace) as files,
    ):
        for name, file in files.items():
            target.write(file, f"{name}.parquet")
        target.writestr(ABOUT, json.dumps(records, ensure_ascii=False, indent=2))
    return archive.getvalue()
