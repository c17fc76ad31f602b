"""The compare page in both languages, over runs made without a model."""

import dataclasses
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine import jobs
from engine.evaluation.compare import metric_interval, paired_interval
from engine.evaluation.heldout import systems_of
from engine.messages import LANGUAGES
from engine.storage.learning_curves import CurvePoint, LearningCurve, save_curve
from engine.storage.runs import Run, load_heldout
from engine.storage.workspace import Workspace
from engine.training.curve_outcome import CurveOutcome, say_curve
from engine.training.outcome import outcome
from pages.ui.parts import download
from pages.ui.training.comparison import compare
from pages.ui.training.outcome import reasons, sentence
from tests.runs_double import make_run, make_shop
from tests.shop_double import open_page, texts_of

TITLES = {"en": "Is the tuned model really better?", "zh": "调优后真的更好吗？"}


@pytest.fixture(autouse=True)
def state(home: Path) -> None:
    """Every test has a state folder of its own."""


def clean(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    boxes = [*app.success, *app.warning, *app.error]
    return "\n".join([texts_of(app), *(box.value for box in boxes)]).replace("\\", "")


def choose(app: AppTest, start_of_key: str, value: object) -> AppTest:
    (box,) = [s for s in app.selectbox if (s.key or "").startswith(start_of_key)]
    assert len(set(box.options)) == len(box.options)
    return clean(box.set_value(value).run())


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_runs_the_page_leads_to_tune(language: str) -> None:
    app = clean(open_page("compare", make_shop(language), language))
    assert app.title[0].value == TITLES[language]
    assert {"en": "Nothing to compare yet", "zh": "还没有可以对比的内容"}[language] in said(app)
    assert not app.get("plotly_chart")


def test_the_page_opens_on_the_task_that_was_trained_last() -> None:
    shop = make_shop("en")
    make_run(shop, "search", "search-1", skill=0.95)
    app = clean(open_page("compare", shop, "en"))
    assert app.session_state["task"] == "search"
    assert app.get("plotly_chart")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("task", ["intent", "search"])
def test_a_run_against_its_baselines(language: str, task: str) -> None:
    shop = make_shop(language)
    run = make_run(shop, task, f"{task}-1", skill=0.95)
    app = clean(open_page("compare", shop, language, task=task))
    assert {"en": "Tuning helped", "zh": "调优有效"}[language] in app.success[0].value
    assert len(app.get("plotly_chart")) == (3 if task == "search" else 2)
    assert f"{run.after[run.primary_metric]:.3f}" in said(app)
    assert len(app.dataframe) == 3


def test_search_examples_show_titles_as_plain_text() -> None:
    shop = make_shop("en")
    make_run(shop, "search", "search-1")
    app = clean(open_page("compare", shop, "en", task="search"))
    row = app.dataframe[0].value.iloc[0]
    assert row["hybrid_tuned"].startswith("Red *kettle* ")
    assert row["hybrid_tuned"].count(" | ") == 2
    assert row["change"] > 0
    assert row["relevant"].count(" | ") == 0


@pytest.mark.parametrize(("language", "label"), [("en", "Browse a category"), ("zh", "浏览类目")])
def test_intent_examples_show_truth_and_answers(language: str, label: str) -> None:
    shop = make_shop(language)
    make_run(shop, "intent", "intent-1")
    app = clean(open_page("compare", shop, language))
    rows = app.dataframe[0].value
    assert label in set(rows["truth"])
    assert (rows["truth"] == rows["tuned_tfidf"]).all()
    assert (rows["truth"] != rows["untuned"]).all()


def test_wins_losses_and_ties_add_up() -> None:
    shop = make_shop("en")
    make_run(shop, "intent", "intent-1", rows=60)
    app = clean(open_page("compare", shop))
    counts = []
    for outcome_name in ("win", "loss", "tie"):
        (control,) = [c for c in app.get("button_group") if (c.key or "").startswith("outcome_")]
        clean(control.set_value(outcome_name).run())
        counts.append(len(app.dataframe[0].value))
    assert sum(counts) == 60
    assert min(counts) > 0


def test_two_runs_on_the_same_data() -> None:
    shop = make_shop("en")
    make_run(shop, "intent", "weak", skill=0.5, rows=120, epochs=4)
    make_run(shop, "intent", "strong", skill=0.98, rows=120)
    app = choose(clean(open_page("compare", shop)), "second_", "weak")
    assert "Run A is better" in app.success[0].value
    found = "\n".join(str(frame.value) for frame in app.dataframe)
    assert "Tuned + TF-IDF (A)" in found
    settings = app.dataframe[-1].value.set_index("setting")
    assert settings.loc["Epochs"].to_list() == ["2", "4"]
    assert list(settings.index) == ["Epochs"]


def test_runs_on_different_data_are_refused_with_the_reason() -> None:
    shop = make_shop("en")
    make_run(shop, "intent", "old", rows=50)
    make_run(shop, "intent", "new", rows=60)
    app = choose(clean(open_page("compare", shop)), "second_", "old")
    assert "different held-out data" in app.error[0].value.replace("\\", "")
    assert len(app.get("plotly_chart")) == 2


def test_the_comparison_is_that_of_the_engine() -> None:
    shop = make_shop("en")
    run = make_run(shop, "intent", "intent-1")
    heldout = load_heldout(shop, "intent-1")
    found = compare(shop, run)
    for system in systems_of(heldout):
        value, low, high = metric_interval(heldout, system)
        assert found.measured.loc[system].to_list() == [value, low, high]
        assert low <= value <= high
    assert found.measured["value"].is_monotonic_decreasing
    assert found.against["tfidf"] == paired_interval(heldout, run.recommended, "tfidf")
    assert found.measured.loc["tfidf", "value"] == pytest.approx(run.baselines["tfidf"]["macro_f1"])


@pytest.mark.parametrize("skill", [0.95, 0.65, 0.05])
def test_the_sentence_says_which_way_it_went(skill: float) -> None:
    shop = make_shop("en")
    run = make_run(shop, "intent", "intent-1", skill=skill, n_train=90)
    verdict = {0.95: "better", 0.65: "unclear", 0.05: "worse"}[skill]
    assert outcome(run).verdict == verdict
    start = {"better": "Tuning helped", "unclear": "It is not clear", "worse": "Tuning did not"}
    assert sentence(run).startswith(start[verdict])
    assert bool(reasons(run)) == (verdict != "better")


def test_tuning_helped_only_if_every_baseline_is_beaten() -> None:
    shop = make_shop("en")
    run = make_run(shop, "intent", "intent-1", skill=0.95)
    close = {"against": dict(run.paired["against"])}
    close["against"]["majority"] = {"delta": 0.3, "low": -0.01, "high": 0.6}
    found = outcome(dataclasses.replace(run, paired=close))
    assert (found.verdict, found.baseline) == ("unclear", "majority")
    close["against"]["tfidf"] = {"delta": -0.1, "low": -0.15, "high": -0.05}
    close["against"]["majority"]["low"] = -0.3
    found = outcome(dataclasses.replace(run, paired=close))
    assert (found.verdict, found.baseline) == ("worse", "tfidf")
    alone = dataclasses.replace(run, recommended="tfidf")
    assert outcome(alone).verdict == "baseline"
    assert "needs no tuning" in sentence(alone)


def test_an_order_that_knows_the_places_is_no_rival_and_the_verdict_says_so() -> None:
    run = dataclasses.replace(make_run(make_shop("en"), "search", "search-1"), task="interest")
    baselines = dict.fromkeys(("clicked", "shown"), run.before)
    against = {
        "clicked": {"delta": 0.1, "low": 0.05, "high": 0.15},
        "shown": {"delta": -0.1, "low": -0.15, "high": -0.05},
    }
    run = dataclasses.replace(run, baselines=baselines, paired={"against": against})
    assert (outcome(run).verdict, outcome(run).baseline) == ("better", "clicked")
    assert "every baseline that it can fairly be compared with" in sentence(run)


def test_the_download_disarms_formulas() -> None:
    shop = make_shop("en")
    make_run(shop, "intent", "intent-1")
    text = download.csv_bytes(load_heldout(shop, "intent-1")).decode("utf-8-sig")
    assert "'=query 0" in text
    app = clean(open_page("compare", shop))
    assert len(app.get("download_button")) == 1


def keep_curve(shop: Workspace, run: Run) -> LearningCurve:
    points = tuple(
        CurvePoint(
            share,
            round(share * run.n_train),
            run.recommended,
            {run.recommended: (v, v - 0.02, v + 0.02), "tfidf": (0.85, 0.83, 0.87)},
            9.0,
        )
        for share, v in ((0.12, 0.5), (0.25, 0.6), (0.5, 0.68), (1.0, 0.74))
    )
    about = ("intent-c", run.task, 1.0, run.config, run.primary_metric, run.recommended, "tfidf")
    behind = {"delta": -0.11, "low": -0.14, "high": -0.08}
    curve = LearningCurve(*about, behind, points, run.n_test, shop.tables().fingerprint, 36.0)
    save_curve(shop, curve)
    return curve


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_learning_curve_says_what_more_labels_bring_and_cost(language: str) -> None:
    shop = make_shop(language)
    run = make_run(shop, "intent", "intent-1")
    curve = keep_curve(shop, run)
    app = clean(open_page("compare", shop, language, task="intent"))
    assert len(app.get("plotly_chart")) == 3
    for line in say_curve(CurveOutcome(curve), language):
        assert line in said(app)
    before = [metric.value for metric in app.metric]
    (seconds,) = [box for box in app.number_input if box.key == "label_seconds"]
    clean(seconds.set_value(600.0).run())
    after = [metric.value for metric in app.metric]
    # Labelling costs 40 times as much, and brings the same.
    assert after[:2] == before[:2]
    assert after[2] != before[2]


def test_a_curve_is_queued_with_the_settings_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.jobs.queue.ensure_supervisor", lambda: None)
    monkeypatch.setattr("engine.jobs.ensure_supervisor", lambda: None)
    shop = make_shop("en")
    run = make_run(shop, "intent", "intent-1", epochs=3)
    app = clean(open_page("compare", shop, "en", task="intent"))
    (start,) = [button for button in app.button if button.key == "measure_curve"]
    clean(start.click().run())
    (job,) = jobs.list_jobs(shop.name)
    assert (job.kind, job.task, job.state) == ("curve", "intent", "queued")
    assert job.config == run.config | {"train_share": 1.0}
    assert "learning curve" in said(app)
    assert not [button for button in app.button if button.key == "measure_curve"]
