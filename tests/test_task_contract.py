"""What every task promises, whatever it learns: one suite over all of them."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine.config import PRESETS, TrainingConfig
from engine.errors import Cancelled, InputError
from engine.evaluation.evaluator import Evaluator, score_systems
from engine.messages import LANGUAGES, say
from engine.progress import Silent
from engine.settings import PROJECT
from engine.tables.tables import Tables
from engine.tasks import TASKS, get_task
from engine.tasks.base import Bundle, Dataset, Task
from engine.text.words import normalise
from tests.tiny_shop import (
    Stopping,
    tiny_catalog,
    tiny_orders,
    tiny_pages,
    tiny_reviews,
    tiny_settings,
    tiny_tables,
)

# What an input of a task calls its text.
FIELDS = {"intent": "query", "search": "query", "attributes": "title", "sentiment": "text"}
HARMLESS = {".safetensors", ".json", ".txt", ".parquet", ".faiss", ".md"}


@dataclass
class Trial:
    """One task with all that a run makes of it."""

    task: Task
    tables: Tables
    config: TrainingConfig
    dataset: Dataset
    bundle: Bundle
    checkpoints: Path
    progress: Stopping

    @property
    def evaluator(self) -> Evaluator:
        return self.task.evaluator(self.dataset)

    def ask(self, *texts: object) -> list[dict[str, Any]]:
        """Inputs of the task with these texts; of a task that reads products, any product."""
        if self.task.name == "cross_sell":
            baskets = [["mug-red", text] if isinstance(text, str) else text for text in texts]
            return [{"basket": basket} for basket in baskets]
        if self.task.name == "describe":
            return [{"product_id": "mug-8" if isinstance(text, str) else text} for text in texts]
        if self.task.name == "interest":
            return [{"history": ["mug-red"], "query": text} for text in texts]
        return [{FIELDS[self.task.name]: text} for text in texts]


@pytest.fixture(scope="module", params=TASKS)
def trial(
    request: pytest.FixtureRequest, model: str, tmp_path_factory: pytest.TempPathFactory
) -> Trial:
    task, tables = get_task(request.param), tiny_tables(request.param)
    config = task.config("quick", tables, **tiny_settings(task.name, model))
    dataset = task.dataset(tables, config)
    checkpoints, progress = tmp_path_factory.mktemp("checkpoints"), Stopping()
    bundle = task.train(dataset, config, checkpoints, progress)
    return Trial(task, tables, config, dataset, bundle, checkpoints, progress)


def same_answers(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Whether two systems' answers agree, up to rounding."""
    if set(left) != set(right):
        return False
    for name in left:
        if isinstance(left[name], Mapping):
            for head, table in left[name].items():
                pd.testing.assert_frame_equal(table, right[name][head], atol=1e-5)
        else:
            for one, other in zip(left[name], right[name], strict=True):
                if isinstance(one, str):
                    assert one == other
                    continue
                assert list(one.product_ids) == list(other.product_ids)
                assert list(one.scores) == pytest.approx(list(other.scores), abs=1e-5)
    return True


@pytest.mark.parametrize("name", TASKS)
def test_an_empty_shop_is_missing_data_and_cannot_be_trained_on(name: str) -> None:
    task = get_task(name)
    found = task.readiness(Tables())
    assert found.level == "missing"
    assert found.advice
    for code, params in found.advice:
        assert all(say(code, language, **params) for language in LANGUAGES)
    with pytest.raises(InputError):
        task.dataset(Tables(), task.config("quick", Tables()))


def test_a_growing_catalog_goes_from_missing_over_thin_to_ready() -> None:
    task = get_task("attributes")
    catalogs = [Tables({"products": tiny_catalog(products)}) for products in (30, 192, 400)]
    readiness = [task.readiness(tables) for tables in catalogs]
    assert [found.level for found in readiness] == ["missing", "thin", "ready"]
    assert all(count >= 0 for found in readiness for count in found.counts.values())


def test_growing_reviews_go_from_missing_over_thin_to_ready() -> None:
    task, reviews = get_task("sentiment"), tiny_reviews()
    copies = [reviews.assign(text=reviews["text"] + f" {'x' * copy}") for copy in range(3)]
    shops = [reviews[50:80], reviews, pd.concat(copies, ignore_index=True)]
    readiness = [task.readiness(Tables({"reviews": some})) for some in shops]
    assert [found.level for found in readiness] == ["missing", "thin", "ready"]


def test_a_growing_catalog_with_descriptions_goes_from_missing_over_thin_to_ready() -> None:
    task = get_task("describe")
    catalogs = [Tables({"products": tiny_catalog(products)}) for products in (30, 100, 400)]
    assert [task.readiness(tables).level for tables in catalogs] == ["missing", "thin", "ready"]


def test_a_growing_log_of_pages_goes_from_missing_over_thin_to_ready() -> None:
    task, frames = get_task("interest"), dict(tiny_tables().frames)
    shops = [Tables(frames | {"searches": tiny_pages(pages)}) for pages in (30, 100, 600)]
    assert [task.readiness(shop).level for shop in shops] == ["missing", "thin", "ready"]


