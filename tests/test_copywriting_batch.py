"""Copy for many products: kept on disk, written by one at a time, gone on with after any end."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from engine.claims import Claim
from engine.errors import InputError, ShoplabError
from engine.storage.workspace import Workspace
from engine.tasks.describe import batch as batches
from engine.tasks.describe.answers import CheckedText, DescribeAnswer, DescribeInput
from engine.tasks.describe.batch import Batch, BatchProgress, Row
from engine.tasks.describe.batch_writing import CHUNK, write_on
from engine.tasks.describe.brief import Brief
from tests.waiting import LONG, until

IDS = [f"P{n:02}" for n in range(10)]
BRIEF = Brief("ad")


class Model:
    """Writes a text that claims gold; waits at a gate where it has one, and may raise first."""

    def __init__(self) -> None:
        self.asked: list[list[DescribeInput]] = []
        self.errors: list[ShoplabError] = []
        self.gone: set[str] = set()
        self.gate: threading.Semaphore | None = None

    def __call__(self, items: list[DescribeInput]) -> list[DescribeAnswer]:
        self.asked.append(items)
        if self.gate:
            assert self.gate.acquire(timeout=LONG)
        if self.errors:
            raise self.errors.pop(0)
        for item in items:
            if item.product_id in self.gone:
                raise InputError("describe.unknown_product", product=item.product_id)
        return [self._answer(item.product_id) for item in items]

    def _answer(self, name: str) -> DescribeAnswer:
        best = CheckedText(
            f"{name} 金\u2028gold", False, 1, [Claim("material", "gold", 0, 4, None)]
        )
        systems = {"template": CheckedText("else", True, 0, []), "tuned_best": best}
        return DescribeAnswer(name, name, best.text, 0.0, systems, [])

    @property
    def written(self) -> list[str]:
        return [item.product_id for items in self.asked for item in items]


@pytest.fixture
def shop(home) -> Workspace:
    return Workspace.create("shop")


@pytest.fixture
def model() -> Iterator[Model]:
    model = Model()
    yield model
    if model.gate:
        model.gate.release(100)


def begun(shop: Workspace) -> Batch:
    return batches.begin_batch(shop, "untuned", BRIEF, IDS)


def ended(shop: Workspace, batch: Batch) -> BatchProgress:
    until(lambda: not batches.is_written(shop, batch))
    return batches.look_at(shop, batch)


def test_what_is_asked_for_and_what_is_written_is_on_disk(shop, model):
    batch = begun(shop)
    assert batches.look_at(shop, batch) == BatchProgress("stopped", [], None)
    assert write_on(shop, batch, model)
    progress = ended(shop, batch)
    assert progress.state == "done"
    assert [row.product_id for row in progress.rows] == IDS
    assert model.asked[0][0] == DescribeInput("P00", channel="ad", language="en")
    row = progress.rows[0]
    assert row.seconds is not None and row.seconds >= 0
    assert replace(row, seconds=None) == Row(
        "P00", "P00", "P00 金\u2028gold", False, facts_used=1, unsupported=("gold",)
    )
    assert batches.list_batches(Workspace.open("shop")) == [batch]


def test_another_workspace_sees_no_batch_and_newer_ones_stand_first(shop):
    first, second = begun(shop), begun(shop)
    assert batches.list_batches(shop) == [second, first]
    assert not batches.list_batches(Workspace.create("other"))


def test_two_never_write_the_same_batch(shop, model):
    batch, model.gate = begun(shop), threading.Semaphore(0)
    assert write_on(shop, batch, model)
    assert not write_on(shop, batch, model)
    assert not batches.discard(shop, batch)
    assert batches.look_at(shop, batch).state == "writing"
    model.gate.release(100)
    assert ended(shop, batch).state == "done"
    assert model.written == IDS


def test_a_stop_keeps_what_is_written_and_it_goes_on_from_there(shop, model):
    batch, model.gate = begun(shop), threading.Semaphore(0)
    write_on(shop, batch, model)
    until(lambda: bool(model.asked))
    batches.ask_to_stop(shop, batch)
    assert batches.look_at(shop, batch).state == "stopping"
    model.gate.release(100)
    progress = ended(shop, batch)
    assert progress.state == "stopped"
    assert len(progress.rows) == CHUNK
    assert write_on(shop, batch, model)
    assert ended(shop, batch).state == "done"
    assert model.written == IDS


def test_a_line_that_a_crash_cut_off_is_written_again(shop, model):
    batch = begun(shop)
    write_on(shop, batch, model)
    before = ended(shop, batch).rows
    file = shop.folder / "copy" / batch.batch_id / "texts.jsonl"
    file.write_bytes(file.read_bytes()[:-7])
    assert len(batches.look_at(shop, batch).rows) == len(IDS) - 1
    write_on(shop, batch, model)
    after = ended(shop, batch).rows
    assert [row.text for row in after] == [row.text for row in before]
    assert model.written == [*IDS, IDS[-1]]


def test_an_error_stops_it_and_says_why_until_it_goes_on(shop, model):
    batch = begun(shop)
    model.errors = [ShoplabError("inference.died", status=-9, log="x.log")]
    write_on(shop, batch, model)
    progress = ended(shop, batch)
    assert progress.state == "stopped"
    assert progress.failure is not None
    assert "x.log" in progress.failure.message("zh")
    write_on(shop, batch, model)
    progress = ended(shop, batch)
    assert (progress.state, progress.failure) == ("done", None)


def test_a_model_that_is_being_prepared_is_asked_again(shop, model):
    batch = begun(shop)
    model.errors = [ShoplabError("inference.busy", stage="load", done=0, total=0)] * 3
    write_on(shop, batch, model)
    assert ended(shop, batch).state == "done"
    assert len(model.asked) == 3 + -(-len(IDS) // CHUNK)


def test_a_product_that_is_gone_stops_no_other(shop, model):
    batch, model.gone = begun(shop), {"P02"}
    write_on(shop, batch, model)
    progress = ended(shop, batch)
    assert progress.state == "done"
    assert [row.product_id for row in progress.rows] == IDS
    assert [row for row in progress.rows if row.problem] == [
        Row("P02", problem="describe.unknown_product")
    ]


def test_what_is_discarded_is_gone_and_nobody_writes_it(shop, model):
    batch = begun(shop)
    assert batches.discard(shop, batch)
    assert not batches.list_batches(shop)
    assert not list((shop.folder / "copy").iterdir())
    assert not write_on(shop, batch, model)
    assert not batches.discard(shop, batch)
    batches.ask_to_stop(shop, batch)
    assert not batches.is_written(shop, batch)


def test_a_workspace_that_is_deleted_meanwhile_does_not_come_back(shop, model):
    batch, model.gate = begun(shop), threading.Semaphore(0)
    model.errors = [InputError("workspace.unknown", name="shop")]
    write_on(shop, batch, model)
    until(lambda: bool(model.asked))
    shop.delete()
    before = threading.active_count()
    model.gate.release(100)
    until(lambda: threading.active_count() < before)
    assert not shop.folder.exists()
