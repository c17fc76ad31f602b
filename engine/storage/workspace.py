"""One team's shop on disk: its tables, corrections, runs and indexes.

```
SHOPLAB_HOME/workspaces/<name>/     <name> is made from the key where nobody chose one
  workspace.json          name, title, key (the unguessable part of its link), created, language
                          (also of the tables before the last load), the sample shop that it is,
                          the workshop whose team works in it, the account that it belongs to,
                          and whether others may open its link
  frozen                  is there while nothing may be changed, see engine.storage.freeze
  generations/            the tables, and those before the last load, see engine.storage.generations
  uploads/                files that were uploaded but not loaded yet
  corrections.jsonl       labels set by hand, one per line; the last for an input counts
  assistant/              policy text and chats, see engine.assistant.policy_file and .chats
  feedback.sqlite         what shoppers did with their lists, see engine.storage.feedback
  runs/<run id>/          see engine.storage.runs
  copy/<batch id>/        texts for many products, see engine.tasks.describe.batch
  index/                  product vectors by model, see engine.retrieval.dense
SHOPLAB_HOME/indexes/sample-<language>/      those of a sample shop, for all workspaces with it
```
"""

import hashlib
import itertools
import json
import re
import secrets
import shutil
import time
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from engine.errors import InputError
from engine.messages import DEFAULT_LANGUAGE
from engine.settings import home
from engine.storage.append_log import AppendLog
from engine.storage.changing import changing, lock_file
from engine.storage.files import write_json
from engine.storage.generations import Generations
from engine.storage.labels import tidy_label
from engine.storage.quota import check_room, check_rows
from engine.storage.records import delete_records
from engine.storage.shop_language import ShopLanguage
from engine.storage.table_files import (
    TableOrigin,
    TableRecord,
    mark_of,
    open_tables,
    read_records,
    write_records,
    write_table,
)
from engine.storage.trouble import explained
from engine.tables.tables import Tables

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
# How the names of folders end that are being deleted; they start with a dot.
DELETED = ".deleted"


def is_workspace_name(name: str) -> bool:
    """Whether a workspace may be called so: letters, digits, `_` and `-`, up to 64 of them."""
    return _NAME.fullmatch(name) is not None


