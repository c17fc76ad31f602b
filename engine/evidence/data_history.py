"""What has changed in a shop's data since it had a certain fingerprint.

A fingerprint covers the tables and every label that was set by hand, of all tasks. Labels are only
appended, so the states that they went through can be gone back to one by one.
"""

from threading import Lock

import pandas as pd
from cachetools import LRUCache, cached

from engine.storage.append_log import AppendLog
from engine.storage.files import changed_at
from engine.storage.summaries import served
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables

# How many labels back a state of the data is looked for.
MOST_STEPS = 200
_COLUMNS = ["task", "input", "head", "label"]


def labels_since(workspace: Workspace, fingerprint: str) -> frozenset[str] | None:
    """The tasks whose labels were set by hand since the data had `fingerprint`.

    None where the tables themselves have changed, or more than `MOST_STEPS` labels were set.
    """
    return _labels_since(workspace, _stamp(workspace), fingerprint)


def current_fingerprint(workspace: Workspace) -> str:
    """The fingerprint of the tables and labels as they are now."""
    tables = _tables(workspace, _stamp(workspace))
    return tables.fingerprint


def _stamp(workspace: Workspace) -> str:
    corrections = changed_at(workspace.folder / "corrections.jsonl")
    return f"{workspace.folder}:{workspace.generation}:{workspace.language}:{corrections}"


# Only the last shop's tables are kept: they are large.
@cached(LRUCache(1), key=lambda workspace, stamp: stamp, lock=Lock())
def _tables(workspace: Workspace, stamp: str) -> Tables:
    return served(workspace, workspace.tables())


@cached(LRUCache(512), key=lambda workspace, *rest: rest, lock=Lock())
def _labels_since(workspace: Workspace, stamp: str, fingerprint: str) -> frozenset[str] | None:
    tables = _tables(workspace, stamp)
    if tables.fingerprint == fingerprint:
        return frozenset()
    rows = AppendLog(workspace.folder / "corrections.jsonl").rows()
    labels = pd.DataFrame(rows, columns=_COLUMNS, dtype="str")
    for end in range(len(labels) - 1, max(len(labels) - MOST_STEPS, 0) - 1, -1):
        before = labels.iloc[:end].drop_duplicates(_COLUMNS[:3], keep="last", ignore_index=True)
        if tables.fingerprint_with(before) == fingerprint:
            return frozenset(labels["task"].iloc[end:])
    return None
