"""What an older version left on disk opens as before: see `data/before/README.md`."""

import json
import math
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine import jobs
from engine.assistant.chats import Chats
from engine.assistant.policy_file import read_policy, undo_policy
from engine.bandit.context import context_vector
from engine.bandit.live import learn
from engine.bandit.policies import POLICIES
from engine.bandit.regret import beliefs
from engine.catalog.decisions import Decisions
from engine.cli import main
from engine.codec import decode, encode
from engine.evaluation.compare import metric_interval
from engine.evaluation.heldout import systems_of
from engine.evaluation.heldout import test_fingerprint as fingerprint
from engine.images.image_store import Pictures, palettes
from engine.images.image_vectors import read_tags, read_vectors
from engine.jobs.copywriting import discard_batch, read_progress
from engine.jobs.kinds import KINDS
from engine.messages import LANGUAGES, engine_catalog
from engine.progress import Silent
from engine.retrieval.dense import DenseIndex
from engine.reviews.aspects import read_aspects
from engine.serving import client
from engine.storage.feedback import GOALS, Feedback
from engine.storage.runs import list_runs, load_heldout, load_run
from engine.storage.workspace import Workspace
from engine.tasks import TASKS, get_task
from engine.tasks.describe import batch as batches
from engine.tasks.describe.brief import Brief
from engine.tasks.interest.answers import MEASURE
from engine.tasks.interest.merchandising_file import can_undo, load_rules, undo_rules
from engine.training.answers import Plan
from engine.training.evaluate import open_bundle
from pages.ui.data import staging
from tests.shop_double import clean, open_page, said_on
from tests.tiny_shop import Stopping

BEFORE = Path(__file__).parent / "data" / "before"
EXPECTED: dict[str, Any] = json.loads((BEFORE / "expected.json").read_text(encoding="utf-8"))
# Stands in the folder's files where the path of the state folder stood.
PLACE = "SHOPLAB_HOME"
# What the folder calls it, and what JSON calls it today: a word that changes is changed here.
TODAY = {
    "floors": "baselines",
    "mix": "weights",
    "told": "informative",
    "alike": "self_repetition",
    "describe.floors_are_true": "describe.baselines_are_true",
}
# How far the figures of a model may differ from one machine to another.
CLOSE = 2e-3
# What each task's run is asked.
INPUTS: dict[str, list[dict[str, Any]]] = {
    "intent": [{"query": "cheap blue mug"}, {"query": "all green lamps"}],
    "search": [{"query": "cheap red mug", "k": 3}],
    "attributes": [{"product_id": "new", "title": "alra blue mug", "description": "A mug of clay"}],
    "sentiment": [{"text": f"{who} will I love this red mug"} for who in ("always", "never")],
    "describe": [{"product_id": "mug-0"}],
    "cross_sell": [{"basket": ["mug-red", "mug-0"], "k": 1}, {"basket": ["shoe-blue"], "k": 1}],
    "interest": [{"user_id": "u3", "query": "all mugs", "k": 3}, {"history": ["pan-red"], "k": 2}],
}
# A file of a user for the tasks that are measured in a moment.
FILES = {
    "sentiment": (
        "--input",
        "text,sentiment\nalways will I love it,positive\nnever will I hate it,positive\n"
        "never will I love it,negative\nalways will I hate a red mug,negative\n",
    ),
    "search": (
        "--judgments",
        "query,product_id,relevance\nbuy a red mug,mug-red,3\nblue shoe please,shoe-blue,2\n"
        "lamp in green,lamp-green,1\n",
    ),
}


