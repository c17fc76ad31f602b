"""Works in a shop on a real disk without room: `python bench/full_disk.py [WORK …]` (Linux).

Mounts a tmpfs of 64 MB that only this process and its children see, and does each kind of work with
0, 8, 32, 128 … kB to 32 MB left on it. Without room it has to say that the disk is full, and the
shop has to be as before or after it. Another shop has to open meanwhile. With room again, the same
work has to succeed. Printed as JSON: how often each kind of work met the full disk, and the faults.
Exits with 1 where there were any.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bench.kill_work import check, describe, wait_for  # noqa: E402
from engine.errors import ShoplabError  # noqa: E402
from engine.jobs.queue import ensure_supervisor, get_job, submit  # noqa: E402
from engine.progress import Silent  # noqa: E402
from engine.reading.load import load_files  # noqa: E402
from engine.storage.feedback import Feedback, Shown  # noqa: E402
from engine.storage.runs import list_runs  # noqa: E402
from engine.storage.trouble import explained  # noqa: E402
from engine.storage.workspace import Workspace  # noqa: E402
from engine.tasks.describe.batch import begin_batch, list_batches, read_rows  # noqa: E402
from engine.tasks.describe.batch_writing import write_rest  # noqa: E402
from engine.tasks.describe.brief import Brief  # noqa: E402
from tests.tiny_shop import tiny_model, tiny_settings, tiny_workspace  # noqa: E402

DISK_BYTES = 64_000_000
LEFT_BYTES = [0, *(8_192 * 4**power for power in range(7))]
ROWS = 2_000
PRODUCTS = [str(number) for number in range(60)]
ROOM_AFTER_SECONDS = 60.0


class FullDisk:
    """A small disk at `folder`, and shops on it that each kind of work is done in."""

    def __init__(self, folder: Path, model_folder: Path) -> None:
        self._folder = folder
        self._ballast = folder / "ballast"
        self._catalog = model_folder / "products.csv"
        titles = "\n".join(f"{number},new mug {number}" for number in range(ROWS))
        self._catalog.write_text(f"product_id,title\n{titles}\n")
        self._settings = tiny_settings("intent", tiny_model(model_folder))
        self._other = tiny_workspace("other")
        self._seed = 0

    def works(self) -> dict[str, Callable[[Workspace], object]]:
        """The kinds of work by name. Each raises ShoplabError where it fails."""
        return {
            "load": lambda shop: load_files(shop, {"products": self._catalog}),
            "correct": lambda shop: shop.correct("intent", {"mug": {"intent": "deal"}}),
            "train": self._train,
            "batch": _write_batch,
            "feedback": _show,
            "delete": Workspace.delete,
        }

    def meet(self, name: str, left: int) -> bool:
        """Do a work with `left` bytes on the disk, and again with room; whether it had too few.

        Raises Fault, and what nobody foresaw.
        """
        shop = tiny_workspace(f"shop-{name}-{left}")
        work = self.works()[name]
        before = _state(shop)
        refused = False
        with self._filled_up_to(left):
            try:
                with explained():
                    work(shop)
            except ShoplabError as error:
                check(error.code == "disk.full", error.code)
                refused = True
            check(len(self._other.tables().products), "another shop does not open")
        # A batch keeps the texts that were written before the disk was full.
        if refused and name != "batch":
            check(_state(shop) == before, "the shop has changed")
        if name != "delete":
            work(shop)
            check(_state(shop) != before, "with room again, nothing was written")
            shop.delete()
        check(not [*(self._folder / "home/workspaces").glob(shop.name)], "the shop is still there")
        return refused

    def _train(self, shop: Workspace) -> None:
        """A job, whose failure is raised as the page would show it.

        One that can't even write down how it ended does so once there is room.
        """
        self._seed += 1
        job = submit(shop.name, "intent", self._settings | {"seed": self._seed})
        started = time.monotonic()

        def has_ended() -> bool:
            if time.monotonic() - started > ROOM_AFTER_SECONDS:
                self._ballast.unlink(missing_ok=True)
            with explained():
                ensure_supervisor()
            time.sleep(1)
            return not get_job(job).active

        wait_for(has_ended, "a training")
        ended = get_job(job)
        whole = job in {run.run_id for run in list_runs(shop)}
        check(whole == (ended.state == "done"), f"a training {ended.state} with a run: {whole}")
        if ended.reason:
            raise ShoplabError(ended.reason, **ended.reason_params)

    @contextmanager
    def _filled_up_to(self, left: int) -> Iterator[None]:
        room = os.statvfs(self._folder)
        check(room.f_blocks * room.f_frsize <= DISK_BYTES, "this is no disk of its own")
        with self._ballast.open("wb") as ballast:
            os.posix_fallocate(ballast.fileno(), 0, room.f_bavail * room.f_frsize - left)
        try:
            yield
        finally:
            self._ballast.unlink(missing_ok=True)


def _write_batch(shop: Workspace) -> None:
    """Begin a batch, or write what is left of the one that was begun."""
    begun = list_batches(shop) or [begin_batch(shop, "untuned", Brief(), PRODUCTS)]
    write_rest(shop, begun[0], describe, Silent())


def _show(shop: Workspace) -> None:
    shown = Shown(
        secrets.token_hex(8), "visit", "me", "mug", "policy", "arm", {"arm": 1.0}, {}, ["1"]
    )
    with Feedback(shop) as feedback:
        feedback.show(shown)


def _state(shop: Workspace) -> tuple[object, ...]:
    """What the works change in a shop that is there."""
    with Feedback(shop) as feedback:
        lists = len(feedback.log())
    written = sum(len(read_rows(shop, batch)) for batch in list_batches(shop))
    products = len(shop.tables().products)
    return (
        products,
        len(shop.corrections()),
        lists,
        written,
        [run.run_id for run in list_runs(shop)],
    )


def run(folder: Path, names: list[str]) -> int:
    """Do these works, or all, at every level of the disk, and print what was found."""
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "shop", disk], check=True)
    os.environ |= {"SHOPLAB_HOME": f"{disk}/home", "SHOPLAB_MODEL_FOLDER": "/"}
    os.environ["SHOPLAB_FREE_DISK_MB"] = "0"
    full = FullDisk(disk, folder)
    met, faults = Counter[str](), []
    for name in names or full.works():
        for left in LEFT_BYTES:
            try:
                met[name] += full.meet(name, left)
            except Exception as error:
                faults.append(f"{name}, {left} bytes left: {type(error).__name__}: {error}")
                print(faults[-1], file=sys.stderr, flush=True)
        print(f"{name}: {met[name]} of {len(LEFT_BYTES)}", file=sys.stderr, flush=True)
    print(json.dumps({"met_full_disk": met, "of": len(LEFT_BYTES), "faults": faults}))
    return 1 if faults else 0


if __name__ == "__main__":
    if "--inside" not in sys.argv:
        # Only this process and its children see what is mounted, and nobody has to be root.
        alone = ["unshare", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc"]
        sys.exit(
            subprocess.run([*alone, sys.executable, __file__, "--inside", *sys.argv[1:]]).returncode
        )
    with tempfile.TemporaryDirectory(prefix="full-disk-") as name:
        code = run(Path(name), sys.argv[2:])
        subprocess.run(["umount", "--lazy", f"{name}/disk"], check=False)
    sys.exit(code)
