"""One team's folder: its tables, corrections, runs and indexes.

```
SHOPLAB_HOME/workspaces/<name>/
  workspace.json          name, title, language, key (the unguessable part of its link), created
  tables/<table>.parquet  the table as it stands
  tables/tables.json      per table: source, rows, mapping, loaded
  previous/               the tables as they were before the last load (undo)
  uploads/                files a page received, until they are loaded
  corrections.jsonl       labels set by hand, one a line, the last one for an input wins
  assistant/              policy text and chats, see engine.assistant.policy_file and .chats
  feedback.sqlite         what was done with the lists shown, see engine.storage.feedback
  runs/<run id>/          see engine.storage.runs
  copy/<batch id>/        texts for many products, see engine.tasks.describe.batch
  index/                  product vectors by model, see engine.retrieval.dense
```
"""

import json
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from engine.errors import InputError
from engine.messages import DEFAULT_LANGUAGE
from engine.settings import home
from engine.storage.files import replace_folder, write_json
from engine.tables.tables import Tables

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST_TITLE = 80


class Workspace:
    """A team's shop on disk. Open one with `Workspace.open`, `create` or `by_key`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        about = json.loads((folder / "workspace.json").read_text(encoding="utf-8"))
        self.name: str = about["name"]
        self.language: str = about["language"]
        self.language_chosen: bool = about.get("language_chosen", False)
        self.key: str = about["key"]
        self.title: str = about.get("title", "")

    @classmethod
    def create(cls, name: str = "", language: str | None = None) -> "Workspace":
        """Make a workspace; without a name it is named by its random key.

        Without a language the first catalog that is loaded decides it.
        Raises InputError for a name with other than letters, digits, `_` and `-`, or one in use.
        """
        key = secrets.token_urlsafe(16)
        folder = _folder(name or key)
        if folder.exists():
            raise InputError("workspace.exists", name=name)
        folder.mkdir(parents=True)
        about = {
            "name": name or key,
            "language": language or DEFAULT_LANGUAGE,
            "language_chosen": language is not None,
            "key": key,
            "created": time.time(),
        }
        write_json(folder / "workspace.json", about)
        return cls(folder)

    @classmethod
    def open(cls, name: str) -> "Workspace":
        """The workspace called `name`; InputError if there is none."""
        folder = _folder(name)
        if not (folder / "workspace.json").is_file():
            raise InputError("workspace.unknown", name=name)
        return cls(folder)

    @classmethod
    def by_key(cls, key: str) -> "Workspace | None":
        """The workspace whose link carries `key`, or None: what a browser may open."""
        for file in (home() / "workspaces").glob("*/workspace.json"):
            workspace = cls(file.parent)
            if secrets.compare_digest(workspace.key.encode(), key.encode()):
                return workspace
        return None

    def set_language(self, language: str, *, chosen: bool = True) -> None:
        """Set the shop's language: it decides words, stemmer and default model.

        `chosen` is False for a language seen from a catalog: the next catalog may change it.
        """
        self._remember(language=language, language_chosen=chosen)
        self.language, self.language_chosen = language, chosen

    def set_title(self, title: str) -> None:
        """Choose what people call the shop: any text; its name on disk stays."""
        self.title = " ".join(title.split())[:_LONGEST_TITLE]
        self._remember(title=self.title)

    def delete(self) -> None:
        """Remove the workspace with everything in it, for good."""
        doomed = self.folder.with_name(f".{self.folder.name}.deleted")
        # Renamed first: nobody may open a workspace that is half gone.
        self.folder.rename(doomed)
        shutil.rmtree(doomed)

    def _remember(self, **changes: object) -> None:
        about = json.loads((self.folder / "workspace.json").read_text(encoding="utf-8"))
        write_json(self.folder / "workspace.json", about | changes)

    def about_tables(self) -> dict[str, dict[str, object]]:
        """What is known of each table: `source`, `rows`, `mapping`, `loaded` (epoch seconds)."""
        file = self.folder / "tables" / "tables.json"
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}

    def tables(self) -> Tables:
        """Every loaded table with the corrections, read from disk."""
        folder = self.folder / "tables"
        about = self.about_tables()
        frames = {name: pd.read_parquet(folder / f"{name}.parquet") for name in about}
        mappings: dict[str, Mapping[str, str]] = {
            name: known["mapping"]  # type: ignore[misc]
            for name, known in about.items()
            if "mapping" in known
        }
        return Tables(frames, self.language, self.corrections(), self.folder / "index", mappings)

    def replace_tables(
        self, frames: Mapping[str, pd.DataFrame], about: Mapping[str, Mapping[str, object]]
    ) -> None:
        """Put `frames` in place of the tables of the same names, all or nothing; others stay.

        What stood before can be brought back with `undo_load`.
        """
        tables, previous = self.folder / "tables", self.folder / "previous"
        known = self.about_tables()
        with replace_folder(tables) as staging:
            if tables.exists():
                shutil.copytree(tables, staging, dirs_exist_ok=True)
            for name, frame in frames.items():
                frame.to_parquet(staging / f"{name}.parquet", index=False)
                known[name] = {
                    "rows": len(frame),
                    "loaded": time.time(),
                    **about.get(name, {}),
                }
            write_json(staging / "tables.json", known)
            with replace_folder(previous) as old:
                if tables.exists():
                    shutil.copytree(tables, old, dirs_exist_ok=True)

    @property
    def can_undo(self) -> bool:
        """Whether `undo_load` has something to bring back."""
        return (self.folder / "previous").exists()

    def undo_load(self) -> bool:
        """Bring back the tables as they were before the last load; False if there are none."""
        tables, previous = self.folder / "tables", self.folder / "previous"
        if not previous.exists():
            return False
        with replace_folder(tables) as staging:
            shutil.copytree(previous, staging, dirs_exist_ok=True)
        shutil.rmtree(previous)
        return True

    def corrections(self) -> pd.DataFrame:
        """Labels set by hand: columns `task, input, head, label`; one row an input and head."""
        file = self.folder / "corrections.jsonl"
        columns = ["task", "input", "head", "label"]
        if not file.is_file():
            return pd.DataFrame(columns=columns, dtype="str")
        lines = file.read_text(encoding="utf-8").splitlines()
        frame = pd.DataFrame([json.loads(line) for line in lines], columns=columns, dtype="str")
        return frame.drop_duplicates(["task", "input", "head"], keep="last", ignore_index=True)

    def correct(self, task: str, labels: Mapping[str, Mapping[str, str]]) -> None:
        """Remember labels set by hand: input text → head → label."""
        with (self.folder / "corrections.jsonl").open("a", encoding="utf-8") as file:
            for text, heads in labels.items():
                for head, label in heads.items():
                    row = {"task": task, "input": text, "head": head, "label": label}
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _folder(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise InputError("workspace.bad_name", name=name)
    return home() / "workspaces" / name
