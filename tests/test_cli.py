"""The command line: one document on standard output, the right exit status, no traces of errors."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.cli import COMMANDS, command_line, main
from engine.commands import training
from engine.commands.text import as_text, plain
from engine.settings import PROJECT
from engine.simulation.tiny_shop import tiny_frames
from engine.storage.workspace import Workspace
from engine.tasks import TASKS
from tests.tiny_shop import tiny_workspace
from tests.waiting import LONG

PRODUCTS = "sku,title,price\n1,Red cup,3.00\n2,Blue jug,4.50\n"
FAST = ["--set", "epochs=2", "--set", "learning_rate=2e-3", "--set", "batch_size=16"]


@dataclass
class Done:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output."""
        assert self.out.endswith("\n")
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The error of the document, which holds nothing else."""
        assert self.document.keys() == {"error"}
        assert self.document["error"].keys() == {"code", "message", "details"}
        return self.document["error"]


Command = Callable[..., Done]


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str], home: Path) -> Command:
    def run(*arguments: object) -> Done:
        status = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Done(status, out, err)

    return run


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPLAB_LANGUAGE", "en")
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "TOKENIZERS_PARALLELISM", "PYTHONPATH"):
        monkeypatch.setenv(name, os.environ.get(name, ""))


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    file = tmp_path / "catalog.csv"
    file.write_text(PRODUCTS)
    return file


def run_process(*arguments: object, home: Path, **settings: Any) -> subprocess.CompletedProcess:
    environment = os.environ | {"SHOPLAB_HOME": str(home), "SHOPLAB_LANGUAGE": "en"}
    return subprocess.run(
        [sys.executable, "-m", "engine", *map(str, arguments)],
        capture_output=True, cwd=PROJECT, env=environment, timeout=LONG, **settings,
    )  # fmt: skip


def test_load_makes_the_workspace_and_counts_rows(command: Command, catalog: Path) -> None:
    done = command("load", "shop", "--products", catalog, "--json")
    assert done.status == 0
    assert done.document["tables"]["products"] == {
        "rows": 2, "kept": 2, "rejected": 0, "problems": [],
    }  # fmt: skip
    assert Workspace.open("shop").tables().products["title"].tolist() == ["Red cup", "Blue jug"]
    assert not Workspace.open("shop").language_chosen


def test_load_takes_maps_and_skips_bad_rows(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("a,b,c\n1,Cup,oops\n2,Jug,-4\n,Pan,2\n")
    maps = ["--map", "products.product_id=a", "--map", "products.title=b"]
    maps += ["--map", "products.price=c"]
    refused = command("load", "shop", "--products", file, *maps, "--json")
    assert refused.status == 2
    assert refused.error["code"] == "data.bad_rows"
    assert {detail["row"] for detail in refused.error["details"]} >= {3, 4}
    kept = command("load", "shop", "--products", file, *maps, "--skip-bad-rows", "--json")
    assert kept.status == 0
    found = kept.document["tables"]["products"]
    assert (found["rows"], found["kept"], found["rejected"]) == (3, 1, 2)
    assert all(
        problem.keys() >= {"row", "column", "code", "message"} for problem in found["problems"]
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_sample_shop_brings_its_language(command: Command, language: str) -> None:
    done = command("load", "sample", "--sample", language, "--json")
    assert done.status == 0
    assert set(done.document["tables"]) == {"products", "searches", "orders", "reviews"}
    assert Workspace.open("sample").language == language
    ready = command("ready", "sample", "--json").document["tasks"]
    assert {name: ready[name]["level"] for name in TASKS} == dict.fromkeys(TASKS, "ready")


def test_a_failed_load_leaves_no_new_workspace_and_an_old_one_as_it_was(
    command: Command, home: Path, catalog: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    assert command("load", "shop", "--products", empty).status == 2
    assert not list((home / "workspaces").glob("*"))
    command("load", "shop", "--products", catalog)
    before = Workspace.open("shop").tables().fingerprint
    assert command("load", "shop", "--products", empty).status == 2
    assert Workspace.open("shop").tables().fingerprint == before


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["bogus"], "cli.usage"),
        (["load", "shop"], "cli.nothing_to_load"),
        (["load", "shop", "--sample", "fr"], "cli.usage"),
        (["load", "shop", "--sample", "en", "--products", "x.csv"], "cli.sample_alone"),
        (["load", "shop", "--products", "x.csv", "--map", "title=name"], "cli.bad_map"),
        (["load", "shop", "--products", "missing.csv"], "reader.missing"),
        (["load", "no/good", "--sample", "en"], "workspace.bad_name"),
        (["load", "../up", "--sample", "en"], "workspace.bad_name"),
        (["ready"], "cli.missing"),
        (["ready", "nowhere"], "workspace.unknown"),
        (["ready", "shop", "--deep"], "cli.no_such_option"),
        (["ready", "shop", "--language", "fr"], "cli.bad_language"),
        (["ready", "shop", "--language"], "cli.bad_language"),
        (["train", "nowhere", "search"], "workspace.unknown"),
        (["train", "tiny", "mind_reading"], "tasks.unknown"),
        (["train", "tiny", "search", "--set", "epochs"], "cli.bad_setting"),
        (["train", "tiny", "search", "--set", "=3"], "cli.bad_setting"),
        (["train", "tiny", "search", "--set", "epoch=3"], "training.bad_setting"),
        (["train", "tiny", "intent", "--set", "epochs=many"], "training.bad_setting"),
        (["train", "tiny", "search", "--preset", "slow"], "training.unknown_preset"),
        (["train", "tiny", "search", "--model", "no-such"], "models.unknown"),
        (["curve", "nowhere", "search"], "workspace.unknown"),
        (["curve", "tiny", "mind_reading"], "tasks.unknown"),
        (["curve", "tiny", "search", "--set", "epochs"], "cli.bad_setting"),
        (["sweep", "tiny", "intent", "--set", "epochs=2"], "sweep.size"),
        (["sweep", "tiny", "intent", "--set", "epochs=2,many"], "training.bad_setting"),
        (["evaluate", "tiny", "search"], "tasks.no_run"),
        (["evaluate", "tiny", "search", "--run", "../x"], "workspace.unknown_run"),
        (["evaluate", "tiny", "intent", "--judgments", "x.csv"], "cli.wrong_file"),
        (["evaluate", "tiny", "search", "--input", "x.csv"], "cli.wrong_file"),
        (["evaluate", "tiny", "search", "--input", "x", "--judgments", "y"], "cli.one_file"),
        (["predict", "tiny", "search"], "cli.missing"),
        (["predict", "tiny", "search", "--input", "missing.jsonl"], "reader.missing"),
        (["runs", "nowhere"], "workspace.unknown"),
        (["jobs", "nowhere"], "workspace.unknown"),
        (["simulate", "out", "--products", "0"], "cli.usage"),
        (["simulate", "out", "--products", "many"], "cli.usage"),
        (["course", "check", "nowhere"], "course.no_folder"),
        (["course", "mend"], "cli.usage"),
    ],
)
def test_bad_input_is_an_error_with_a_code_and_status_2(
    command: Command, arguments: Sequence[str], code: str
) -> None:
    tiny_workspace()
    done = command(*arguments, "--json")
    assert (done.status, done.error["code"]) == (2, code)
    assert done.error["message"]
    assert "Traceback" not in done.err
    spoken = command(*arguments)
    assert (spoken.status, spoken.out) == (2, "")
    assert done.error["message"] in spoken.err


def test_messages_come_in_the_chosen_language(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "没有名为" in command("ready", "x", "--json", "--language", "zh").error["message"]
    assert "没有名为" in command("--language=zh", "ready", "x").err
    monkeypatch.setenv("SHOPLAB_LANGUAGE", "zh_CN")
    assert "没有名为" in command("ready", "x").err
    monkeypatch.delenv("SHOPLAB_LANGUAGE")
    for locale, said in (("zh_CN.UTF-8", "没有名为"), ("de_DE.UTF-8", "There is no workspace")):
        monkeypatch.setenv("LANG", locale)
        assert said in command("ready", "x").err


def test_what_libraries_print_never_reaches_the_answer(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def noisy(name: str) -> None:
        print("a library says hello")
        os.write(1, b"and so does its C code\n")
        raise RuntimeError("broken inside")

    monkeypatch.setattr(training, "get_task", noisy)
    tiny_workspace()
    done = command("train", "tiny", "search", "--json")
    assert done.status == 1
    assert done.error["code"] == "cli.failed"
    assert "broken inside" in done.error["message"]
    assert "library says hello" in done.err
    assert "C code" in done.err
    assert "Traceback" not in done.err
    monkeypatch.setenv("SHOPLAB_DEBUG", "1")
    assert "Traceback" in command("train", "tiny", "search", "--json").err


def test_an_interrupt_is_a_cancel(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "get_task", interrupted)
    tiny_workspace()
    done = command("train", "tiny", "search", "--json")
    assert (done.status, done.error["code"]) == (1, "jobs.cancelled")


def test_doctor_names_machine_models_and_mends(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SHOPLAB_MODELS", str(tmp_path / "none"))
    found = command("doctor", "--json").document
    assert found.keys() >= {"machine", "device", "models", "disk", "problems", "ok"}
    assert found["machine"]["cpus"] >= 1
    assert found["device"]["kind"] in ("cpu", "cuda")
    assert "cli.no_model_yet" in [problem["code"] for problem in found["problems"]]
    assert str(tmp_path / "none") in command("doctor", "--quick", "--language", "zh").out


def test_simulate_writes_a_shop_that_loads(command: Command, tmp_path: Path) -> None:
    sizes = ["--products", 30, "--searches", 200, "--orders", 20, "--reviews", 20]
    done = command("simulate", tmp_path / "shop", *sizes, "--language", "zh", "--truth", "--json")
    assert done.document["language"] == "zh"
    files = done.document["files"]
    arguments = [
        part
        for table, about in files.items()
        for part in (f"--{table}", tmp_path / "shop" / about["file"])
    ]
    loaded = command("load", "made", *arguments, "--json").document
    assert set(loaded["tables"]) == set(files)
    assert loaded["language"] == "zh"


def test_jobs_and_runs_of_a_new_shop_are_empty_lists(command: Command) -> None:
    tiny_workspace()
    assert command("jobs", "--json").document == {"jobs": []}
    listed = command("runs", "tiny", "--json").document
    assert listed == {"workspace": "tiny", "served": {}, "runs": []}


def test_listing_needs_no_torch(home: Path) -> None:
    tiny_workspace()
    code = (
        "import sys; from engine.cli import main; "
        "status = [main([command, 'tiny']) for command in ('ready', 'runs', 'jobs')]; "
        "sys.exit('torch' in sys.modules or any(status))"
    )
    environment = os.environ | {"SHOPLAB_HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environment, check=False)
    assert done.returncode == 0


def test_a_load_waits_for_nothing_that_other_commands_import(home: Path, catalog: Path) -> None:
    code = (
        "import sys; from engine.cli import main; "
        f"status = main(['load', 'lean', '--products', {str(catalog)!r}]); "
        "others = {'engine.jobs', 'engine.tasks', 'engine.serving'}; "
        "sys.exit(status or sorted(others & set(sys.modules)) or 0)"
    )
    environment = os.environ | {"SHOPLAB_HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environment, check=False)
    assert done.returncode == 0


def test_the_command_that_is_typed_is_known_alone_and_the_help_knows_all() -> None:
    for name in COMMANDS:
        assert [one.name for one in command_line([name, "x"]).registered_commands] == [name]
    for arguments in ([], ["--help"], ["lod"]):
        commands = command_line(arguments).registered_commands
        assert [one.name for one in commands] == list(COMMANDS)


def test_help_is_a_text_on_standard_output(command: Command) -> None:
    done = command("train", "--help")
    assert done.status == 0
    for option in ("--preset", "--set", "--model", "--json"):
        assert option in done.out


def test_train_evaluate_and_predict(
    command: Command, model: str, home: Path, tmp_path: Path
) -> None:
    """What is trained and measured here is answered with by a process of its own."""
    tiny_workspace()
    train = ("train", "tiny", "search", "--model", model, "--preset", "quick", *FAST)
    trained = command(*train, "--json")
    assert trained.status == 0, trained.err
    run = trained.document
    assert run["config"]["epochs"] == 2
    assert run["recommended"] in run["baselines"] | run["systems"]
    assert "train" in trained.err

    log = tiny_frames()["searches"].drop_duplicates("query").iloc[::10]
    log.assign(query="buy " + log["query"], relevance=3).to_csv(tmp_path / "truth.csv", index=False)
    judgments = ("--judgments", tmp_path / "truth.csv")
    measured = command("evaluate", "tiny", "search", *judgments, "--json")
    assert measured.status == 0, measured.err
    found = measured.document
    assert found["queries"] == len(log)
    assert found["run_id"] == run["run_id"]
    for name in ("bm25", "untuned", "tuned", "hybrid_untuned", "hybrid_tuned"):
        assert found["systems"][name].keys() >= {"ndcg@10", "recall@50", "mrr@10", "judged@10"}
        assert found["unjudged_at_10"][name] == pytest.approx(
            1 - found["systems"][name]["judged@10"]
        )
    assert found["paired"].keys() >= {"against", "tuned_vs_untuned", "hybrid_tuned_vs_bm25"}

    queries = "".join(json.dumps({"query": f"red mug {n}", "k": 2}) + "\n\n" for n in range(70))
    answered = run_process(
        "predict", "tiny", "search", "--input", "-", home=home, input=queries.encode()
    )
    assert answered.returncode == 0, answered.stderr.decode()
    lines = [json.loads(line) for line in answered.stdout.splitlines()]
    assert [line["query"] for line in lines] == [f"red mug {n}" for n in range(70)]
    assert all(len(line["results"]) == 2 for line in lines)


def test_untuned_answers_and_measures_without_a_run(
    command: Command, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_workspace()
    monkeypatch.setattr("engine.tasks.search.task.default_encoder", lambda language: model)
    measured = command("evaluate", "tiny", "search", "--run", "untuned", "--json").document
    assert "untuned" in measured["systems"]
    assert "tuned" not in measured["systems"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"query": "mug"}\n')))
    found = command("predict", "tiny", "search", "--run", "untuned", "--input", "-", "--json")
    assert [answer["query"] for answer in found.document["predictions"]] == ["mug"]


@pytest.mark.parametrize(
    ("lines", "code", "row"),
    [
        ('{"query": "mug"}\n\nnot json\n', "reader.broken_json_line", 3),
        ('{"query": "mug"}\n[1]\n', "reader.no_record", 2),
        ('{"query": "mug"}\n\n{"text": "mug"}\n', "codec.no_text", 3),
    ],
)
def test_a_bad_line_is_named(
    command: Command,
    model: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lines: str,
    code: str,
    row: int,
) -> None:
    tiny_workspace()
    monkeypatch.setattr("engine.tasks.search.task.default_encoder", lambda language: model)
    file = tmp_path / "inputs.jsonl"
    file.write_text(lines)
    done = command("predict", "tiny", "search", "--run", "untuned", "--input", file, "--json")
    assert (done.status, done.error["code"]) == (2, code)
    assert str(row) in done.error["message"]


def test_plain_values_are_json_and_missing_numbers_null() -> None:
    found = plain({"a": float("nan"), "b": [float("inf"), 1.5], "c": Path("x"), 3: True})
    assert found == {"a": None, "b": [None, 1.5], "c": "x", "3": True}
    with pytest.raises(TypeError):
        plain({"a": object()})


def test_text_shows_every_value_once() -> None:
    value = {
        "name": "tiny", "nothing": [], "rate": 0.123456,
        "systems": {"bm25": {"ndcg": 0.5}, "tuned": {"ndcg": 0.75}},
        "problems": [{"code": "x", "message": "Mend it."}], "words": ["a", "b"],
    }  # fmt: skip
    text = as_text(value)
    for part in ("name: tiny", "nothing: -", "rate: 0.1235", "bm25", "0.75", "Mend it.", "  a"):
        assert text.count(part) == 1


def test_a_folder_of_exercises_is_checked(command: Command, tmp_path: Path) -> None:
    shipped = PROJECT / "engine" / "course" / "exercises"
    done = command("course", "check", shipped, "--json")
    assert done.status == 0
    titles = {one: len(rows) for one, rows in done.document["exercises"].items()}
    assert titles["en"] == titles["zh"] > 10
    text = next((shipped / "en").glob("*.md")).read_text(encoding="utf-8")
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "own.md").write_text(text.replace("minutes:", "minuts:"), encoding="utf-8")
    done = command("course", "check", tmp_path, "--json")
    assert (done.status, done.error["code"]) == (2, "course.invalid")
    lines = {row["file"]: row["row"] for row in done.error["details"]}
    assert lines["en/own.md"] > 1
    assert "en/own.md 第" in command("course", "check", tmp_path, "--language", "zh").err
