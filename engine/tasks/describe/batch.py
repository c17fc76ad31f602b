"""Copy for many products, kept in the workspace while it is written.

```
<workspace>/copy/<batch id>/
  batch.json   what was asked for, see `Batch`
  texts.jsonl  a line for each of its products, in their order, as far as they are written
  lock         held by whoever writes
  stop         there while a stop is asked for
  failed.json  code and params of the error that it stopped at
```
"""

import contextlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.codec import decode, encode
from engine.errors import ShoplabError
from engine.storage.append_log import AppendLog
from engine.storage.files import read_records, read_text, write_json
from engine.storage.lock import take
from engine.storage.workspace import DELETED, Workspace
from engine.tasks.describe.brief import Brief

# Looking whether somebody writes holds the lock for a moment.
TRIES, TRY_SECONDS = 5, 0.02

State = Literal["writing", "stopping", "stopped", "done"]


@dataclass(frozen=True)
class Batch:
    """What was asked for: which run writes (`untuned` for none), by what brief, of what products.

    `created` is in epoch seconds.
    """

    batch_id: str
    created: float
    run_id: str
    brief: Brief
    product_ids: Sequence[str]


@dataclass(frozen=True)
class Row:
    """A product's text as it was checked; `unsupported` are its claims that no fact supports.

    `problem` is the code of the reason why a product has no text, `seconds` what writing took.
    """

    product_id: str
    title: str = ""
    text: str = ""
    supported: bool | None = None
    facts_used: int | None = None
    unsupported: tuple[str, ...] = ()
    seconds: float | None = None
    problem: str = ""


@dataclass(frozen=True)
class BatchProgress:
    """How far a batch is: its rows so far, and why it stopped if an error stopped it."""

    state: State
    rows: Sequence[Row]
    failure: ShoplabError | None


def begin_batch(
    workspace: Workspace, run_id: str, brief: Brief, product_ids: Sequence[str]
) -> Batch:
    """Put down what is asked for; nothing is written yet."""
    batch_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
    batch = Batch(batch_id, time.time(), run_id, brief, list(product_ids))
    write_json(batch_folder(workspace, batch) / "batch.json", encode(batch))
    return batch


def list_batches(workspace: Workspace) -> list[Batch]:
    """The workspace's batches, newest first."""
    records = read_records(workspace.folder / "copy", "batch.json")
    batches = [decode(Batch, record) for record in records]
    return sorted(batches, key=lambda batch: batch.created, reverse=True)


def look_at(workspace: Workspace, batch: Batch) -> BatchProgress:
    """How far a batch is, whoever writes it."""
    folder = batch_folder(workspace, batch)
    written = is_written(workspace, batch)
    rows = [decode(Row, row) for row in AppendLog(folder / "texts.jsonl").rows()]
    state: State = "done" if len(rows) >= len(batch.product_ids) else "stopped"
    if written:
        state = "stopping" if (folder / "stop").exists() else "writing"
    text = read_text(folder / "failed.json")
    error = json.loads(text) if text is not None else None
    failure = ShoplabError(error["code"], **error["params"]) if error else None
    return BatchProgress(state, rows, failure)


def is_written(workspace: Workspace, batch: Batch) -> bool:
    """Whether somebody writes the batch now: this process or another."""
    try:
        lock = take(batch_folder(workspace, batch) / "lock")
    except FileNotFoundError:  # it was discarded
        return False
    if lock is not None:
        os.close(lock)
    return lock is None


def ask_to_stop(workspace: Workspace, batch: Batch) -> None:
    """Let whoever writes the batch stop after the texts that are being written."""
    with contextlib.suppress(FileNotFoundError):  # it was discarded
        (batch_folder(workspace, batch) / "stop").touch()


def discard(workspace: Workspace, batch: Batch) -> bool:
    """Remove a batch with its texts, for good; False if somebody writes it or it is gone."""
    folder = batch_folder(workspace, batch)
    lock = take_soon(folder)
    if lock is None:
        return False
    # Renamed first: nobody may open a batch that is half gone.
    doomed = folder.with_name(f".{batch.batch_id}{DELETED}")
    folder.rename(doomed)
    # What cannot be deleted now is deleted by `engine.storage.tidy` at the next start.
    shutil.rmtree(doomed, ignore_errors=True)
    os.close(lock)
    return True


def take_soon(folder: Path) -> int | None:
    """The lock of a batch's folder; None if somebody writes it or the folder is gone."""
    for _ in range(TRIES if folder.is_dir() else 0):
        lock = take(folder / "lock")
        if lock is not None:
            return lock
        time.sleep(TRY_SECONDS)
    return None


def batch_folder(workspace: Workspace, batch: Batch) -> Path:
    """Where a batch lies."""
    return workspace.folder / "copy" / batch.batch_id
