"""Writes a batch in a thread, a few products at a time; what a crash cut off is written again."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from engine.codec import encode
from engine.errors import InputError, ShoplabError
from engine.storage.append_log import AppendLog
from engine.storage.files import write_json
from engine.storage.trouble import DiskTrouble, explained
from engine.storage.workspace import Workspace
from engine.tasks.describe.answers import DescribeAnswer, DescribeInput
from engine.tasks.describe.batch import Batch, Row, batch_folder, take_soon

# So few at a time that a stop is quick and other people's questions get in between.
CHUNK = 4
# How often a model that is still being prepared is asked again.
PATIENCE = 20

Ask = Callable[[list[DescribeInput]], Sequence[DescribeAnswer]]


def write_on(workspace: Workspace, batch: Batch, ask: Ask) -> bool:
    """Write what is left in a thread of its own; False if somebody writes it already or it is gone.

    The thread ends with its process; what it left is written by the next call.
    """
    folder = batch_folder(workspace, batch)
    lock = take_soon(folder)
    if lock is None:
        return False
    for name in ("stop", "failed.json"):
        (folder / name).unlink(missing_ok=True)
    threading.Thread(target=_write, args=(folder, batch, ask, lock), daemon=True).start()
    return True


def _write(folder: Path, batch: Batch, ask: Ask, lock: int) -> None:
    try:
        with explained():
            _append_texts(folder, batch, ask)
    except ShoplabError as error:
        # A workspace may have been deleted meanwhile: it must not come back as an empty folder.
        if folder.is_dir():
            # A disk too full for the texts may be too full for the reason as well.
            with contextlib.suppress(DiskTrouble):
                write_json(folder / "failed.json", {"code": error.code, "params": error.params})
    finally:
        os.close(lock)


def _append_texts(folder: Path, batch: Batch, ask: Ask) -> None:
    log = AppendLog(folder / "texts.jsonl")
    left = batch.product_ids[len(log.rows()) :]
    todo = [DescribeInput.of(product_id, batch.brief) for product_id in left]
    for start in range(0, len(todo), CHUNK):
        if not folder.is_dir() or (folder / "stop").exists():
            return
        items, started = todo[start : start + CHUNK], time.perf_counter()
        rows = _rows(_patient(ask), items)
        seconds = (time.perf_counter() - started) / len(items)
        timed = [row if row.problem else replace(row, seconds=seconds) for row in rows]
        log.append(encode(row) for row in timed)


def _patient(ask: Ask) -> Ask:
    """`ask`, again and again while the model is still being prepared."""

    def keep_asking(items: list[DescribeInput]) -> Sequence[DescribeAnswer]:
        for _ in range(PATIENCE):
            try:
                return ask(items)
            except ShoplabError as error:
                if error.code != "inference.busy":
                    raise
        return ask(items)

    return keep_asking


def _rows(ask: Ask, items: list[DescribeInput]) -> list[Row]:
    """A row for each input; a product that is gone from the catalog stops no other."""
    try:
        return [_row(answer) for answer in ask(items)]
    except InputError as error:
        if error.code != "describe.unknown_product":
            raise
        if len(items) > 1:
            return [row for item in items for row in _rows(ask, [item])]
        return [Row(items[0].product_id, problem=error.code)]


def _row(answer: DescribeAnswer) -> Row:
    best = next(text for text in answer.systems.values() if text.text == answer.text)
    unsupported = tuple(claim.text for claim in best.claims if claim.fact is None)
    return Row(
        answer.product_id, answer.title, best.text, best.supported, best.facts_used, unsupported
    )
