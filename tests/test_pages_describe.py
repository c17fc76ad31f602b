"""The copy page in both languages, over a double of the model process and a real endpoint."""

import threading
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine import jobs
from engine.errors import Cancelled, ShoplabError
from engine.jobs.kinds import OWN_DEVICES
from engine.jobs.store import Store
from engine.serving import client
from engine.serving.question import Question
from engine.storage.workspace import Workspace
from engine.tasks.describe import batch as batches
from engine.tasks.describe import batch_writing
from engine.tasks.describe.answers import DescribeAnswer, DescribeInput
from engine.tasks.describe.batch import open_batch
from engine.tasks.describe.batch_writing import write_rest
from engine.tasks.describe.brief import Brief
from pages.ui.frame import i18n
from tests.doubles.describe import Writer
from tests.doubles.pipe import reply_each
from tests.runs_double import finish_run
from tests.shop_double import HOSTILE, clean, open_page, said_on, small_shop, whole
from tests.test_copywriting_batch import StoppedAfter
from tests.test_endpoint import KEY, Handler, Server


class FakeWriters:
    """Stands where `engine.serving.client.ask` does; answers go through the codec."""

    def __init__(self, workspace: Workspace) -> None:
        self.writer = Writer(workspace.tables())

    def ask(self, question: Question[Any, Any], timeout: float = 60, on_text: Any = None) -> Any:
        if on_text:
            on_text("It is")
        return reply_each(question, getattr(self.writer, question.call.verb))


