"""What a team has done in its workspace, read when a check asks for it."""

import itertools
import json
import math
from functools import cached_property
from pathlib import Path
from threading import Lock

import pandas as pd
from cachetools import LRUCache, cached

from engine.assistant.chats import Chats, Turn
from engine.catalog.decisions import Decisions
from engine.course import activity
from engine.course.activity import Act
from engine.jobs import list_jobs
from engine.storage.feedback import Feedback, has_feedback
from engine.storage.files import changed_at, read_text
from engine.storage.records import database_url
from engine.storage.runs import Run, list_runs
from engine.storage.workspace import Workspace
from engine.tasks.describe.batch import Row, list_batches, read_rows

MOST_TURNS = 1_000
# Of as many workspaces what was read stays in memory.
_MOST_KEPT = 64
# What checks read, below the workspace's folder; a folder's change is that of what is in it.
_READ = (
    "workspace.json",
    "generations.json",
    "corrections.jsonl",
    "decisions.jsonl",
    "rules.json",
    "runs",
    "feedback.sqlite",
    "feedback.sqlite-wal",
    "assistant/policy.md",
    "assistant/chats.sqlite",
    "assistant/chats.sqlite-wal",
    "course/activity.jsonl",
    "course/forecasts.jsonl",
    "course/grades.sqlite",
    "course/grades.sqlite-wal",
)
_READ_ALL = ("copy/*/texts.jsonl", "ideas/*", "case/*", "experiment/*")
Stamps = tuple[tuple[str, int, int], ...]


class Work:
    """One workspace as the checks of exercises see it; each part is read at most once.

    `opened` is when somebody of the team first opened the exercise that is looked at now (epoch
    seconds), infinite if nobody did.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.opened = math.inf

    def acts(self, act: str) -> list[Act]:
        """The acts of one kind, the oldest first."""
        return [one for one in self._acts if one.act == act]

    @cached_property
    def _acts(self) -> tuple[Act, ...]:
        return activity.read_acts(self.workspace)

    @cached_property
    def _runs(self) -> list[Run]:
        return list_runs(self.workspace)

    def runs(self, task: str) -> list[Run]:
        """The runs of `task`, newest first."""
        return [run for run in self._runs if run.task == task]

    def own_runs(self, task: str) -> list[Run]:
        """Those of them that the team asked for: not what a prepared workspace brought along."""
        began = self._created
        return [
            run for run in self.runs(task) if run.created >= began or run.run_id in self._asked_for
        ]

    @cached_property
    def _created(self) -> float:
        record = json.loads(read_text(self.workspace.folder / "workspace.json") or "{}")
        return float(record.get("created", 0.0))

    @cached_property
    def _asked_for(self) -> frozenset[str]:
        """The runs of this workspace's jobs: one that teams share may be older than the team."""
        return frozenset(job.run_id or "" for job in list_jobs(self.workspace.name))

    @cached_property
    def corrections(self) -> pd.DataFrame:
        """The labels set by hand; see `Workspace.corrections`."""
        return _corrections(self.workspace, changed_at(self.workspace.folder / "corrections.jsonl"))

    @cached_property
    def decisions(self) -> pd.DataFrame:
        """What was accepted or rejected of the values suggested for the catalog."""
        return _decisions(self.workspace.folder, Decisions(self.workspace.folder).stamp)

    @cached_property
    def feedback(self) -> pd.DataFrame:
        """What shoppers did with lists; empty where nobody was shown one."""
        if not has_feedback(self.workspace):
            return pd.DataFrame({"time": [], "event": []})
        with Feedback(self.workspace) as feedback:
            return feedback.events()

    @cached_property
    def turns(self) -> list[Turn]:
        """The last turns of all chats with the assistant, newest first."""
        if not (self.workspace.folder / "assistant" / "chats.sqlite").is_file():
            return []
        with Chats(self.workspace) as chats:
            return chats.last(MOST_TURNS)

    @cached_property
    def copy(self) -> list[Row]:
        """The texts of all batches."""
        workspace = self.workspace
        return [row for batch in list_batches(workspace) for row in read_rows(workspace, batch)]


# A question is an act, after which all checks look again, and most of what they read is as it was.
@cached(LRUCache(_MOST_KEPT), key=lambda workspace, stamp: (workspace.folder, stamp), lock=Lock())
def _corrections(workspace: Workspace, stamp: int) -> pd.DataFrame:
    return workspace.corrections()


@cached(LRUCache(_MOST_KEPT), lock=Lock())
def _decisions(folder: Path, stamp: int) -> pd.DataFrame:
    return Decisions(folder).table()


def stamps(workspace: Workspace) -> Stamps:
    """A mark of a workspace that changes with whatever a check reads."""
    rows, folder = [], workspace.folder
    if database_url() and has_feedback(workspace):
        with Feedback(workspace) as feedback:
            rows.append(("feedback", *feedback.mark()))
    for path in itertools.chain(
        (folder / name for name in _READ), *(folder.glob(name) for name in _READ_ALL)
    ):
        try:
            about = path.stat()
        except OSError:
            continue
        rows.append((str(path), about.st_mtime_ns, about.st_size))
    return tuple(rows)
