"""Copy for many products: kept on disk, written by a job, gone on with after any end."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine import jobs
from engine.claims import Claim
from engine.errors import Cancelled, InputError
from engine.jobs.copywriting import (
    BatchProgress,
    discard_batch,
    is_busy,
    read_progress,
    start_batch,
    write_batch,
)
from engine.jobs.job import Job
from engine.jobs.kinds import KINDS, OWN_DEVICES
from engine.jobs.store import Store
from engine.progress import Silent
from engine.storage.workspace import Workspace
from engine.tasks.describe.answers import CheckedText, DescribeAnswer, DescribeInput
from engine.tasks.describe.batch import Batch, Row, begin_batch, list_batches, read_rows
from engine.tasks.describe.batch_writing import CHUNK, write_rest
from engine.tasks.describe.brief import Brief

IDS = [f"P{n:02}" for n in range(10)]
BRIEF = Brief("ad")


class Model:
    """Writes a text that claims gold, unless the product is gone."""

    def __init__(self) -> None:
        self.questions: list[list[DescribeInput]] = []
        self.gone: set[str] = set()

    def __call__(self, inputs: list[DescribeInput]) -> list[DescribeAnswer]:
        self.questions.append(inputs)
        for item in inputs:
            if item.product_id in self.gone:
                raise InputError("describe.unknown_product", product=item.product_id)
        return [self._answer(item.product_id) for item in inputs]

    def _answer(self, name: str) -> DescribeAnswer:
        best = CheckedText(
            f"{name} 金\u2028gold", False, 1, [Claim("material", "gold", 0, 4, None)]
        )
        systems = {"template": CheckedText("else", True, 0, []), "tuned_best": best}
        return DescribeAnswer(name, name, best.text, 0.0, systems, [])

    @property
    def written(self) -> list[str]:
        return [item.product_id for inputs in self.questions for item in inputs]


class StoppedAfter(Silent):
    """Lets so many blocks of texts be written."""

    def __init__(self, blocks: int) -> None:
        self.blocks = blocks

    def check(self) -> None:
        self.blocks -= 1
        if self.blocks < 0:
            raise Cancelled


@pytest.fixture
def shop(home: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr("engine.jobs.queue.ensure_supervisor", lambda: None)
    return Workspace.create("shop")


@pytest.fixture
def model() -> Model:
    return Model()


def begun(shop: Workspace) -> Batch:
    return begin_batch(shop, "untuned", BRIEF, IDS)


def claim() -> Job:
    with Store() as store:
        job = store.claim(OWN_DEVICES["copy"])
        assert job is not None
        return job


def test_what_is_asked_for_and_what_is_written_is_on_disk(shop, model):
    batch = begun(shop)
    assert read_rows(shop, batch) == []
    write_rest(shop, batch, model, Silent())
    rows = read_rows(shop, batch)
    assert [row.product_id for row in rows] == IDS
    assert model.questions[0][0] == DescribeInput("P00", channel="ad", language="en")
    assert rows[0].seconds is not None and rows[0].seconds >= 0
    assert replace(rows[0], seconds=None) == Row(
        "P00", "P00", "P00 金\u2028gold", False, facts_used=1, unsupported=("gold",)
    )
    assert list_batches(Workspace.open("shop")) == [batch]


def test_another_workspace_sees_no_batch_and_newer_ones_stand_first(shop):
    first, second = begun(shop), begun(shop)
    assert list_batches(shop) == [second, first]
    assert not list_batches(Workspace.create("other"))


def test_a_stop_keeps_what_is_written_and_it_goes_on_from_there(shop, model):
    batch = begun(shop)
    with pytest.raises(Cancelled):
        write_rest(shop, batch, model, StoppedAfter(1))
    assert len(read_rows(shop, batch)) == CHUNK
    write_rest(shop, batch, model, Silent())
    assert model.written == IDS


def test_a_line_that_a_kill_cut_off_is_written_again(shop, model):
    batch = begun(shop)
    write_rest(shop, batch, model, Silent())
    before = read_rows(shop, batch)
    file = shop.folder / "copy" / batch.batch_id / "texts.jsonl"
    file.write_bytes(file.read_bytes()[:-7])
    assert len(read_rows(shop, batch)) == len(IDS) - 1
    write_rest(shop, batch, model, Silent())
    assert [row.text for row in read_rows(shop, batch)] == [row.text for row in before]
    assert model.written == [*IDS, IDS[-1]]


def test_a_product_that_is_gone_stops_no_other(shop, model):
    batch, model.gone = begun(shop), {"P02"}
    write_rest(shop, batch, model, Silent())
    rows = read_rows(shop, batch)
    assert [row.product_id for row in rows] == IDS
    assert [row for row in rows if row.problem] == [Row("P02", problem="describe.unknown_product")]


def test_a_batch_that_goes_meanwhile_does_not_come_back(shop, model):
    batch = begun(shop)

    def discard_then_write(inputs: list[DescribeInput]) -> list[DescribeAnswer]:
        assert discard_batch(shop, batch)
        return model(inputs)

    with pytest.raises(InputError):
        write_rest(shop, batch, discard_then_write, Silent())
    assert not list((shop.folder / "copy").iterdir())
    assert not list_batches(shop)


def test_a_batch_is_written_by_one_job_that_waits_for_no_training(shop):
    jobs.submit("shop", "search", {})
    batch = start_batch(shop, "untuned", BRIEF, IDS)
    progress = read_progress(shop, batch)
    assert (progress.state, progress.active, is_busy(shop)) == ("waiting", True, True)
    assert progress.job is not None
    assert write_batch(shop, batch) == progress.job.job_id
    assert not discard_batch(shop, batch)
    job = claim()
    assert (job.kind, job.task, job.config) == ("copy", "describe", {"batch": batch.batch_id})
    assert read_progress(shop, batch).state == "writing"
    jobs.cancel(job.job_id)
    assert read_progress(shop, batch).state == "stopping"


def test_a_stopped_batch_goes_on_in_its_job_and_a_done_one_can_be_discarded(shop, model):
    batch = start_batch(shop, "untuned", BRIEF, IDS)
    job = claim()
    with Store() as store:
        store.settle(job, "failed", "jobs.out_of_memory")
    progress = read_progress(shop, batch)
    assert (progress.state, is_busy(shop)) == ("stopped", False)
    assert write_batch(shop, batch) == job.job_id
    write_rest(shop, batch, model, Silent())
    with Store() as store:
        store.settle(claim(), "done")
    assert read_progress(shop, batch).state == "done"
    assert discard_batch(shop, batch)
    assert not list_batches(shop)
    with pytest.raises(InputError) as error:
        KINDS["copy"].work(shop, job, Silent())
    assert error.value.code == "describe.unknown_batch"


def test_what_the_queue_refuses_is_not_begun(shop, monkeypatch):
    monkeypatch.setenv("SHOPLAB_WAITING_JOBS_OF_WORKSPACE", "1")
    start_batch(shop, "untuned", BRIEF, IDS)
    with pytest.raises(InputError):
        start_batch(shop, "untuned", BRIEF, IDS)
    assert len(list_batches(shop)) == 1


def test_a_batch_from_before_there_were_jobs_for_it_opens_and_goes_on(shop, model):
    batch = begun(shop)
    folder = shop.folder / "copy" / batch.batch_id
    for name in ("lock", "stop"):
        (folder / name).touch()
    with pytest.raises(Cancelled):
        write_rest(shop, batch, model, StoppedAfter(1))
    progress = read_progress(shop, batch)
    assert progress == BatchProgress(batch, read_rows(shop, batch))
    assert progress.state == "stopped"
    write_batch(shop, batch)
    assert claim().config == {"batch": batch.batch_id}


def test_a_job_writes_with_the_model_of_the_run(shop, model, monkeypatch):
    opened: list[tuple[object, ...]] = []
    monkeypatch.setattr(
        "engine.training.evaluate.open_bundle", lambda *about: opened.append(about[:3])
    )

    class Task:
        def predict(self, bundle: object, inputs: list[DescribeInput]) -> list[DescribeAnswer]:
            return model(inputs)

    monkeypatch.setattr("engine.jobs.kinds.get_task", lambda name: Task())
    batch = start_batch(shop, "describe-1", BRIEF, IDS)
    KINDS["copy"].work(shop, claim(), Silent())
    assert opened == [(shop, "describe", "describe-1")]
    assert len(read_rows(shop, batch)) == len(IDS)