class Workspace:
    """A team's folder. Get one from `Workspace.open`, `create` or `by_key`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._generations = Generations(folder)
        self._corrections = AppendLog(folder / "corrections.jsonl")
        record = self._record()
        self.name: str = record["name"]
        self._read_language(record)
        self.key = str(record["key"])
        self.title: str = record.get("title", "")
        # The id of the workshop whose team works here; empty for everybody else's.
        self.workshop: str = record.get("workshop", "")
        # The account of who made it while signed in, see engine.host.account; empty without one.
        self.account: str = record.get("account", "")
        self.shared: bool = record.get("shared", True)

    def _record(self) -> dict[str, Any]:
        text = (self.folder / "workspace.json").read_text(encoding="utf-8")
        record: dict[str, Any] = json.loads(text)
        return record

    def _read_language(self, record: Mapping[str, Any]) -> None:
        """Take over what a load, or its undoing, may have changed."""
        shop = ShopLanguage.of(record, self.generation)
        self.language, self.language_chosen = shop.language, shop.language_chosen
        self._sample = shop.sample

    @classmethod
    def create(
        cls, name: str = "", language: str | None = None, *, account: str = ""
    ) -> "Workspace":
        """Create a workspace; without a name, its name is a hash of its random key.

        With an account it belongs to that, and is shared by its link.

        Without a language, the first catalog that is loaded decides it. Raises InputError for a
        name that is taken or has characters other than letters, digits, `_` and `-`.
        """
        key = secrets.token_urlsafe(16)
        name = name or _hash(key)
        folder = _folder(name)
        folder.mkdir(parents=True, exist_ok=True)
        record = {
            "name": name,
            "language": language or DEFAULT_LANGUAGE,
            "language_chosen": language is not None,
            "key": key,
            "created": time.time(),
            "account": account,
        }
        with changing(folder):
            if (folder / "workspace.json").exists():
                raise InputError("workspace.exists", name=name)
            write_json(folder / "workspace.json", record)
        return cls(folder)

    @classmethod
    def open(cls, name: str) -> "Workspace":
        """The workspace called `name`; InputError if there is none or its record is broken."""
        workspace = cls.read(_folder(name))
        if workspace is None:
            broken = (_folder(name) / "workspace.json").exists()
            raise InputError("workspace.broken" if broken else "workspace.unknown", name=name)
        return workspace

    @classmethod
    def by_key(cls, key: str) -> "Workspace | None":
        """The workspace whose link has this key, or None; a browser may open no other."""
        workspaces = home() / "workspaces"
        # Only those whose name somebody chose, or an older version, have to be looked for.
        folders = itertools.chain(
            (workspaces / _hash(key),), workspaces.iterdir() if workspaces.exists() else ()
        )
        for folder in folders:
            workspace = None if folder.name.startswith(".") else cls.read(folder)
            if workspace and secrets.compare_digest(_hash(workspace.key), _hash(key)):
                return workspace
        return None

    @classmethod
    def of_account(cls, account: str) -> "list[Workspace]":
        """The workspaces that belong to an account."""
        workspaces = (home() / "workspaces").glob("[!.]*")
        read = (cls.read(folder) for folder in workspaces) if account else ()
        return [workspace for workspace in read if workspace and workspace.account == account]

    @classmethod
    def read(cls, folder: Path) -> "Workspace | None":
        """The workspace in `folder`; None if there is none or its record is broken."""
        try:
            return cls(folder)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def set_language(self, language: str, *, chosen: bool = True) -> None:
        """Set the shop's language, which decides on words, stemmer and default model.

        `chosen` is False for a language detected from a catalog: the next catalog may change it.
        """
        self.language, self.language_chosen = language, chosen
        self._keep_language()

    def set_title(self, title: str) -> None:
        """Set the name that people see, which can be any text; the name on disk stays."""
        self.title = tidy_label(title)
        self._update(title=self.title)

    def set_shared(self, shared: bool) -> None:
        """Say whether others than its account may open its link."""
        self.shared = shared
        self._update(shared=shared)

    def set_sample(self, language: str) -> None:
        """Note that the tables as they are now are those of the sample shop of `language`."""
        self._sample = (language, self.generation)
        self._keep_language()

    @property
    def sample(self) -> str:
        """The language of the sample shop that the tables are, or "" for any other shop."""
        language, generation = self._sample
        return language if generation == self.generation else ""

    def delete(self) -> None:
        """Delete the workspace and everything in it for good."""
        doomed = self.folder.with_name(f".{self.name}.{secrets.token_hex(4)}{DELETED}")
        with self.changing():
            delete_records(self.key)
            # Renamed first, so that nobody opens a workspace that is partly deleted.
            self.folder.rename(doomed)
            lock_file(self.folder).unlink(missing_ok=True)
        # What cannot be deleted now is deleted by `engine.storage.tidy` at the next start.
        shutil.rmtree(doomed, ignore_errors=True)

    def _keep_language(self) -> None:
        """Note the language of the tables as they are now, to which an undo may come back."""
        shop = ShopLanguage(self.language, self.language_chosen, self._sample)
        with self.changing():
            self._update(**shop.kept_in(self._record(), self.generation))

    def _update(self, **changes: object) -> None:
        with self.changing():
            write_json(self.folder / "workspace.json", self._record() | changes)

    def changing(self) -> AbstractContextManager[None]:
        """Let nobody else change the workspace in a `with` block: see `engine.storage.changing`."""
        return changing(self.folder)

    def about_tables(self) -> dict[str, TableRecord]:
        """The record of each loaded table."""
        with self._generations.reading() as folder:
            return read_records(folder)

    @property
    def generation(self) -> str:
        """A mark that changes with every load and undo; the same tables have the same mark."""
        return self._generations.current or ""

    def tables_mark(self) -> str:
        """A hash of the language and of all loaded tables; equal ones answer alike.

        Corrections are left out: they change what the next training learns, not an answer.
        """
        with self._generations.reading() as folder:
            return mark_of(folder, self.language)

    def tables(self) -> Tables:
        """The loaded tables, read as they are asked for, and the corrections.

        None were loaded if they were deleted meanwhile.
        """
        rows = self._read(self._open) or Tables(language=self.language)
        return replace(rows, corrections=self.corrections(), folder=self._index_folder())

    def equal_tables(self, known: MutableMapping[str, Tables]) -> Tables:
        """As `tables`, but without a folder for indexes, and with the rows that are `known`.

        `known` holds tables without corrections by their `tables_mark`; what is opened is added.
        """

        def rows(folder: Path | None) -> Tables:
            mark = mark_of(folder, self.language)
            # One generation is held: mark and rows are always those of the same tables.
            equal = known.get(mark)
            if equal is None:
                equal = known[mark] = self._open(folder)
            return equal

        found = self._read(rows) or Tables(language=self.language)
        return found.with_corrections(self.corrections())

    def table(self, name: str) -> pd.DataFrame:
        """One table as in `tables`."""
        return (self._read(self._open) or Tables())[name]

    def _open(self, folder: Path | None) -> Tables:
        return open_tables(folder, self.language)

    def _index_folder(self) -> Path:
        """Where vectors of these tables are kept: those of a sample shop once for a machine."""
        shared = self.sample
        return home() / "indexes" / f"sample-{shared}" if shared else self.folder / "index"

    def _read(self, read: Callable[[Path | None], T]) -> T | None:
        """What `read` makes of the current generation's folder; None once all is deleted."""
        try:
            with explained(), self._generations.reading() as folder:
                return read(folder)
        except FileNotFoundError:
            if self.folder.exists():
                raise
            return None

    def replace_tables(
        self, frames: Mapping[str, pd.DataFrame], origins: Mapping[str, TableOrigin]
    ) -> None:
        """Replace the tables that `frames` names, either all of them or none; the others stay.

        `origins` are added to the records of the tables. `undo_load` restores the tables, and the
        language, as they were before. Raises InputError for more than the host allows a workspace.
        """
        check_room(self.folder)
        with self.changing(), self._generations.adding() as folder:
            # Another tab may have loaded since this one opened the workspace.
            self._read_language(self._record())
            self._keep_language()
            records = read_records(folder)
            others = sum(records[name]["rows"] for name in records.keys() - frames.keys())
            check_rows(others + sum(map(len, frames.values())))
            for name, frame in frames.items():
                write_table(folder, name, frame)
                records[name] = {
                    "rows": len(frame),
                    "loaded": time.time(),
                    **origins.get(name, TableOrigin()),
                }
            write_records(folder, records)

    @property
    def can_undo(self) -> bool:
        """Whether there is a load to undo."""
        return self._generations.can_undo

    def undo_load(self) -> bool:
        """Restore tables and language as before the last load; False if there is no such load."""
        with self.changing():
            undone = self._generations.undo()
            self._read_language(self._record())
        return undone

    def corrections(self) -> pd.DataFrame:
        """Labels set by hand: columns `task, input, head, label`, one row per input and head."""
        columns = ["task", "input", "head", "label"]
        frame = pd.DataFrame(self._corrections.rows(), columns=columns, dtype="str")
        return frame.drop_duplicates(["task", "input", "head"], keep="last", ignore_index=True)

    def correct(self, task: str, labels: Mapping[str, Mapping[str, str]]) -> None:
        """Store labels set by hand: input text → head → label; all of them or none (OSError)."""
        with self.changing():
            self._corrections.append(
                {"task": task, "input": text, "head": head, "label": label}
                for text, heads in labels.items()
                for head, label in heads.items()
            )


def _hash(key: str) -> str:
    """What stands for a key on disk, where people who must not know it may see it."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]


def _folder(name: str) -> Path:
    if not is_workspace_name(name):
        raise InputError("workspace.bad_name", name=name)
    return home() / "workspaces" / name
