"""What every task promises, whatever it learns: one suite over all of them."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest

from engine.codec import decode, encode
from engine.config import PRESETS, TrainingConfig
from engine.errors import Cancelled, InputError
from engine.evaluation.evaluator import Evaluator, score_systems
from engine.messages import LANGUAGES, say
from engine.progress import Silent
from engine.settings import PROJECT
from engine.storage.trouble import trouble_of
from engine.tables.tables import Tables
from engine.tasks import TASKS, find_call, get_task, get_tiny
from engine.tasks.base import Bundle, Dataset, Task
from engine.tasks.tiny import TinyTask
from engine.text.words import normalise
from tests.tiny_shop import Stopping, tiny_settings, tiny_tables, tiny_texts

# Epochs, of which one is cut off and one goes on from a checkpoint.
SHORT = 2
# Files that say by themselves that they are damaged.
DAMAGEABLE = {".safetensors", ".parquet", ".faiss"}
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

    @property
    def tiny(self) -> TinyTask:
        return get_tiny(self.task.name)

    def shortened(self) -> TrainingConfig:
        """The settings of a training that need not learn much."""
        return self.config.model_copy(update={"epochs": SHORT} | tiny_texts(self.task.name))

    def read(self, *bodies: Mapping[str, Any]) -> list[Any]:
        """Inputs as `predict` gets them, from the JSON of a user."""
        inputs: list[Any] = decode(find_call(self.task.name, "predict").body, list(bodies))
        return inputs


@pytest.fixture(scope="module", params=TASKS)
def trial(
    request: pytest.FixtureRequest,
    model: str,
    small_fits: None,
    tmp_path_factory: pytest.TempPathFactory,
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


@pytest.mark.parametrize("name", TASKS)
def test_growing_data_goes_from_missing_over_thin_to_ready(name: str) -> None:
    readiness = [get_task(name).readiness(tables) for tables in get_tiny(name).growing()]
    assert [state.level for state in readiness] == ["missing", "thin", "ready"]
    assert all(count >= 0 for state in readiness for count in state.counts.values())


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


@pytest.fixture(scope="module")
def torch_users() -> list[str]:
    """The tasks after which torch was there, asked one after the other in one process."""
    code = """if True:
        import json, sys
        from engine.tables.tables import Tables
        from engine.tasks import TASKS, get_task
        users = []
        for name in TASKS:
            task = get_task(name)
            task.readiness(Tables())
            task.config("quick", Tables())
            users += [name] if "torch" in sys.modules else []
        print(json.dumps(users))
    """
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=True
    )
    names: list[str] = json.loads(done.stdout)
    return names


@pytest.mark.parametrize("name", TASKS)
def test_asking_for_readiness_and_settings_needs_no_torch(
    name: str, torch_users: list[str]
) -> None:
    assert name not in torch_users


def test_unknown_task_is_refused_by_name() -> None:
    with pytest.raises(InputError) as caught:
        get_task("mind_reading")
    assert "mind_reading" in caught.value.message("zh")


def test_no_held_out_text_is_learned_from(trial: Trial) -> None:
    parts = (trial.dataset.train, trial.dataset.validation, trial.dataset.test)
    assert all(len(part) for part in parts)
    own = trial.tiny.apart_by
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
    # Where nothing that was learned is better, a baseline is recommended.
    assert trial.bundle.recommended in baselines | tuned
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
    plain, learned = trial.tiny.compared
    before = trial.task.outputs(untuned, test)[plain]
    after = trial.task.outputs(trial.bundle, test)[learned]
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


def test_a_damaged_file_of_a_bundle_is_named_or_made_anew(trial: Trial, tmp_path: Path) -> None:
    trial.bundle.save(tmp_path)
    kept = [file for file in sorted(tmp_path.rglob("*")) if file.suffix in DAMAGEABLE]
    assert kept
    for file in kept:
        whole = file.read_bytes()
        for damage in (whole[: len(whole) // 2], b"\0" * len(whole)):
            file.write_bytes(damage)
            try:
                loaded = trial.task.load(tmp_path, trial.tables)
            except Exception as error:
                trouble = trouble_of(error)
                assert trouble is not None and trouble.code == "disk.broken", (file, repr(error))
            else:
                test = trial.dataset.test
                answers = [trial.task.outputs(bundle, test) for bundle in (trial.bundle, loaded)]
                assert same_answers(*answers), file
        file.write_bytes(whole)


def test_predictions_are_json_and_one_for_each_input(trial: Trial) -> None:
    answers = trial.task.predict(trial.bundle, trial.read(*trial.tiny.inputs))
    assert len(json.loads(json.dumps(encode(answers), allow_nan=False))) == len(trial.tiny.inputs)
    assert trial.task.predict(trial.bundle, []) == []


def test_an_input_that_does_not_fit_is_named_by_its_row(trial: Trial) -> None:
    good = trial.tiny.inputs[0]
    for bad in trial.tiny.refused:
        with pytest.raises(InputError) as caught:
            trial.task.predict(trial.bundle, trial.read(good, bad))
        assert caught.value.params["row"] == 2


def test_answers_can_be_explained(trial: Trial) -> None:
    body = decode(find_call(trial.task.name, "explain").body, trial.tiny.explained)
    explanation = trial.task.explain(trial.bundle, body)
    assert [word for word, _ in explanation.weights] == list(trial.tiny.reasons)
    assert any(abs(weight) > 0 for _, weight in explanation.weights)
    json.dumps(encode(explanation), allow_nan=False)


@pytest.fixture(scope="module")
def uncut(trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, Stopping]:
    """A training that is short, but whole."""
    progress, folder = Stopping(), tmp_path_factory.mktemp("uncut")
    return trial.task.train(trial.dataset, trial.shortened(), folder, progress), progress


def test_a_cancelled_training_goes_on_from_its_checkpoint(
    trial: Trial, uncut: tuple[Bundle, Stopping], tmp_path: Path
) -> None:
    task, dataset, config = trial.task, trial.dataset, trial.shortened()
    whole_bundle, whole = uncut
    per_epoch = whole.steps[-1] // config.epochs
    stopping = Stopping(at_step=per_epoch + 1)
    with pytest.raises(Cancelled):
        task.train(dataset, config, tmp_path / "cut", stopping)
    assert stopping.steps[-1] == per_epoch + 1
    resumed = Stopping()
    bundle = task.train(dataset, config, tmp_path / "cut", resumed)
    assert resumed.steps[0] == per_epoch + 1
    assert resumed.steps[-1] == whole.steps[-1]
    metric = trial.evaluator.primary_metric
    answers = {"resumed": task.outputs(bundle, dataset.test)["tuned"]}
    answers["whole"] = task.outputs(whole_bundle, dataset.test)["tuned"]
    scores = score_systems(trial.evaluator, trial.dataset.test, answers)
    assert scores["resumed"][metric] == pytest.approx(scores["whole"][metric], abs=0.15)


def test_training_the_same_twice_gives_the_same_answers(
    trial: Trial, uncut: tuple[Bundle, Stopping], tmp_path: Path
) -> None:
    again = trial.task.train(trial.dataset, trial.shortened(), tmp_path, Silent())
    test = trial.dataset.test
    assert same_answers(trial.task.outputs(uncut[0], test), trial.task.outputs(again, test))


def test_work_grows_with_the_epochs(trial: Trial) -> None:
    once, thrice = (
        trial.task.workload(trial.dataset, trial.config.model_copy(update={"epochs": epochs}))
        for epochs in (1, 3)
    )
    assert 0 < once.train_tokens < thrice.train_tokens
    assert thrice.train_tokens == pytest.approx(3 * once.train_tokens, abs=3)
    assert once.encode_tokens > 0


def recording(config: TrainingConfig, reads: set[str]) -> TrainingConfig:
    """The same settings, which note in `reads` what is read of them."""
    kind = type(config)

    class Recorder(kind):  # type: ignore[misc, valid-type]
        def __getattribute__(self, name: str) -> Any:
            if name in kind.model_fields:
                reads.add(name)
            return super().__getattribute__(name)

    return Recorder.model_construct(**config.model_dump())


def adapters(config: TrainingConfig) -> list[str]:
    """The other adapters that a task can be told to tune by."""
    field = type(config).model_fields.get("adapter")
    return [name for name in get_args(field.annotation) if name != config.adapter] if field else []


@pytest.mark.parametrize("name", TASKS)
def test_a_training_reads_every_setting_of_its_task(
    name: str, model: str, small_fits: None, tmp_path: Path
) -> None:
    # There is enough in a ready shop for the epochs to be watched.
    task, tables = get_task(name), get_tiny(name).growing()[-1]
    changes = tiny_settings(name, model) | tiny_texts(name)
    changes |= {"epochs": 2, "max_examples": 40}
    usual = task.config("quick", tables, **changes)
    reads: set[str] = set()
    config = recording(usual, reads)
    task.train(task.dataset(tables, config), config, tmp_path / "usual", Silent())
    for adapter in adapters(usual):
        config = recording(task.config("quick", tables, **changes | {"adapter": adapter}), reads)
        with pytest.raises(Cancelled):
            dataset = task.dataset(tables, config)
            task.train(dataset, config, tmp_path / adapter, Stopping(at_step=1))
    # The preset's name says where the settings came from.
    assert set(type(usual).model_fields) - reads == {"preset"}


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("interest", "adapter"),
        ("interest", "last_k"),
        ("interest", "lora_rank"),
        ("attributes", "back_labels"),
    ],
)
def test_a_setting_that_a_task_does_not_read_is_refused(name: str, gone: str) -> None:
    with pytest.raises(InputError) as caught:
        get_task(name).config("quick", Tables(), **{gone: 1})
    assert caught.value.code == "training.bad_setting"
    assert caught.value.params["name"] == gone