def test_growing_orders_go_from_missing_over_thin_to_ready() -> None:
    task, frames = get_task("cross_sell"), dict(tiny_tables().frames)
    shops = [Tables(frames | {"orders": tiny_orders(baskets)}) for baskets in (30, 100, 600)]
    assert [task.readiness(shop).level for shop in shops] == ["missing", "thin", "ready"]


@pytest.mark.parametrize("name", ["intent", "search"])
def test_a_growing_log_goes_from_missing_over_thin_to_ready(name: str) -> None:
    task, frames = get_task(name), dict(tiny_tables().frames)
    levels = ("missing", "thin", "ready")
    log = frames["searches"]
    found = []
    for copies, queries in ((1, 5), (1, 70), (4, 576)):
        grown = pd.concat(
            [log.assign(query=log["query"] + f" {'x' * copy}") for copy in range(copies)]
        )
        some = grown["query"].drop_duplicates().head(queries)
        frames["searches"] = grown[grown["query"].isin(some)].reset_index(drop=True)
        readiness = task.readiness(Tables(frames, "en"))
        assert all(count >= 0 for count in readiness.counts.values())
        found.append(readiness.level)
    assert found == list(levels)


@pytest.mark.parametrize("name", TASKS)
def test_every_preset_gives_settings_of_its_own(name: str) -> None:
    task, tables = get_task(name), tiny_tables()
    configs = [task.config(preset, tables) for preset in PRESETS]
    assert [config.preset for config in configs] == list(PRESETS)
    assert len({json.dumps(config.model_dump()) for config in configs}) == len(PRESETS)
    assert all(config.model for config in configs)


@pytest.mark.parametrize("name", TASKS)
def test_unknown_presets_and_settings_are_the_users_mistakes(name: str) -> None:
    task, tables = get_task(name), tiny_tables()
    with pytest.raises(InputError):
        task.config("slow", tables)
    for change in ({"epoch": 3}, {"epochs": "many"}, {"epochs": 0}, {"learning_rate": "-1"}):
        with pytest.raises(InputError) as caught:
            task.config("quick", tables, **change)
        assert caught.value.params["name"] == next(iter(change))
    assert task.config("quick", tables, epochs="3").epochs == 3


@pytest.mark.parametrize("name", TASKS)
def test_asking_for_readiness_and_settings_needs_no_torch(name: str) -> None:
    code = (
        "import sys; from engine.tasks import get_task; from engine.tables.tables import Tables; "
        f"task = get_task({name!r}); task.readiness(Tables()); task.config('quick', Tables()); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=True
    )
    assert done.stdout.strip() == "False"


def test_unknown_task_is_refused_by_name() -> None:
    with pytest.raises(InputError) as caught:
        get_task("mind_reading")
    assert "mind_reading" in caught.value.message("zh")


def test_no_held_out_text_is_learned_from(trial: Trial) -> None:
    parts = (trial.dataset.train, trial.dataset.validation, trial.dataset.test)
    assert all(len(part) for part in parts)
    # Two orders may hold the same products, and two pages answer the same query.
    own = "example_id" if trial.task.name in ("cross_sell", "interest") else "input"
    train, validation, test = (set(part[own].map(normalise)) for part in parts)
    assert not train & validation
    assert not train & test
    assert not validation & test
    for part in parts:
        assert part["example_id"].is_unique


def test_the_same_data_and_seed_give_the_same_dataset(trial: Trial) -> None:
    again = trial.task.dataset(tiny_tables(trial.task.name), trial.config)
    for part in ("train", "validation", "test"):
        pd.testing.assert_frame_equal(getattr(trial.dataset, part), getattr(again, part))


def test_every_system_and_baseline_answers_every_held_out_row(trial: Trial) -> None:
    test = trial.dataset.test
    baselines = trial.task.baselines(trial.dataset, test, trial.config)
    tuned = trial.task.outputs(trial.bundle, test)
    assert baselines
    assert trial.bundle.recommended in tuned
    assert set(tuned) <= set(trial.bundle.systems)
    metrics = score_systems(trial.evaluator, test, baselines | tuned)
    heldout = trial.evaluator.heldout_rows(test, baselines | tuned)
    for name, answer in (baselines | tuned).items():
        rows = answer.values() if isinstance(answer, Mapping) else [answer]
        assert all(len(found) == len(test) for found in rows)
        assert 0 <= metrics[name][trial.evaluator.primary_metric] <= 1
        assert heldout[name].notna().all()


def test_untuned_answers_without_training(trial: Trial) -> None:
    bundle = trial.task.untuned(trial.tables, trial.config, Silent())
    answers = trial.task.outputs(bundle, trial.dataset.test)
    assert bundle.recommended in answers
    assert "untuned" in answers
    assert "tuned" not in answers
    metrics = score_systems(trial.evaluator, trial.dataset.test, answers)
    assert 0 <= metrics["untuned"][trial.evaluator.primary_metric] <= 1


