"""What people wrote about an exercise's question, each for themselves.

Kept in `<workspace>/course/reflections.jsonl`; the last of a person and exercise counts.
"""

import time

from engine.course.activity import person_mark
from engine.errors import InputError
from engine.storage.append_log import AppendLog
from engine.storage.files import make_folder
from engine.storage.workspace import Workspace

LONGEST = 2_000  # characters
MOST = 5_000


class Reflections:
    """The reflections of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._log = AppendLog(workspace.folder / "course" / "reflections.jsonl")

    def write(self, slug: str, person: str, text: str) -> None:
        """Keep a person's text, cut to `LONGEST`. Raises InputError for too many in a workspace."""
        row = {
            "slug": slug,
            "person": person_mark(person),
            "text": text.strip()[:LONGEST],
            "time": time.time(),
        }
        with self._workspace.changing():
            if len(self._log.rows()) >= MOST:
                raise InputError("course.too_many_reflections", most=f"{MOST:,}")
            make_folder(self._log.file.parent)
            self._log.append([row])

    def read(self, slug: str, person: str) -> str:
        """What a person wrote last; "" for nothing."""
        mark = person_mark(person)
        texts = [
            str(row.get("text", ""))
            for row in self._log.rows()
            if row.get("slug") == slug and row.get("person") == mark
        ]
        return texts[-1] if texts else ""