@pytest.fixture
def shop(home: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The workspace of the old state folder, which holds its models too."""
    shutil.copytree(BEFORE / "home", home)
    for file in home.rglob("*.json"):
        text = file.read_text(encoding="utf-8")
        if PLACE in text:
            file.write_text(text.replace(PLACE, str(home)), encoding="utf-8")
    monkeypatch.delenv("SHOPLAB_MODELS", raising=False)
    monkeypatch.setattr("engine.jobs.queue.ensure_supervisor", lambda: None)
    monkeypatch.setattr("engine.jobs.ensure_supervisor", lambda: None)
    return Workspace.open("tiny")


@pytest.fixture
def ask(shop: Workspace, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command on the old folder; gives its JSON."""
    monkeypatch.setattr("engine.cli.child_environment", dict)

    def run(*arguments: object) -> dict[str, Any]:
        status = main([*map(str, arguments), "--json", "--language", "en"])
        out, err = capfd.readouterr()
        assert status == 0, out + err
        return json.loads(out)

    return run


def recorded(task: str) -> dict[str, Any]:
    """The record of a task's run as it was written, in today's words."""
    (file,) = (BEFORE / "home" / "workspaces" / "tiny" / "runs").glob(f"{task}-*/run.json")
    return today(json.loads(file.read_text(encoding="utf-8")))


def today(value: Any) -> Any:
    """A value of the old folder in today's words."""
    if isinstance(value, dict):
        return {today(name): today(one) for name, one in value.items()}
    if isinstance(value, list):
        return [today(one) for one in value]
    return TODAY.get(value, value) if isinstance(value, str) else value


def answer_today(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer as it was printed, in today's form: what a head answers stands under `heads`."""
    answer = dict(answer)
    for result in answer.get("results", []):
        if "with" in result.get("reason", {}):
            result["reason"]["met"] = result["reason"].pop("with")
    if "probabilities" in answer:
        answer["heads"] = {
            head: {
                "label": answer.pop(head),
                "confidence": answer.pop(f"{head}_confidence"),
                "unsure": answer.pop(f"{head}_unsure"),
                "probabilities": probabilities,
            }
            for head, probabilities in answer.pop("probabilities").items()
        }
    for aspect in answer.get("aspects", []):
        for name in ("confidence", "unsure"):
            aspect[name] = aspect.pop(f"sentiment_{name}")
    return answer


def leaves(value: Any, place: str = "") -> dict[str, Any]:
    """Everything in a nested value by its place."""
    if not isinstance(value, dict | list):
        return {place: None if isinstance(value, float) and math.isnan(value) else value}
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found: dict[str, Any] = {f"{place}#": len(value)} if isinstance(value, list) else {}
    for name, one in inner:
        found |= leaves(one, f"{place}/{name}")
    return found


def holds(found: Any, expected: Any, close: float = CLOSE) -> None:
    """Whether all that is expected is found; more may be there than before."""
    there = leaves(found)
    wrong = {
        place: (there.get(place, "missing"), value)
        for place, value in leaves(expected).items()
        if not same(there.get(place, "missing"), value, close)
    }
    assert wrong == {}


def same(found: Any, expected: Any, close: float) -> bool:
    """Whether two leaves agree, numbers up to a share of them or a little."""
    if isinstance(found, float | int) and isinstance(expected, float):
        return math.isclose(found, expected, rel_tol=close, abs_tol=close)
    return bool(found == expected)


def content(folder: Path) -> dict[str, bytes]:
    """What a folder holds, but for what SQLite keeps beside an open database and for locks."""
    files = (file for file in folder.rglob("*") if file.is_file())
    kept = (file for file in files if not file.name.endswith(("-wal", "-shm", "lock")))
    return {str(file.relative_to(folder)): file.read_bytes() for file in kept}


def test_the_folder_names_no_machine() -> None:
    for name, data in content(BEFORE).items():
        assert not [path for path in (b"/tmp/", b"/home/", b"/root/", b"/work/") if path in data], (
            name
        )


def test_every_run_is_listed_as_it_was_recorded(ask: Any) -> None:
    found = {run["task"]: run for run in ask("runs", "tiny")["runs"]}
    assert list(found) == EXPECTED["runs_newest_first"]
    assert set(found) == set(TASKS)
    for task, run in found.items():
        record = recorded(task)
        del record["history"]
        holds(run, record, close=0)


def test_the_data_is_that_which_the_runs_learned_from(shop: Workspace, ask: Any) -> None:
    assert {run.data_fingerprint for run in list_runs(shop)} == {shop.tables().fingerprint}
    holds(ask("ready", "tiny")["tasks"], EXPECTED["ready"], close=0)
    holds(shop.about_tables(), EXPECTED["tables"], close=0)
    assert (shop.title, shop.language, shop.language_chosen) == ("The tiny shop", "en", True)
    assert Workspace.by_key(shop.key).name == "tiny"


def test_a_load_can_still_be_undone(shop: Workspace) -> None:
    assert (len(shop.tables().products), len(shop.tables().reviews)) == (72, 96)
    assert shop.undo_load()
    assert (len(shop.tables().products), len(shop.tables().reviews)) == (24, 0)
    assert not shop.can_undo


def test_what_people_set_by_hand_is_there(shop: Workspace) -> None:
    hand = shop.corrections().set_index(["task", "input", "head"])["label"]
    assert hand.to_dict() == {
        ("intent", "cheap red mug", "intent"): "browse_category",
        ("intent", "cheap red mug", "category"): "Kitchen",
        ("intent", "all blue lamps", "intent"): "deal",
    }
    assert read_aspects(shop) == {"colour": ["red", "blue", "shade"], "use": ["day", "every day"]}
    decided = Decisions(shop.folder)
    rows = decided.table()[["product_id", "value", "state", "batch"]].to_numpy().tolist()
    assert rows == [["mug-3", "blue", "accepted", 1], ["mug-35", "red", "rejected", 2]]
    assert decided.undo() == 1


def test_rules_and_policy_are_in_force_and_go_back(shop: Workspace) -> None:
    assert load_rules(shop).as_json() == {
        "pinned": ("mug-red",), "hidden": ("pan-grey",), "in_stock": False,
        "boosts": ({"field": "category", "value": "Home", "places": 3},),
    }  # fmt: skip
    assert can_undo(shop)
    assert not undo_rules(shop).boosts
    assert "30 days" in read_policy(shop)
    undo_policy(shop)
    assert "14 days" in read_policy(shop)


def test_pictures_and_waiting_files_are_there(shop: Workspace) -> None:
    pictures = Pictures(shop.folder)
    table = pictures.table()
    assert table["product_id"].tolist() == ["mug-red", "mug-blue"]
    assert [pictures.open(name).size for name in table["picture"]] == [(200, 200)] * 2
    colours = [palette.colours[0].name for palette in palettes(table).values()]
    assert colours == ["red", "blue"]
    vectors = read_vectors(pictures)
    assert vectors is not None
    assert (vectors.pictures, vectors.fingerprint) == (table["picture"].tolist(), "made up")
    assert vectors.matrix.tolist() == [[1, 0, 0, 0], [0, 1, 0, 0]]
    assert list(read_tags(pictures).values()) == [[("mug", 0.75)], [("ball", 0.5)]]
    (waiting,) = staging.staged(shop).values()
    assert (waiting.table, waiting.name) == ("judgments", "Judgments of March.csv")
    assert waiting.path.read_text().splitlines()[1] == "cheap red mug,mug-red,3"


@pytest.mark.parametrize("task", TASKS)
def test_a_run_answers_as_before_and_writes_nothing(
    shop: Workspace, ask: Any, tmp_path: Path, task: str
) -> None:
    file, before = tmp_path / "inputs.jsonl", content(shop.folder)
    file.write_text("\n".join(map(json.dumps, INPUTS[task])))
    answers = ask("predict", "tiny", task, "--input", file)["predictions"]
    holds(answers, [answer_today(answer) for answer in EXPECTED["predict"][task]])
    assert content(shop.folder) == before


@pytest.mark.parametrize("task", TASKS)
def test_what_a_run_measured_can_be_asked(ask: Any, task: str) -> None:
    found, record = ask("evaluate", "tiny", task), recorded(task)
    assert found["systems"] == record[TODAY["floors"]] | record["systems"]
    for name in ("run_id", "recommended", "primary_metric", "paired"):
        assert found[name] == record[name]


@pytest.mark.parametrize("task", FILES)
def test_every_system_measures_as_before(ask: Any, tmp_path: Path, task: str) -> None:
    option, text = FILES[task]
    (tmp_path / "truth.csv").write_text(text)
    found = ask("evaluate", "tiny", task, option, tmp_path / "truth.csv")
    holds(found, today(EXPECTED["evaluate"][task]), close=0.01)


@pytest.mark.parametrize("task", TASKS)
def test_the_held_out_answers_give_the_recorded_figures(shop: Workspace, task: str) -> None:
    (run,) = list_runs(shop, task)
    heldout = load_heldout(shop, run.run_id)
    record = recorded(task)
    metrics = record[TODAY["floors"]] | record["systems"]
    assert set(systems_of(heldout)) == set(metrics)
    assert fingerprint(heldout) == record["test_fingerprint"]
    for system, figures in metrics.items():
        value = metric_interval(heldout, system)[0]
        assert value == pytest.approx(figures[record["primary_metric"]], abs=1e-6), system


def test_the_held_out_pages_still_measure_tradeoffs(shop: Workspace) -> None:
    (run,) = list_runs(shop, "interest")
    task, bundle = get_task("interest"), open_bundle(shop, "interest", run.run_id, Silent())
    weights = decode(MEASURE.body, {"weights": EXPECTED["mixes"]})
    found = task.measure(bundle, load_heldout(shop, run.run_id), weights)  # type: ignore[attr-defined]
    holds(encode(found), today(EXPECTED["prices"]))


def test_vectors_of_the_catalog_are_taken_from_disk(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DenseIndex, "save", lambda *_: pytest.fail("encoded again"))
    for task in ("search", "cross_sell", "interest"):
        open_bundle(shop, task, None, Silent())


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_runs_and_jobs_hold_has_its_words(shop: Workspace, language: str) -> None:
    engine = engine_catalog().texts[language]
    for run in list_runs(shop):
        record = run.as_json()
        metrics = record[TODAY["floors"]] | record["systems"]  # type: ignore[operator]
        assert {f"systems.{name}" for name in metrics} <= engine.keys()
        figures = {name.rpartition(".")[2] for row in metrics.values() for name in row}
        assert {f"metrics.{name}" for name in figures - {"rows"}} <= engine.keys()
        assert set(run.notes) <= engine.keys()
    for job in jobs.list_jobs("tiny"):
        assert bool(job.message(language)) == (job.state == "failed")
        for event in jobs.events(job.job_id):
            code = {"stage": f"training.stages.{event.name}", "log": event.name}.get(event.kind)
            assert code is None or code in engine


def test_jobs_stand_as_they_ended(ask: Any) -> None:
    found = {job["task"] + "-" + job["state"]: job for job in ask("jobs", "tiny")["jobs"]}
    assert list(found) == EXPECTED["jobs_newest_first"]
    for name, expected in EXPECTED["jobs"].items():
        about, job_id = expected["job"], expected["job"]["job_id"]
        assert {key: found[name][key] for key in about} == about
        events = jobs.events(job_id)
        counts = Counter(f"{one.kind} {today(one.name)} {one.attempt}" for one in events)
        assert counts == {" ".join(today(k.split())): n for k, n in expected["events"].items()}
        losses = [one.value for one in events if one.name == "loss"]
        assert losses[-1:] == expected["last_loss"]
        assert (job := jobs.get_job(job_id)).config["model"] == "tiny/encoder"
        assert (job.attempt, job.crashes) == (expected["attempt"], expected["crashes"])


def test_a_cancelled_training_goes_on_from_its_checkpoint(shop: Workspace) -> None:
    (job,) = (job for job in jobs.list_jobs("tiny") if job.state == "cancelled")
    jobs.resume(job.job_id)
    assert jobs.get_job(job.job_id).state == "queued"
    progress = Stopping()
    KINDS[job.kind].work(shop, job, progress)
    assert progress.steps[0] == EXPECTED["resumed_at"]
    assert load_run(shop, job.run_id).test_fingerprint == recorded("interest")["test_fingerprint"]


def test_feedback_is_read_as_before(shop: Workspace) -> None:
    expected = EXPECTED["feedback"]
    with Feedback(shop) as feedback:
        logs = {goal: feedback.log(goal) for goal in GOALS}
        log = logs["any"]
        assert {goal: found["reward"].tolist() for goal, found in logs.items()} == expected[
            "rewards"
        ]
        assert feedback.events()["event"].tolist() == expected["events"]
        visits = log["visit"].unique()
        acts = {visit: [list(act) for act in feedback.acts(visit)] for visit in visits}
        assert acts == expected["acts"]
        assert {visit: sorted(feedback.likes(visit)) for visit in visits} == expected["likes"]
        first = feedback.get(log["list_id"][0])
        holds(vars(first) | {"propensity": first.propensity}, expected["first"], close=1e-9)
        feedback.record(first.list_id, first.products[0], "purchase")
        assert feedback.log("purchase")["reward"].sum() == sum(expected["rewards"]["purchase"]) + 1


def test_policies_learn_the_same_from_it(shop: Workspace) -> None:
    expected = EXPECTED["policies"]
    with Feedback(shop) as feedback:
        log = feedback.log()
    arms = list(log["probabilities"][0])
    context = context_vector(log["context"][0])
    found = {name: learn(name, arms, log).probabilities(context).tolist() for name in POLICIES}
    holds(
        {name: dict(zip(arms, chances, strict=True)) for name, chances in found.items()}, expected
    )
    known = beliefs(arms, log["arm"], log["reward"]).set_index("arm")
    holds(known.to_dict("index"), EXPECTED["beliefs"])


def test_chats_are_read_and_hand_overs_still_wait(shop: Workspace) -> None:
    with Chats(shop) as chats:
        turns = [vars(turn) | {"reply": turn.reply.as_json()} for turn in chats.last(99)]
        holds(json.loads(json.dumps(turns)), EXPECTED["chats"], close=1e-9)
        waiting = [turn.number for turn in chats.open_hand_overs()]
        assert waiting == EXPECTED["hand_overs"]
        chats.close(waiting)
        assert not chats.open_hand_overs()


def test_copy_is_kept_and_what_stopped_goes_on(shop: Workspace) -> None:
    stopped, done = batches.list_batches(shop)
    progress = read_progress(shop, done)
    assert (progress.state, progress.failure) == ("done", None)
    for row, expected in zip(progress.rows, EXPECTED["copy"], strict=True):
        holds({name: encode(row)[name] for name in expected}, expected, close=0)
    assert done.brief == Brief("ad")
    progress = read_progress(shop, stopped)
    assert progress.state == "stopped"
    assert progress.failure is not None
    assert "600" in progress.failure.message("zh")
    assert discard_batch(shop, stopped)
    assert batches.list_batches(shop) == [done]


def page(name: str, shop: Workspace, language: str, task: str) -> AppTest:
    return clean(open_page(name, shop, language, task=task))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("task", ["describe", "sentiment", "search"])
def test_the_compare_page_shows_the_recorded_figures(
    shop: Workspace, language: str, task: str
) -> None:
    app, record = page("compare", shop, language, task), recorded(task)
    metrics = record[TODAY["floors"]] | record["systems"]
    primary = record["primary_metric"]
    # Beside the verdict there may be a doubt, where the run could be promoted.
    boxes = [box.value.replace("\\", "") for box in (*app.success, *app.warning, *app.error)]
    assert len([box for box in boxes if f"{record['after'][primary]:.3f}" in box]) == 1
    (table,) = [frame.value for frame in app.dataframe if primary in frame.value]
    assert sorted(table[primary]) == sorted(row[primary] for row in metrics.values())
    settings = app.dataframe[-1].value
    assert len(settings) == len(record["config"])
    said = said_on(app)
    assert f"{record['n_test']:,}" in said
    assert f"{record['n_train']:,}" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tune_page_shows_old_trainings(
    shop: Workspace, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(9.0, 300.0, "cpu", n_train=9, n_validation=9, n_test=9)
    monkeypatch.setattr(client, "ask", lambda *_: plan)
    app = page("tune", shop, language, "intent")
    table = app.dataframe[0].value
    assert len(table) == len(TASKS)
    records = [recorded(task) for task in EXPECTED["runs_newest_first"]]
    metrics = [record["primary_metric"] for record in records]
    for column in ("before", "after"):
        shown = [record[column][metric] for record, metric in zip(records, metrics, strict=True)]
        assert table[column].tolist() == shown
    assert not set(table["metric"]) & {"macro_f1", TODAY["told"]}
    failed = EXPECTED["jobs"]["attributes-failed"]["job"]["job_id"]
    assert jobs.get_job(failed).message(language) in "\n".join(
        box.value for box in app.error
    ).replace("\\", "")
    labels = {button.label for button in app.button if (button.key or "").startswith("resume_")}
    assert (
        labels
        == {
            "en": {"Resume from the last checkpoint", "Start again"},
            "zh": {"从上次的检查点继续", "重新开始"},
        }[language]
    )