def test_training_changes_the_model_and_says_how_far_it_is(trial: Trial) -> None:
    untuned = trial.task.untuned(trial.tables, trial.config, Silent())
    test = trial.dataset.test
    # So tiny a generator copies no title: of its texts the truest one is compared.
    kind = "_best" if trial.task.kind == "generation" else ""
    before = trial.task.outputs(untuned, test)[f"untuned{kind}"]
    after = trial.task.outputs(trial.bundle, test)[f"tuned{kind}"]
    metric = trial.evaluator.primary_metric
    scores = score_systems(trial.evaluator, test, {"before": before, "after": after})
    assert scores["after"][metric] > scores["before"][metric]
    assert trial.progress.steps == sorted(trial.progress.steps)
    assert len(trial.progress.steps) > trial.config.epochs


def test_a_saved_bundle_gives_the_same_answers(trial: Trial, tmp_path: Path) -> None:
    trial.bundle.save(tmp_path)
    loaded = trial.task.load(tmp_path, trial.tables)
    test = trial.dataset.test
    assert loaded.recommended == trial.bundle.recommended
    assert list(loaded.systems) == list(trial.bundle.systems)
    assert same_answers(trial.task.outputs(trial.bundle, test), trial.task.outputs(loaded, test))


def test_a_saved_bundle_holds_nothing_that_runs_when_read(trial: Trial, tmp_path: Path) -> None:
    trial.bundle.save(tmp_path)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert files
    assert {file.suffix for file in files} <= HARMLESS
    # Pickles begin with byte 0x80 and torch's files are zips, whatever they are called.
    for file in files:
        assert file.read_bytes()[:2] not in (b"PK", *(bytes([0x80, n]) for n in range(6)))


def test_predictions_are_json_and_one_for_each_input(trial: Trial) -> None:
    inputs = trial.ask("cheap red mug 0", "红色杯子 🙂", "x" * 5000)
    found = trial.task.predict(trial.bundle, inputs)
    assert len(json.loads(json.dumps(found, allow_nan=False))) == len(inputs)
    assert trial.task.predict(trial.bundle, []) == []


def test_an_input_without_a_text_is_named_by_its_row(trial: Trial) -> None:
    for bad in ({}, *trial.ask(None, 7)):
        with pytest.raises(InputError) as caught:
            trial.task.predict(trial.bundle, [*trial.ask("mug"), bad])
        assert caught.value.params["row"] == 2


def test_answers_can_be_explained(trial: Trial) -> None:
    item = {"product_id": "pan-red"} | trial.ask("cheap red mug")[0]
    found = trial.task.explain(trial.bundle, item)
    words = {
        "cross_sell": ["red mug"],
        "interest": ["red mug"],
        "describe": ["alra blue mug", "clay", "Acme", "Kitchen > Mugs"],
    }.get(trial.task.name, ["cheap", "red", "mug"])
    assert [word for word, _ in found.weights] == words
    assert any(abs(weight) > 0 for _, weight in found.weights)
    json.dumps(dict(found.facts), allow_nan=False)


def test_a_cancelled_training_goes_on_from_its_checkpoint(trial: Trial, tmp_path: Path) -> None:
    per_epoch = trial.progress.steps[-1] // trial.config.epochs
    stopping = Stopping(at_step=per_epoch + 1)
    with pytest.raises(Cancelled):
        trial.task.train(trial.dataset, trial.config, tmp_path, stopping)
    assert stopping.steps[-1] == per_epoch + 1
    resumed = Stopping()
    bundle = trial.task.train(trial.dataset, trial.config, tmp_path, resumed)
    assert resumed.steps[0] == per_epoch + 1
    assert resumed.steps[-1] == trial.progress.steps[-1]
    metric = trial.evaluator.primary_metric
    answers = {"resumed": trial.task.outputs(bundle, trial.dataset.test)["tuned"]}
    answers["whole"] = trial.task.outputs(trial.bundle, trial.dataset.test)["tuned"]
    scores = score_systems(trial.evaluator, trial.dataset.test, answers)
    assert scores["resumed"][metric] == pytest.approx(scores["whole"][metric], abs=0.15)


def test_training_the_same_twice_gives_the_same_answers(trial: Trial, tmp_path: Path) -> None:
    again = trial.task.train(trial.dataset, trial.config, tmp_path, Silent())
    test = trial.dataset.test
    assert same_answers(trial.task.outputs(trial.bundle, test), trial.task.outputs(again, test))


def test_work_grows_with_the_epochs(trial: Trial) -> None:
    once, thrice = (
        trial.task.workload(trial.dataset, trial.config.model_copy(update={"epochs": epochs}))
        for epochs in (1, 3)
    )
    assert 0 < once.train_tokens < thrice.train_tokens
    assert thrice.train_tokens == pytest.approx(3 * once.train_tokens, abs=3)
    assert once.encode_tokens > 0
