"""Copies of a workspace, and of its runs, that take no time and hardly any disk.

A file that is only ever replaced whole gets a second name (a hard link): replacing it under one
name leaves the other as it is. All else is written to in place and is copied. Where the disk has
no hard links, everything is copied.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from engine.storage.archive import copy_database, lasting_files, shared_places
from engine.storage.changing import changing
from engine.storage.files import link, make_folder, replace_folder, write_json
from engine.storage.freeze import MARK
from engine.storage.generations import Generations
from engine.storage.records import write_records
from engine.storage.runs import list_runs, load_run, run_folder
from engine.storage.workspace import Workspace

# Below these folders files are replaced whole and never written to.
_REPLACED_WHOLE = ("generations", "tables", "previous", "runs", "index", "pictures")
# What belongs to the people of one workspace, and to no copy.
_OWN = ("workspace.json", MARK, "uploads", "course", "api_keys.sqlite", "chats.sqlite")


def copy_workspace(source: Workspace, *, title: str, workshop: str = "") -> Workspace:
    """A new workspace like `source`, with a name and a key of its own.

    Uploads, chats, API keys and the progress in the course stay behind, and it belongs to no
    account. Raises WorkspaceBusy while somebody changes `source`.
    """
    copy = Workspace.create(language=source.language)
    record = _record(copy)
    with changing(source.folder, although_frozen=True):
        for place in shared_places(source):
            if place.file.name not in _OWN:
                # The copy's own records once they are first opened.
                write_records(place, copy.folder / place.file.name)
        for file in _files_to_copy(source.folder):
            path = file.relative_to(source.folder)
            _copy(file, copy.folder / path, replaced_whole=path.parts[0] in _REPLACED_WHOLE)
        record = _record(source) | {
            "name": copy.name,
            "key": copy.key,
            "created": record["created"],
            "title": title,
            "workshop": workshop,
            "account": "",
            "shared": True,
        }
    write_json(copy.folder / "workspace.json", record)
    return Workspace(copy.folder)


def hand_out(source: Workspace, target: Workspace) -> None:
    """Give `target` the tables and the runs of `source` as they are now, frozen or not.

    The load can be undone, and runs of `target` stay. Raises WorkspaceBusy.
    """
    with changing(source.folder, although_frozen=True):
        generations = Generations(source.folder)
        with changing(target.folder, although_frozen=True):
            if target.tables_mark() != source.tables_mark():
                with generations.reading() as tables, Generations(target.folder).adding() as folder:
                    for file in folder.iterdir():
                        file.unlink()
                    for file in tables.iterdir() if tables else ():
                        link(file, folder / file.name)
            for run in list_runs(source):
                if not (target.folder / "runs" / run.run_id).exists():
                    link_run(source, run.run_id, target)


def link_run(source: Workspace, run_id: str, target: Workspace, as_id: str = "") -> None:
    """Give `target` a run of `source`, under the name `as_id` where there is one.

    A run under another name says in its record which one it shares. Raises InputError if `source`
    has no such run or `target` was deleted.
    """
    folder, name = run_folder(source, run_id), as_id or run_id
    with replace_folder(target.folder / "runs" / name) as staging:
        for file in folder.rglob("*"):
            if file.is_file() and not file.name.startswith("."):
                _copy(file, staging / file.relative_to(folder), replaced_whole=True)
        if name != run_id:
            run = load_run(source, run_id)
            notes = [*run.notes, "workspace.shared_run"]
            shared = replace(run, run_id=name, shared=run.shared or run_id, notes=notes)
            write_json(staging / "run.json", shared.as_json())


def _files_to_copy(folder: Path) -> Iterator[Path]:
    for file in lasting_files(folder):
        parts = file.relative_to(folder).parts
        if parts[0] not in _OWN and parts[-1] not in _OWN:
            yield file


def _copy(file: Path, target: Path, *, replaced_whole: bool) -> None:
    make_folder(target.parent)
    if file.suffix == ".sqlite":
        copy_database(file, target)
    elif replaced_whole and file.suffix != ".jsonl":
        link(file, target)
    else:
        shutil.copyfile(file, target)


def _record(workspace: Workspace) -> dict[str, object]:
    record: dict[str, object] = json.loads(
        (workspace.folder / "workspace.json").read_text(encoding="utf-8")
    )
    return record
