"""The tune page in both languages, without a browser, a model or a worker."""

import re
import threading
from pathlib import Path
from typing import get_args

import pytest
from streamlit.testing.v1 import AppTest

from engine import jobs
from engine.config import PRESETS
from engine.errors import ShoplabError
from engine.jobs.store import Store
from engine.messages import LANGUAGES, engine_catalog
from engine.serving import client
from engine.serving.question import Question
from engine.settings import PROJECT
from engine.storage.sweeps import Sweep, Trial, save_sweep
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables
from engine.tasks import TASKS, get_task
from engine.training.answers import PLAN, Plan
from engine.training.sweep_outcome import say_sweep
from pages.ui.frame import i18n
from tests.runs_double import make_run, make_shop
from tests.shop_double import open_page, texts_of
from tests.waiting import LONG

EXPECTED = Plan(95.0, 1200.0, "cpu", n_train=1800, n_validation=300, n_test=250)


@pytest.fixture(autouse=True)
def no_worker(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are queued in the real store, but nobody takes them."""
    monkeypatch.setattr("engine.jobs.queue.ensure_supervisor", lambda: None)
    monkeypatch.setattr("engine.jobs.ensure_supervisor", lambda: None)


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[Question]:
    """A model process that answers each plan at once; what it was asked."""
    asked: list[Question] = []

    def ask(question: Question, timeout: float) -> Plan:
        asked.append(question)
        return EXPECTED

    monkeypatch.setattr(client, "ask", ask)
    return asked


def until_planned(app: AppTest) -> AppTest:
    """Run the page again, as its box does by itself, until the plan is there."""
    while not _is_planned(app):
        app.run()
    return clean(app)


def _is_planned(app: AppTest) -> bool:
    keys = {button.key for button in app.button}
    return "start" not in keys or bool(app.metric) or "estimate_again" in keys


def clean(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def press(app: AppTest, start_of_key: str) -> AppTest:
    """Press the one button whose key begins so."""
    (button,) = [b for b in app.button if (b.key or "").startswith(start_of_key)]
    return clean(button.click().run())


def put_job(workspace: Workspace, job_id: str, **config: object) -> None:
    with Store() as store:
        store.add(job_id, workspace.name, "intent", "train", {"preset": "quick"} | config, 100.0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plan_is_shown_before_the_start(planned: list[Question], language: str) -> None:
    shop = make_shop(language)
    app = until_planned(open_page("tune", shop, language))
    assert [metric.value for metric in app.metric] == [
        {"en": "1 min 35 s", "zh": "1 分 35 秒"}[language],
        "1.2 GB",
    ]
    assert "1,800" in texts_of(app)
    assert (planned[0].workspace, planned[0].call) == (shop.name, PLAN)
    assert planned[0].body.task == "intent"
    assert planned[0].body.config["preset"] == "quick"
    assert len(planned) == 1


def test_a_slow_plan_blocks_neither_page_nor_start(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    monkeypatch.setattr(client, "ask", lambda *_: gate.wait(LONG) and EXPECTED)
    shop = make_shop("en")
    try:
        app = clean(open_page("tune", shop))
        assert "Estimating time and memory" in texts_of(app)
        press(app, "start")
        (job,) = jobs.list_jobs(shop.name)
        assert job.state == "queued"
        assert job.predicted_seconds is None
    finally:
        gate.set()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ShoplabError("inference.busy", stage="load", done=0, total=0), "still being loaded"),
        (ValueError("secret"), "could not be estimated"),
    ],
)
def test_a_failed_plan_can_be_asked_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    answers = [error]

    def ask(*_: object) -> Plan:
        if answers:
            raise answers.pop()
        return EXPECTED

    monkeypatch.setattr(client, "ask", ask)
    app = until_planned(open_page("tune", make_shop("en")))
    assert said in texts_of(app)
    assert "secret" not in texts_of(app)
    press(app, "estimate_again")
    assert until_planned(app).metric


@pytest.mark.usefixtures("planned")
def test_the_start_queues_what_was_chosen() -> None:
    shop = make_shop("en")
    app = until_planned(open_page("tune", shop, task="intent"))
    (epochs,) = [n for n in app.number_input if n.key == "set_intent_quick_epochs"]
    clean(epochs.set_value(3).run())
    assert "Epochs = 3" in texts_of(app).replace("\\", "")
    press(until_planned(app), "start")
    (job,) = jobs.list_jobs(shop.name)
    assert (job.task, job.state, job.predicted_seconds) == ("intent", "queued", 95.0)
    usual = get_task("intent").config("quick", shop.tables()).model_dump()
    assert job.config == usual | {"epochs": 3}
    assert "Next in line" in texts_of(app)


@pytest.mark.usefixtures("planned")
def test_a_setting_out_of_bounds_is_named() -> None:
    app = until_planned(open_page("tune", make_shop("en")))
    (rate,) = [n for n in app.number_input if n.key == "set_intent_quick_learning_rate"]
    clean(rate.set_value(0.0).run())
    assert "learning_rate" in app.error[0].value.replace("\\", "")
    assert not [button for button in app.button if button.key == "start"]


@pytest.mark.usefixtures("planned")
def test_any_model_can_be_named() -> None:
    shop = make_shop("zh")
    app = until_planned(open_page("tune", shop))
    (model,) = [s for s in app.selectbox if (s.key or "").startswith("model_intent")]
    clean(model.set_value("all-MiniLM-L6-v2").run())
    assert "hardly knows" in app.warning[0].value
    (model,) = [s for s in app.selectbox if (s.key or "").startswith("model_intent")]
    clean(model.set_value("other").run())
    (name,) = [field for field in app.text_input if field.key == "model_other_intent"]
    clean(name.set_value("BAAI/bge-small-zh-v1.5").run())
    press(until_planned(app), "start")
    assert jobs.list_jobs(shop.name)[0].config["model"] == "BAAI/bge-small-zh-v1.5"


def test_a_task_without_data_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "ask", lambda *_: EXPECTED)
    app = clean(open_page("tune", make_shop("en", queries=3)))
    assert not [button for button in app.button if button.key == "start"]


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_running_training_is_shown_and_can_be_stopped(language: str) -> None:
    shop = make_shop(language)
    put_job(shop, "intent-1")
    with Store() as store:
        job = store.claim("cpu")
        store.show(job, "train", 30, 120)
        for step in range(1, 9):
            store.record(job, "point", "loss", 2.0 / step, step)
            store.record(job, "point", "macro_f1", 0.1 * step, step)
        store.record(job, "point", "predicted_seconds", 240.0, 0)
    app = clean(open_page("tune", shop, language))
    said = texts_of(app).replace("\\", "")
    assert {"en": "The loss fell from 2.000 to 0.250", "zh": "损失从 2.000 降到 0.250"}[
        language
    ] in said
    assert {"en": "best so far is 0.800", "zh": "目前最好为 0.800"}[language] in said
    assert {"en": "4 min 0 s", "zh": "4 分 0 秒"}[language] in said
    assert len(app.get("plotly_chart")) == 2
    press(app, "cancel_")
    assert jobs.get_job("intent-1").cancel is not None
    assert not [b for b in app.button if (b.key or "").startswith("cancel_")]


@pytest.mark.usefixtures("planned")
def test_the_curve_follows_what_is_new() -> None:
    shop = make_shop("en")
    put_job(shop, "intent-1")
    with Store() as store:
        job = store.claim("cpu")
        store.record(job, "point", "loss", 2.0, 1)
        app = clean(open_page("tune", shop))
        assert "The loss is 2.000" in texts_of(app).replace("\\", "")
        for step in range(2, 7):
            store.record(job, "point", "loss", 3.0, step)
        clean(app.run())
    assert "The loss went from 2.000 to 3.000" in texts_of(app).replace("\\", "")


@pytest.mark.usefixtures("planned")
def test_out_of_memory_offers_a_smaller_batch() -> None:
    shop = make_shop("en")
    put_job(shop, "intent-1", batch_size=32)
    with Store() as store:
        store.settle(store.claim("cpu"), "failed", "jobs.out_of_memory")
    app = clean(open_page("tune", shop))
    assert "ran out of memory" in app.error[0].value
    press(app, "smaller_")
    newest = jobs.list_jobs(shop.name)[0]
    assert (newest.config["batch_size"], newest.state) == (16, "queued")


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize("kept", [True, False])
def test_a_stopped_training_goes_on(kept: bool) -> None:
    shop = make_shop("en")
    put_job(shop, "intent-1")
    if kept:
        folder = shop.folder / "runs" / ".intent-1" / "checkpoints" / "checkpoint-10"
        folder.mkdir(parents=True)
        (folder / "trainer_state.json").write_text("{}")
    jobs.cancel("intent-1")
    app = clean(open_page("tune", shop))
    labels = [button.label for button in app.button if (button.key or "").startswith("resume_")]
    assert labels == ["Resume from the last checkpoint" if kept else "Start again"]
    press(app, "resume_")
    assert jobs.get_job("intent-1").state == "queued"


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_training_that_ends_says_what_it_brought(language: str) -> None:
    shop = make_shop(language)
    put_job(shop, "intent-1")
    app = clean(open_page("tune", shop, language))
    make_run(shop, "intent", "intent-1", skill=0.95)
    with Store() as store:
        store.settle(store.claim("cpu"), "done")
    clean(app.run())
    assert {"en": "Tuning helped", "zh": "调优有效"}[language] in app.success[0].value
    assert len(app.dataframe) == 1


@pytest.mark.usefixtures("planned")
def test_values_of_a_setting_are_queued_as_one_job() -> None:
    shop = make_shop("en")
    app = until_planned(open_page("tune", shop, task="intent"))
    (setting,) = [box for box in app.selectbox if box.key == "sweep_setting_intent"]
    assert not {"seed", "preset", "train_share"} & set(setting.options)
    clean(setting.set_value("epochs").run())
    (values,) = [box for box in app.text_input if box.key == "sweep_values_intent_epochs"]
    clean(values.set_value("2, none").run())
    press(app, "queue_sweep")
    assert "epochs" in app.error[0].value
    (values,) = [box for box in app.text_input if box.key == "sweep_values_intent_epochs"]
    clean(values.set_value("2, 4，8").run())
    press(app, "queue_sweep")
    (job,) = jobs.list_jobs(shop.name)
    assert (job.kind, job.task, job.config["grid"]) == (
        "sweep",
        "intent",
        {"epochs": ["2", "4", "8"]},
    )
    assert job.config["preset"] == "quick"
    assert "several settings" in texts_of(app)


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sweep_that_ends_says_what_was_luck(language: str) -> None:
    shop = make_shop(language)
    with Store() as store:
        store.add("intent-1", shop.name, "intent", "sweep", {"grid": {"epochs": ["2", "4"]}})
    app = clean(open_page("tune", shop, language))
    make_run(shop, "intent", "intent-1", skill=0.95)
    trials = tuple(
        Trial({"epochs": str(n)}, "tuned_tfidf", value, value - 0.1, value + 0.1)
        for n, value in ((2, 0.70), (4, 0.72))
    )
    sweep = Sweep("intent-1", "intent", 1.0, "macro_f1", trials, 0, 0.01, 0.013, 60)
    save_sweep(shop, sweep)
    with Store() as store:
        store.settle(store.claim("cpu"), "done")
    clean(app.run())
    assert say_sweep(sweep, language) in texts_of(app).replace("\\", "")
    assert app.dataframe[0].value["value"].tolist() == [0.70, 0.72]
    assert app.success


@pytest.mark.usefixtures("planned")
def test_runs_show_before_and_after() -> None:
    shop = make_shop("en")
    good = make_run(shop, "intent", "good", skill=0.95)
    make_run(shop, "search", "bad", skill=0.2)
    rows = clean(open_page("tune", shop)).dataframe[0].value.set_index("task")
    shown = rows.loc["Search intent: understand queries"]
    assert shown["after"] == good.after["macro_f1"]
    assert shown["before"] == good.before["macro_f1"]
    assert shown["verdict"] == "better"
    assert rows.loc["Search: find the right products", "verdict"] != "better"


def test_the_place_follows_the_turns_of_workspaces() -> None:
    one, two = make_shop("en"), make_shop("en")
    for job_id in ("a1", "a2", "a3"):
        put_job(one, job_id)
    put_job(two, "b1")
    with Store() as store:
        assert store.claim("cpu").job_id == "a1"
        order = ["b1", "a2", "a3"]
        assert [jobs.find_place(store.get(job_id)).ahead for job_id in order] == [1, 2, 3]
        for job_id in order:
            assert store.claim(f"device {job_id}").job_id == job_id


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_waiting_job_says_its_place_and_when_it_will_start(language: str) -> None:
    mine, other = make_shop(language), make_shop(language)
    with Store() as store:
        store.add("running", other.name, "intent", "train", {}, 100_000.0)
        store.claim("cpu")
    put_job(other, "before")
    put_job(mine, "waiting")
    texts = i18n.catalog().texts[language]
    wait = texts["tune.hours"].format(n=27, rest=46)
    shown = texts_of(clean(open_page("tune", mine, language)))
    assert texts["job.ahead"].format(n=1) in shown
    assert texts["job.wait"].format(wait=wait) in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_more_waiting_jobs_than_the_host_allows_are_refused(
    planned: list[Question], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPLAB_WAITING_JOBS_OF_WORKSPACE", "1")
    workspace = make_shop(language)
    put_job(workspace, "waiting")
    app = press(until_planned(clean(open_page("tune", workspace, language))), "start")
    refusal = engine_catalog().say("jobs.workspace_waits", language, most=1)
    assert i18n.escape(refusal) in texts_of(app)
    assert len(jobs.list_jobs(workspace.name)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_and_choice_has_its_words(language: str) -> None:
    texts = engine_catalog().texts[language]
    for task in TASKS:
        for preset in PRESETS:
            config = get_task(task).config(preset, Tables({}, language))
        for name, field in type(config).model_fields.items():
            assert texts[f"config.{name}.name"]
            assert texts[f"config.{name}.help"]
            for choice in get_args(field.annotation):
                assert texts[f"config.choices.{name}.{choice}"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_stage_has_its_words(language: str) -> None:
    texts = engine_catalog().texts[language]
    sources = "".join(file.read_text("utf-8") for file in (PROJECT / "engine").rglob("*.py"))
    stages = set(re.findall(r'\bstage\("(\w+)"', sources))
    assert {"train", "measure", "dataset"} <= stages
    assert {stage for stage in stages if f"training.stages.{stage}" not in texts} == set()