def described(language: str = "en") -> Workspace:
    shop = small_shop(language)
    reviews = pd.DataFrame(
        {"product_id": "P00", "text": ["Fits well.", "Leaks."], "rating": [5.0, 1.0]}
    )
    frames = dict(shop.tables().frames) | {"reviews": whole("reviews", reviews)}
    shop.replace_tables(frames, {})
    return shop


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def shop(home, language: str, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    workspace = described(language)
    monkeypatch.setattr(client, "ask", FakeWriters(workspace).ask)
    return workspace


def show(shop: Workspace, language: str, view: str = "one", **link: str) -> AppTest:
    app = open_page("describe", shop, language, **link)
    app.session_state["describe_view"] = i18n.catalog().say(f"describe.views.{view}", language)
    return clean(app.run())


def press(app: AppTest, key: str) -> AppTest:
    return clean(app.button(key=key).click().run())


def test_nothing_is_written_before_it_is_asked_for(shop, language) -> None:
    app = show(shop, language)
    assert app.title[0].value == {"en": "Product copy", "zh": "商品文案"}[language]
    assert not app.get("dataframe")


def test_texts_stand_side_by_side_with_their_claims_marked(shop, language) -> None:
    app = press(show(shop, language, product="P00"), "write")
    said = said_on(app)
    assert "Rain jacket" in said
    assert "✗ gold" in said
    assert "✓" in said
    assert {"en": "1 of the 2 texts", "zh": "2 条文案中有 1 条"}[language] in said
    assert i18n.catalog().say("runs.none", language) in said


def test_the_tuned_model_writes_too_and_its_best_can_be_asked_for(shop, language) -> None:
    finish_run(shop, "describe", recommended="tuned_best")
    app = press(show(shop, language, product="P00"), "write")
    assert "best" in [button.key for button in app.button]
    before = len(app.get("subheader"))
    app = press(app, "best")
    assert len(app.get("subheader")) == before + 1


def test_hostile_titles_are_shown_letter_by_letter(shop, language) -> None:
    app = press(show(shop, language, product="P23"), "write")
    assert HOSTILE in said_on(app).replace("✓ ", "").replace("✗ ", "") or "HYPERLINK" in said_on(
        app
    )
    for markdown in app.markdown:
        assert "<img" not in markdown.value.replace("\\<img", "")
        assert not markdown.allow_html


def test_reviews_are_summed_up(shop, language) -> None:
    app = press(show(shop, language, "reviews", product="P00"), "sum")
    assert len(app.get("subheader")) == 2
    app = show(shop, language, "reviews", product="P01")
    assert not [button for button in app.button if button.key == "sum"]


@pytest.fixture
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody does the jobs but `write`."""
    monkeypatch.setattr("engine.jobs.queue.ensure_supervisor", lambda: None)
    monkeypatch.setattr("engine.jobs.ensure_supervisor", lambda: None)


def write(shop: Workspace, blocks: int = 100) -> None:
    """What a worker does with the batch whose turn it is, until it is stopped."""
    writer = Writer(shop.tables())
    with Store() as store:
        job = store.claim(OWN_DEVICES["copy"])
        assert job is not None
        batch = open_batch(shop, job.config["batch"])

        def predict(inputs: list[DescribeInput]) -> list[DescribeAnswer]:
            return [writer.predict(item, batch.run_id) for item in inputs]

        try:
            write_rest(shop, batch, predict, StoppedAfter(blocks))
        except Cancelled:
            store.settle(job, "cancelled")
        else:
            store.settle(job, "done")


def test_many_products_are_written_and_another_tab_finds_them(no_worker, shop, language) -> None:
    app = press(show(shop, language, "batch"), "batch_start")
    assert i18n.catalog().say("job.next", language) in said_on(app)
    write(shop)
    app = clean(app.run())
    said = {"en": "0 of 8 texts", "zh": "8 条文案中有 0 条"}[language]
    assert said in said_on(app)
    again = show(shop, language, "batch")
    assert said in said_on(again)
    (table,) = again.get("dataframe")
    assert list(table.value["product_id"]) == [f"P{n:02}" for n in range(8)]
    assert set(table.value["unsupported"]) == {"gold"}
    assert again.get("download_button")
    other = Workspace.create("other", language)
    other.replace_tables(dict(shop.tables().frames), {})
    assert not show(other, language, "batch").get("dataframe")


def test_a_batch_is_watched_stopped_gone_on_with_and_discarded(no_worker, shop, language) -> None:
    say = i18n.catalog().say
    app = press(show(shop, language, "batch"), "batch_start")
    (job,) = jobs.list_jobs(shop.name)
    with Store() as store:
        claimed = store.claim(OWN_DEVICES["copy"])
        assert claimed is not None
        app = clean(app.run())
        assert say("describe.batch.writing", language) in said_on(app)
        other = show(shop, language, "batch")
        assert other.button(key="batch_start").disabled
        other = press(other, f"stop_{job.job_id}")
        assert say("job.stopping", language) in said_on(other)
        store.settle(claimed, "cancelled")
    jobs.resume(job.job_id)
    write(shop, blocks=1)
    app = clean(app.run())
    left = 8 - batch_writing.CHUNK
    assert app.button(key="batch_go_on").label == say("describe.batch.go_on", language, n=left)
    app = press(app, "batch_go_on")
    write(shop)
    app = clean(app.run())
    assert len(app.get("dataframe")[0].value) == 8
    app = press(app, "batch_discard")
    assert not app.get("dataframe")
    assert not batches.list_batches(shop)


def test_a_batch_that_an_error_stopped_says_why(no_worker, shop, language) -> None:
    app = press(show(shop, language, "batch"), "batch_start")
    with Store() as store:
        claimed = store.claim(OWN_DEVICES["copy"])
        assert claimed is not None
        store.settle(claimed, "failed", "jobs.crashed", {"error": "<b>x</b>"})
    app = clean(app.run())
    assert i18n.escape("<b>x</b>") in app.error[0].value
    assert app.button(key="batch_go_on")


def test_a_product_that_left_the_catalog_is_told_in_its_row(shop, language) -> None:
    batch = batches.begin_batch(shop, "untuned", Brief("ad"), ["P00"])
    file = shop.folder / "copy" / batch.batch_id / "texts.jsonl"
    file.write_text('{"product_id": "P00", "problem": "describe.unknown_product"}\n')
    app = show(shop, language, "batch")
    expected = ShoplabError("describe.unknown_product", product="P00").message(language)
    assert app.get("dataframe")[0].value["unsupported"][0] == expected


def test_an_endpoint_writes_and_its_key_stays_in_memory(shop, language, caplog) -> None:
    caplog.set_level(0)
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.reply = lambda handler: handler.document("Rain jacket 0 by Acme, for 99 euros.")
    app = show(shop, language, "endpoint", product="P00")
    app.text_input(key="describe_endpoint_url_field").set_value(server.url)
    app.text_input(key="describe_endpoint_model_field").set_value("tiny")
    app.text_input(key="describe_endpoint_key_field").set_value(KEY)
    app = press(app, "endpoint_write")
    said = said_on(app)
    assert "✗ 99" in said
    assert "Acme" in said
    assert KEY not in said
    _, body, headers = server.seen[0]
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert "Rain jacket 0" in body["messages"][1]["content"]
    assert KEY not in caplog.text
    for file in shop.folder.parent.parent.rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes()
    server.shutdown()
    server.server_close()


def test_an_endpoint_that_is_not_there_is_an_error_in_words(shop, language) -> None:
    app = show(shop, language, "endpoint", product="P00")
    app.text_input(key="describe_endpoint_url_field").set_value("http://127.0.0.1:9/v1")
    app.text_input(key="describe_endpoint_model_field").set_value("tiny")
    app = press(app, "endpoint_write")
    assert app.error
    assert not app.exception
    assert "describe.endpoint" not in said_on(app)


def test_a_lying_endpoint_breaks_nothing(shop, language) -> None:
    def reply(handler: Handler) -> None:
        handler.start(kind="text/html")
        handler.say("<html><script>alert(1)</script>")

    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.reply = reply
    app = show(shop, language, "endpoint", product="P00")
    app.text_input(key="describe_endpoint_url_field").set_value(server.url)
    app.text_input(key="describe_endpoint_model_field").set_value("tiny")
    app = press(app, "endpoint_write")
    assert app.error
    assert "<script>" not in said_on(app)
    server.shutdown()
    server.server_close()
