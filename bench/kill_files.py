"""Kills in the middle of changes to a shop's files: loads, deletions, promotions and batches."""

import multiprocessing
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import pandas as pd

from bench.kill_work import (
    EVIDENCE,
    PATIENCE,
    PRODUCTS,
    Missed,
    Work,
    check,
    delete,
    describe,
    load,
    promote,
    write_batch,
)
from engine.errors import InputError
from engine.progress import Silent
from engine.reading.load import load_files
from engine.storage.deployments import Deployments
from engine.storage.tidy import tidy_home
from engine.storage.workspace import Workspace
from engine.tasks.describe.batch import Batch, begin_batch, read_rows
from engine.tasks.describe.batch_writing import write_rest
from engine.tasks.describe.brief import Brief

PROMOTIONS = 30


class FileKills:
    """Kills of processes that change a shop, each a shop of its own, below `folder`."""

    def __init__(self, draw: Random, folder: Path) -> None:
        self._draw = draw
        self._folder = folder
        self._numbers = count()
        self._took: dict[str, float] = {}
        # Children that are there in a moment, with everything imported.
        self._children = multiprocessing.get_context("forkserver")
        self._children.set_forkserver_preload(["__main__", "bench.kill_work"])

    def kinds(self) -> dict[str, Callable[[], None]]:
        """What can be killed, by name. Each raises Fault, or Missed for one that came too late."""
        return {
            "loader": self._loader,
            "reader's parent": self._parent_of_reader,
            "delete": self._delete,
            "promote": self._promote,
            "batch writer": self._batch_writer,
        }

    def _loader(self) -> None:
        """The tables are those of one load, and the next load succeeds."""
        shop = self._shop()
        done = self._kill("loader", load, shop.name, str(self._catalog("second.csv")))
        self._check_loads(shop, done)

    def _parent_of_reader(self) -> None:
        """The same, while a child of its own parses the file."""
        shop = self._shop()
        done = self._kill("reader's parent", load, shop.name, str(self._catalog("second.parquet")))
        self._check_loads(shop, done)

    def _check_loads(self, shop: Workspace, done: int) -> None:
        marks = {title.split()[0] for title in shop.tables().products["title"]}
        whole = marks == {"second"} or (marks == {"first"} and not done)
        check(whole, f"tables of {marks}")
        load_files(shop, {"products": self._catalog("third.csv")})
        check(shop.tables().products["title"].str.startswith("third").all(), "a load was lost")
        check(shop.undo_load() and len(shop.tables().products), "a load can't be undone")

    def _delete(self) -> None:
        """The shop is whole or gone, and the next start leaves nothing of a shop that is gone."""
        shop = self._shop()
        done = self._kill("delete", delete, shop.name)
        with suppress(InputError):
            again = Workspace.open(shop.name)
            check(not done, "a deleted shop opens")
            check(len(again.tables().products) == PRODUCTS, "half a shop opens")
            again.delete()
        tidy_home(self._folder / "home")
        left = [*(self._folder / "home" / "workspaces").glob(f"*{shop.name}*")]
        check(not left, f"left of a deleted shop: {left}")

    def _promote(self) -> None:
        """All promotions that were made are there, in order, and another can be made."""
        shop = self._shop()
        done = self._kill("promote", promote, shop.name, str(PROMOTIONS))
        deployments = Deployments(shop)
        order = [change.run for change in deployments.history("intent")][::-1]
        check(order == [f"run-{number}" for number in range(len(order))], f"promotions: {order}")
        check(len(order) >= done, "a promotion was lost")
        deployments.promote("intent", "last", EVIDENCE, "bench")
        check(deployments.current("intent") == "last", "a promotion was not kept")

    def _batch_writer(self) -> None:
        """The texts are those of the first products, and another writer writes the rest."""
        shop = self._shop()
        batch = begin_batch(shop, "untuned", Brief(), [str(n) for n in range(PRODUCTS)])
        done = self._kill("batch writer", write_batch, shop.name)
        check(self._count_texts(shop, batch) >= done, "texts were lost")
        write_rest(shop, batch, describe, Silent())
        check(self._count_texts(shop, batch) == PRODUCTS, "a batch did not end")

    def _count_texts(self, shop: Workspace, batch: Batch) -> int:
        written = [row.product_id for row in read_rows(shop, batch)]
        check(written == list(batch.product_ids)[: len(written)], "texts were lost or doubled")
        return len(written)

    def _shop(self) -> Workspace:
        workspace = Workspace.create(f"shop-{next(self._numbers)}", "en")
        load_files(workspace, {"products": self._catalog("first.csv")})
        return workspace

    def _catalog(self, name: str) -> Path:
        """A file of products that all bear the name's mark."""
        file = self._folder / name
        if not file.exists():
            titles = [f"{file.stem} mug {number}" for number in range(PRODUCTS)]
            frame = pd.DataFrame({"product_id": range(PRODUCTS), "title": titles, "price": 1.5})
            frame.to_csv(file, index=False) if file.suffix == ".csv" else frame.to_parquet(file)
        return file

    def _kill(self, kind: str, work: Work, shop: str, argument: str = "") -> int:
        """Kill a child at a random moment of its work; what it said last that it had done."""
        here, there = self._children.Pipe()
        child = self._children.Process(target=work, args=(there, shop, argument))
        child.start()
        there.close()
        check(here.poll(PATIENCE), f"the {kind} never began")
        started = time.monotonic()
        # The first of a kind is not killed: it shows how long the work takes.
        child.join(self._draw.uniform(0, self._took[kind]) if kind in self._took else PATIENCE)
        if kind not in self._took:
            self._took[kind] = time.monotonic() - started
        in_time = child.is_alive()
        child.kill()
        child.join()
        done = _last(here)
        if not in_time:
            check(child.exitcode == 0, f"the {kind} failed without a kill")
            raise Missed
        return done


def _last(pipe: Connection) -> int:
    done = 0
    with suppress(EOFError, OSError):
        while pipe.poll():
            done = pipe.recv()
    return done
