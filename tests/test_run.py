"""One training from tables to record, for every task, on a shop that trains in a moment."""

import json
import math
from pathlib import Path

import pandas as pd
import pytest

from engine.errors import InputError
from engine.evaluation.heldout import systems_of
from engine.evaluation.heldout import test_fingerprint as fingerprint
from engine.jobs.kinds import KINDS
from engine.jobs.store import Store
from engine.progress import Silent
from engine.simulation.tiny_shop import (
    NAMES,
    tiny_catalog,
    tiny_frames,
    tiny_orders,
    tiny_pages,
    tiny_reviews,
)
from engine.storage.runs import list_runs, load_heldout, load_run, run_folder
from engine.tasks import TASKS
from engine.training.evaluate import evaluate_file, evaluate_heldout, open_bundle
from engine.training.run import plan_run, train_run
from tests.tiny_shop import tiny_workspace
from tests.trained_shop import TrainedShop, trained_on

KEYS = {
    "run_id", "task", "model", "device", "primary_metric", "before", "after", "baselines", "paired",
    "n_train", "n_validation", "n_test", "data_fingerprint", "seconds", "examples_per_second",
    "peak_rss_mb", "predicted_seconds",
}  # fmt: skip


trained = trained_on(TASKS)


def test_the_record_holds_what_the_command_line_promises(trained: TrainedShop) -> None:
    found = json.loads(json.dumps(trained.run.as_json(), allow_nan=False))
    assert found.keys() >= KEYS
    for name in ("seconds", "examples_per_second", "peak_rss_mb", "predicted_seconds"):
        assert found[name] > 0
    assert found["n_train"] > found["n_test"] > 0
    assert found["config"]["epochs"] == trained.changes["epochs"]


def test_before_is_untuned_and_after_is_what_the_app_recommends(trained: TrainedShop) -> None:
    run = trained.run
    assert run.after == (run.baselines | run.systems)[run.recommended]
    assert run.before == run.baselines["untuned"]
    assert "tuned" in run.systems
    assert not set(run.systems) & set(run.baselines)
    assert 0 <= run.after[run.primary_metric] <= 1


def test_the_recommended_system_is_compared_with_every_other(trained: TrainedShop) -> None:
    run = trained.run
    against = run.paired["against"]
    assert set(against) == {*run.baselines, *run.systems} - {run.recommended}
    for name, found in against.items():
        other = (run.baselines | run.systems)[name]
        delta = run.after[run.primary_metric] - other[run.primary_metric]
        assert found["delta"] == pytest.approx(delta, abs=1e-6)
        assert found["low"] <= found["high"]


def test_the_held_out_answers_are_kept(trained: TrainedShop) -> None:
    heldout = load_heldout(trained.workspace, trained.run.run_id)
    assert {*systems_of(heldout)} == {*trained.run.baselines, *trained.run.systems}
    assert heldout["example_id"].nunique() == trained.run.n_test
    assert fingerprint(heldout) == trained.run.test_fingerprint


def test_the_run_can_be_listed_and_read_again(trained: TrainedShop) -> None:
    assert trained.run in list_runs(trained.workspace, trained.run.task)
    assert load_run(trained.workspace, trained.run.run_id) == trained.run
    folder = run_folder(trained.workspace, trained.run.run_id)
    assert not (folder / "checkpoints").exists()
    assert not list(folder.parent.glob(f".{trained.run.run_id}*"))


def test_the_curve_of_the_training_is_kept(trained: TrainedShop) -> None:
    losses = [point for point in trained.run.history if point["metric"] == "loss"]
    assert losses
    assert all(math.isfinite(float(point["value"])) for point in losses)


def test_a_plan_says_what_the_training_will_use(trained: TrainedShop) -> None:
    plan = plan_run(trained.workspace, trained.run.task, trained.changes, Silent())
    assert (plan.n_train, plan.n_test) == (trained.run.n_train, trained.run.n_test)
    assert plan.seconds > 0
    assert plan.memory_mb > 100


@pytest.mark.parametrize("changes", [{"preset": "slow"}, {"epoch": 1}, {"model": "no-such-model"}])
def test_bad_settings_are_refused_before_anything_is_written(
    trained: TrainedShop, changes: dict[str, object]
) -> None:
    before = list_runs(trained.workspace)
    with pytest.raises(InputError):
        train_run(trained.workspace, trained.run.task, changes, Silent())
    assert list_runs(trained.workspace) == before


def test_held_out_figures_are_those_of_the_record(trained: TrainedShop) -> None:
    found = evaluate_heldout(trained.workspace, trained.run.task, trained.run.run_id, Silent())
    assert found["systems"] == trained.run.baselines | trained.run.systems
    assert found["paired"] == trained.run.paired


