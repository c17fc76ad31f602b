"""Copy for many products, kept in the workspace while it is written.

```
<workspace>/copy/<batch id>/
  batch.json   what was asked for, see `Batch`
  texts.jsonl  a line for each of its products, in their order, as far as they are written
```

Until November 2026 whoever wrote it also left `lock`, `stop` and `failed.json` there, the code and
params of the error that it stopped at.
"""

import json
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.codec import decode, encode
from engine.errors import InputError, ShoplabError
from engine.storage.append_log import AppendLog
from engine.storage.files import read_records, read_text, write_json
from engine.storage.workspace import DELETED, Workspace
from engine.tasks.describe.brief import Brief


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


def begin_batch(
    workspace: Workspace, run_id: str, brief: Brief, product_ids: Sequence[str]
) -> Batch:
    """Put down what is asked for; nothing is written yet."""
    batch_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
    batch = Batch(batch_id, time.time(), run_id, brief, list(product_ids))
    write_json(batch_folder(workspace, batch_id) / "batch.json", encode(batch))
    return batch


def open_batch(workspace: Workspace, batch_id: str) -> Batch:
    """The batch with this id. Raises InputError where there is none, as after it was discarded."""
    text = read_text(batch_folder(workspace, batch_id) / "batch.json")
    if text is None:
        raise InputError("describe.unknown_batch")
    return decode(Batch, json.loads(text))


def list_batches(workspace: Workspace) -> list[Batch]:
    """The workspace's batches, newest first."""
    records = read_records(workspace.folder / "copy", "batch.json")
    batches = [decode(Batch, record) for record in records]
    return sorted(batches, key=lambda batch: batch.created, reverse=True)


def read_rows(workspace: Workspace, batch: Batch) -> list[Row]:
    """The texts of a batch that are written so far."""
    log = AppendLog(batch_folder(workspace, batch.batch_id) / "texts.jsonl")
    return [decode(Row, row) for row in log.rows()]


def read_old_failure(workspace: Workspace, batch: Batch) -> ShoplabError | None:
    """The error that a batch from before November 2026 stopped at."""
    text = read_text(batch_folder(workspace, batch.batch_id) / "failed.json")
    error = json.loads(text) if text is not None else None
    return ShoplabError(error["code"], **error["params"]) if error else None


def delete_batch(workspace: Workspace, batch: Batch) -> None:
    """Remove a batch with its texts, for good; one that is gone stays so."""
    folder = batch_folder(workspace, batch.batch_id)
    # Renamed first: nobody may open a batch that is half gone.
    doomed = folder.with_name(f".{batch.batch_id}{DELETED}")
    try:
        folder.rename(doomed)
    except FileNotFoundError:
        return
    # What cannot be deleted now is deleted by `engine.storage.tidy` at the next start.
    shutil.rmtree(doomed, ignore_errors=True)


def batch_folder(workspace: Workspace, batch_id: str) -> Path:
    """Where a batch lies."""
    return workspace.folder / "copy" / batch_id
