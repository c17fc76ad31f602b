"""Writes a batch, a few products at a time; what a kill cut off is written again."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.codec import encode
from engine.errors import InputError
from engine.progress import Progress
from engine.storage.append_log import AppendLog
from engine.storage.workspace import Workspace
from engine.tasks.describe.answers import DescribeAnswer, DescribeInput
from engine.tasks.describe.batch import Batch, Row, batch_folder

# So few at a time that a stop is quick.
CHUNK = 4

Predict = Callable[[list[DescribeInput]], Sequence[DescribeAnswer]]


def write_rest(workspace: Workspace, batch: Batch, predict: Predict, progress: Progress) -> None:
    """Write the texts that a batch still lacks, and append them to its file.

    Raises Cancelled between two blocks of texts, and InputError for a batch that was discarded.
    """
    folder = batch_folder(workspace, batch.batch_id)
    log = AppendLog(folder / "texts.jsonl")
    done, total = len(log.rows()), len(batch.product_ids)
    while done < total:
        progress.stage("write", done, total)
        progress.check()
        chunk = batch.product_ids[done : done + CHUNK]
        inputs = [DescribeInput.of(product_id, batch.brief) for product_id in chunk]
        started = time.perf_counter()
        rows = _rows(predict, inputs)
        seconds = (time.perf_counter() - started) / len(inputs)
        timed = [row if row.problem else replace(row, seconds=seconds) for row in rows]
        if not folder.is_dir():
            raise InputError("describe.unknown_batch")
        log.append(encode(row) for row in timed)
        done += len(chunk)
    progress.stage("write", done, total)


def _rows(predict: Predict, inputs: list[DescribeInput]) -> list[Row]:
    """A row for each input; a product that is gone from the catalog stops no other."""
    try:
        return [_row(answer) for answer in predict(inputs)]
    except InputError as error:
        if error.code != "describe.unknown_product":
            raise
        if len(inputs) > 1:
            return [row for item in inputs for row in _rows(predict, [item])]
        return [Row(inputs[0].product_id, problem=error.code)]


def _row(answer: DescribeAnswer) -> Row:
    best = next(text for text in answer.systems.values() if text.text == answer.text)
    unsupported = tuple(claim.text for claim in best.claims if claim.fact is None)
    return Row(
        answer.product_id, answer.title, best.text, best.supported, best.facts_used, unsupported
    )