def other_examples(task: str) -> pd.DataFrame:
    """Twelve examples that no training saw, as a user's file holds them."""
    if task in ("attributes", "describe"):
        products = tiny_catalog().iloc[::16].assign(product_id=[f"new-{n}" for n in range(12)])
        products["title"] = "today " + products["title"].str.replace("|".join(NAMES), "zuzu")
        facts = products.pop("attributes").map(json.loads).tolist()
        kept = products.dropna(axis="columns", how="all").reset_index(drop=True)
        return kept.join(pd.DataFrame(facts))
    if task == "sentiment":
        reviews = tiny_reviews().iloc[48::12]
        return reviews.assign(text="today " + reviews["text"])[["text", "sentiment"]]
    if task == "cross_sell":
        orders = tiny_orders(112)
        last = orders["order_id"].drop_duplicates().tail(12)
        found = orders[orders["order_id"].isin(last)]
        return found.assign(order_id="new-" + found["order_id"])
    if task == "interest":
        log = tiny_pages(172).tail(12 * 8).query("time >= '2025-03-07 16:00'")
        return log.assign(query="today " + log["query"]).dropna(axis="columns", how="all")
    shop = tiny_frames()
    log = shop["searches"].drop_duplicates("query").iloc[::12]
    truth = log[["query", "intent", "product_id"]].assign(relevance=3)
    truth["query"] = "today " + truth["query"]
    columns = {"search": ["query", "product_id", "relevance"], "intent": ["query", "intent"]}
    return truth[columns[task]]


def test_a_file_of_other_examples_is_measured_without_touching_the_shop(
    trained: TrainedShop, tmp_path: Path
) -> None:
    file = tmp_path / "truth.csv"
    truth = other_examples(trained.run.task)
    truth.to_csv(file, index=False)
    before = trained.workspace.tables().fingerprint
    run_id = trained.run.run_id
    found = evaluate_file(trained.workspace, trained.run.task, run_id, file, Silent())
    assert trained.workspace.tables().fingerprint == before
    assert found["queries"] == 12
    if trained.run.task != "cross_sell":  # its baskets hold the same few products
        assert found["seen_in_training"] == 0
    assert set(found["systems"]) == {*trained.run.baselines, *trained.run.systems}
    assert set(found["paired"]["against"]) == set(found["systems"]) - {found["recommended"]}
    questions = found["paired"]["tuned_vs_untuned"]
    metric = found["primary_metric"]
    change = found["systems"]["tuned"][metric] - found["systems"]["untuned"][metric]
    assert questions["delta"] == pytest.approx(change, abs=1e-6)
    untuned = evaluate_file(trained.workspace, trained.run.task, "untuned", file, Silent())
    assert not any(name.endswith("tuned") and "un" not in name for name in untuned["systems"])


def test_a_file_of_queries_learned_from_is_told(trained: TrainedShop, tmp_path: Path) -> None:
    if trained.run.task not in ("intent", "search"):
        pytest.skip("what is learned from is no list of queries")
    file = tmp_path / "seen.csv"
    log = tiny_frames()["searches"].drop_duplicates("query").head(6)
    log.assign(relevance=2).to_csv(file, index=False)
    found = evaluate_file(trained.workspace, trained.run.task, trained.run.run_id, file, Silent())
    assert found["seen_in_training"] == 6


@pytest.mark.parametrize("text", ["query\nmug\n", "a,b\n1,2\n", "query,product_id,relevance\n"])
def test_a_file_that_measures_nothing_is_refused(
    trained: TrainedShop, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text)
    with pytest.raises(InputError):
        evaluate_file(trained.workspace, trained.run.task, trained.run.run_id, file, Silent())


def test_a_run_of_another_task_is_refused(trained: TrainedShop) -> None:
    other = next(name for name in TASKS if name != trained.run.task)
    with pytest.raises(InputError) as caught:
        open_bundle(trained.workspace, other, trained.run.run_id, Silent())
    assert caught.value.code == "tasks.other_run"


def test_settings_of_before_that_are_gone_are_left_out(
    trained: TrainedShop, tmp_path: Path
) -> None:
    """In the record of a run and in a bundle's: both are used again with what is left."""
    workspace, run = trained.workspace, trained.run
    folder = run_folder(workspace, run.run_id)
    kept = {}
    for file in (folder / "run.json", folder / "bundle" / "bundle.json"):
        kept[file] = file.read_text(encoding="utf-8")
        record = json.loads(kept[file])
        if "config" in record:
            record["config"] |= {"adapter_of_before": "full", "back_labels_of_before": 0}
        file.write_text(json.dumps(record), encoding="utf-8")
    truth = tmp_path / "truth.csv"
    other_examples(run.task).to_csv(truth, index=False)
    try:
        assert load_run(workspace, run.run_id).config["adapter_of_before"] == "full"
        report = evaluate_file(workspace, run.task, run.run_id, truth, Silent())
    finally:
        for file, text in kept.items():
            file.write_text(text, encoding="utf-8")
    assert set(report["systems"]) == {*run.baselines, *run.systems}


def test_a_job_of_before_trains_without_the_settings_that_are_gone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainings = []
    monkeypatch.setattr("engine.training.run.train_run", lambda *args, **_: trainings.append(args))
    workspace = tiny_workspace(task="interest")
    with Store() as store:
        store.add("old", workspace.name, "interest", "train", {"epochs": 3, "adapter": "full"}, 1.0)
        KINDS["train"].work(workspace, store.get("old"), Silent())
    assert [(task, settings) for _, task, settings, _ in trainings] == [("interest", {"epochs": 3})]
