"""One of the processes that share a tuning: `python -m engine.models.tuning_process KIND FOLDER`.

`engine.models.spreading` starts them and has put the tuning into the folder, below the checkpoints.
"""

import os
import sys
import traceback
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from accelerate.utils.memory import should_reduce_batch_size
from pydantic import TypeAdapter
from torch import distributed

from engine.errors import ShoplabError
from engine.models.processes import Parent
from engine.models.spreading import EXCHANGE, RESULT, TUNING, Tuning
from engine.models.tunings import KINDS
from engine.progress import Progress, Silent

MEETING = "meeting"
# One waits so long for the others, for instance while the first evaluates.
PATIENCE = timedelta(minutes=30)


def meet(exchange: Path) -> int:
    """Find the other processes, and take a GPU where there are some; returns the own rank."""
    rank, count = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        torch.cuda.set_device(rank)
    # A file: a port could be taken, and anybody could knock at it.
    store = distributed.FileStore(str(exchange / MEETING), count)
    backend = "nccl" if on_gpu else "gloo"
    distributed.init_process_group(
        backend, store=store, rank=rank, world_size=count, timeout=PATIENCE
    )
    return rank


def main(kind: str, folder: Path, parent: Parent) -> None:
    """Tune together with the others and tell the parent what fails; exits then."""
    try:
        share_tuning(kind, folder, parent)
    except Exception as error:
        traceback.print_exc()
        parent.error(_as_shoplab_error(error))
        # At once: a library may still wait for the others.
        os._exit(1)


def share_tuning(kind: str, folder: Path, parent: Parent) -> None:
    """Tune together with the others; the first reports, and writes checkpoints and the result."""
    exchange = folder / EXCHANGE
    adapter: TypeAdapter[Any] = TypeAdapter(KINDS[kind])
    tuning: Tuning[Any, Any] = adapter.validate_json((exchange / TUNING).read_bytes())
    rank = meet(exchange)
    progress: Progress = Silent() if rank else parent
    tuned = tuning.run(tuning.open(), folder, progress)
    if rank == 0:
        tuning.save(tuned, exchange / RESULT)
    distributed.destroy_process_group()


def _as_shoplab_error(error: Exception) -> ShoplabError:
    if isinstance(error, ShoplabError):
        return error
    if should_reduce_batch_size(error):
        return ShoplabError("jobs.out_of_memory")
    number, count = int(os.environ["RANK"]) + 1, int(os.environ["WORLD_SIZE"])
    why = f"{type(error).__name__}: {error}"
    return ShoplabError("models.process_failed", process=number, count=count, why=why)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Parent.join())
