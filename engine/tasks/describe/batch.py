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
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from engine.claims import Claim
from engine.errors import InputError, ShoplabError
from engine.storage.files import write_json
from engine.storage.lock import take
from engine.storage.workspace import Workspace

# So few at a time that a stop is quick and other people's questions get in between.
CHUNK = 4
# How often a model that is still being prepared is asked again.
PATIENCE = 20
# Looking whether somebody writes holds the lock for a moment.
TRIES, TRY_SECONDS = 5, 0.02

State = Literal["writing", "stopping", "stopped", "done"]
# Inputs of the describe task → its answers.
Ask = Callable[[list[dict[str, Any]]], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Batch:
    """What was asked for: which run writes (`untuned` for none), by what brief, of what products.

    `created` is in epoch seconds.
    """

    batch_id: str
    created: float
    run_id: str
    brief: Mapping[str, str]
    product_ids: Sequence[str]


@dataclass(frozen=True)
class Standing:
    """How far a batch is: its rows so far, and why it stopped if an error stopped it.

    A row is `product_id, title, text, supported, facts_used, unsupported, seconds`; of a product
    that the catalog lost it is `product_id, problem`.
    """

    state: State
    rows: Sequence[Mapping[str, Any]]
    failure: ShoplabError | None


def begin_batch(
    workspace: Workspace, run_id: str, brief: Mapping[str, str], product_ids: Sequence[str]
) -> Batch:
    """Put down what is asked for; nothing is written yet."""
    batch_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
    batch = Batch(batch_id, time.time(), run_id, dict(brief), list(product_ids))
    write_json(_folder(workspace, batch) / "batch.json", asdict(batch))
    return batch


def list_batches(workspace: Workspace) -> list[Batch]:
    """The workspace's batches, newest first."""
    files = (workspace.folder / "copy").glob("[!.]*/batch.json")
    found = [Batch(**json.loads(file.read_text(encoding="utf-8"))) for file in files]
    return sorted(found, key=lambda batch: batch.created, reverse=True)


def look_at(workspace: Workspace, batch: Batch) -> Standing:
    """How far a batch is, whoever writes it."""
    folder = _folder(workspace, batch)
    written = is_written(workspace, batch)
    rows = [json.loads(line) for line in _whole_lines(folder / "texts.jsonl")]
    state: State = "done" if len(rows) >= len(batch.product_ids) else "stopped"
    if written:
        state = "stopping" if (folder / "stop").exists() else "writing"
    about = folder / "failed.json"
    failed = json.loads(about.read_text(encoding="utf-8")) if about.is_file() else None
    failure = ShoplabError(failed["code"], **failed["params"]) if failed else None
    return Standing(state, rows, failure)


def is_written(workspace: Workspace, batch: Batch) -> bool:
    """Whether somebody writes the batch now: this process or another."""
    try:
        held = take(_folder(workspace, batch) / "lock")
    except FileNotFoundError:  # it was discarded
        return False
    if held is not None:
        os.close(held)
    return held is None


def write_on(workspace: Workspace, batch: Batch, ask: Ask) -> bool:
    """Write what is left in a thread of its own; False if somebody writes it already or it is gone.

    The thread ends with its process; what it left is written by the next call.
    """
    folder = _folder(workspace, batch)
    held = _take_soon(folder / "lock") if folder.is_dir() else None
    if held is None:
        return False
    for name in ("stop", "failed.json"):
        (folder / name).unlink(missing_ok=True)
    threading.Thread(target=_write, args=(folder, batch, ask, held), daemon=True).start()
    return True


def ask_to_stop(workspace: Workspace, batch: Batch) -> None:
    """Let whoever writes the batch stop after the texts that are being written."""
    with contextlib.suppress(FileNotFoundError):  # it was discarded
        (_folder(workspace, batch) / "stop").touch()


def discard(workspace: Workspace, batch: Batch) -> bool:
    """Remove a batch with its texts, for good; False if somebody writes it or it is gone."""
    folder = _folder(workspace, batch)
    held = _take_soon(folder / "lock") if folder.is_dir() else None
    if held is None:
        return False
    # Renamed first: nobody may open a batch that is half gone.
    doomed = folder.with_name(f".{batch.batch_id}.deleted")
    folder.rename(doomed)
    shutil.rmtree(doomed)
    os.close(held)
    return True


def _write(folder: Path, batch: Batch, ask: Ask, held: int) -> None:
    try:
        _append_texts(folder, batch, ask)
    except ShoplabError as error:
        # A workspace may have been deleted meanwhile: it must not come back as an empty folder.
        if folder.is_dir():
            write_json(folder / "failed.json", {"code": error.code, "params": error.params})
    finally:
        os.close(held)


def _append_texts(folder: Path, batch: Batch, ask: Ask) -> None:
    file = folder / "texts.jsonl"
    lines = _whole_lines(file)
    if file.is_file():
        # What a crash cut off is written again.
        os.truncate(file, sum(len(line) for line in lines))
    todo = [{"product_id": one, **batch.brief} for one in batch.product_ids[len(lines) :]]
    for start in range(0, len(todo), CHUNK):
        if not folder.is_dir() or (folder / "stop").exists():
            return
        items, started = todo[start : start + CHUNK], time.perf_counter()
        answers = _answers(_patient(ask), items)
        seconds = (time.perf_counter() - started) / len(items)
        with file.open("a", encoding="utf-8") as texts:
            for answer in answers:
                row = answer if "problem" in answer else _row(answer) | {"seconds": seconds}
                texts.write(json.dumps(row, ensure_ascii=False) + "\n")


def _patient(ask: Ask) -> Ask:
    """`ask`, again and again while the model is still being prepared."""

    def keep_asking(items: list[dict[str, Any]]) -> Sequence[Mapping[str, Any]]:
        for _ in range(PATIENCE):
            try:
                return ask(items)
            except ShoplabError as error:
                if error.code != "inference.busy":
                    raise
        return ask(items)

    return keep_asking


def _answers(ask: Ask, items: list[dict[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """An answer for each input; a product that is gone from the catalog stops no other."""
    try:
        return ask(items)
    except InputError as error:
        if error.code != "describe.unknown_product":
            raise
        if len(items) > 1:
            return [answer for item in items for answer in _answers(ask, [item])]
        return [{"product_id": items[0]["product_id"], "problem": error.code}]


def _row(answer: Mapping[str, Any]) -> dict[str, Any]:
    best = next(one for one in answer["systems"].values() if one["text"] == answer["text"])
    claims = [Claim.read(claim) for claim in best["claims"]]
    return {
        "product_id": answer["product_id"],
        "title": answer["title"],
        "text": answer["text"],
        "supported": best["supported"],
        "facts_used": best["facts_used"],
        "unsupported": [claim.text for claim in claims if claim.fact is None],
    }


def _whole_lines(file: Path) -> list[bytes]:
    """The lines of a file with their ends, without one that is still being written."""
    if not file.is_file():
        return []
    return [line for line in file.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def _take_soon(lock: Path) -> int | None:
    for _ in range(TRIES):
        held = take(lock)
        if held is not None:
            return held
        time.sleep(TRY_SECONDS)
    return None


def _folder(workspace: Workspace, batch: Batch) -> Path:
    return workspace.folder / "copy" / batch.batch_id
