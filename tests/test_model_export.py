"""Tuned models taken home: they answer alike without Shoplab, by the very lines of their cards."""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.errors import InputError, ShoplabError
from engine.messages import LANGUAGES, name_of
from engine.model_export.archive import export_model, push_model
from engine.model_export.incoming import import_model, imported_models
from engine.model_export.source import find_source, is_portable
from engine.models.classifier import Classifier, trunk_depth
from engine.models.encoder import Encoder, load_encoder
from engine.models.generator import load_generator
from engine.models.pretrained import available
from engine.models.tail import make_tail
from engine.models.trunk import Trunk
from engine.storage.files import write_json
from engine.storage.runs import Run, list_runs, run_folder
from engine.storage.workspace import Workspace
from engine.tasks.classify.blend import Blend
from engine.tasks.classify.bundle import TrainedBundle
from engine.tasks.classify.config import ClassificationConfig
from engine.tasks.classify.members import TextVectors
from tests.model_runs_double import make_adapter_run, make_model_run
from tests.runs_double import make_run, make_shop
from tests.tiny import tiny_encoder_folder
from tests.tiny_generator import tiny_generator_folder

LABELS = {"intent": ["browse", "a|b `x`", "deal"], "category": ["mugs", "<b>jackets</b>"]}
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)
# Runs the code of three cards, each in its folder, where no Shoplab can be imported.
ALONE = """
import importlib.util, json, os, sys
assert importlib.util.find_spec("engine") is None
found = {}
for kind, folder, code, ask in json.loads(sys.stdin.read()):
    os.chdir(folder)
    names = {}
    exec(code + ask, names)
    found[kind] = names["found"]
print("ANSWERS" + json.dumps(found))
"""
ASK = {
    "search": "\nfound = {'query': queries.tolist(), 'product': products.tolist()}",
    "intent": "\nfound = {name: one.tolist() for name, one in answers.items()}",
    "describe": "\nfound = model(ids).logits[0, -1].tolist()",
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    texts = ["red mug", "Ceramic mug, red, 300 ml", "rain jacket"]
    return {
        "encoder": tiny_encoder_folder(folder, texts),
        "generator": tiny_generator_folder(folder, texts),
    }


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPLAB_HOME", str(tmp_path_factory.mktemp("home")))
        # Where a processor multiplies faster in 16 bits Shoplab does; here both compute in 32.
        patch.setattr("engine.models.precision._shorter_is_faster", lambda: False)
        yield make_shop("en")


@pytest.fixture(autouse=True)
def own_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imported models go to the state folder of the test, wherever others keep theirs."""
    monkeypatch.delenv("SHOPLAB_MODELS", raising=False)


def tuned_encoder(folder: Path) -> Encoder:
    """The tiny encoder with other weights, as if it had learned, and prefixes."""
    encoder = load_encoder(folder, 16, "cpu")
    with torch.no_grad():
        for weight in encoder.model.parameters():
            weight.add_(0.05 * torch.randn(weight.shape, generator=torch.manual_seed(3)))
    encoder.model.prompts = {"query": "query: ", "passage": "passage: "}
    return encoder


@pytest.fixture(scope="module")
def encoder_run(shop: Workspace, tiny: dict[str, Path]) -> Encoder:
    bundle = make_model_run(shop, "search", "search-1", tiny["encoder"])
    encoder = tuned_encoder(tiny["encoder"])
    encoder.save(bundle / "encoder")
    write_json(bundle / "bundle.json", {"max_tokens": 16})
    return encoder


@pytest.fixture(scope="module")
def classifier_run(shop: Workspace, tiny: dict[str, Path]) -> TrainedBundle:
    bundle = make_model_run(shop, "intent", "intent-1", tiny["encoder"])
    config = ClassificationConfig(adapter="last_k", last_k=1, max_tokens=16)
    vectors = TextVectors(load_encoder(tiny["encoder"], 16, "cpu"))
    trunk = Trunk(vectors.encoder, trunk_depth(vectors.encoder, config))
    tail = make_tail(trunk, {head: len(names) for head, names in LABELS.items()}, config).eval()
    generator = torch.manual_seed(5)
    with torch.no_grad():
        for weight in tail.parameters():
            weight.add_(0.2 * torch.randn(weight.shape, generator=generator))
        tail.heads.middle.add_(0.1)
    sizes = {head: len(names) for head, names in LABELS.items()}
    blends = {"tuned": {head: Blend({"tuned": 0.8}, 1.7, 0.6) for head in LABELS}}
    classifier = Classifier(trunk, tail, sizes)
    trained = TrainedBundle(LABELS, vectors, config, classifier, {}, blends, "tuned")
    trained.save(bundle)
    return trained


@pytest.fixture(scope="module")
def adapter_run(shop: Workspace, tiny: dict[str, Path]) -> torch.nn.Module:
    return make_adapter_run(shop, tiny["generator"]).model


def take(shop: Workspace, task: str, folder: Path, language: str = "en") -> Path:
    """The unpacked archive of the newest run of `task`."""
    file = folder / f"{task}.zip"
    export_model(shop, task, None, file, language)
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder)
    (unpacked,) = folder.glob(f"shoplab-{task}-*/")
    return unpacked


def card_of(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")


def test_models_answer_alike_without_shoplab(
    shop: Workspace,
    encoder_run: Encoder,
    classifier_run: TrainedBundle,
    adapter_run: torch.nn.Module,
    tmp_path: Path,
) -> None:
    folders = {task: take(shop, task, tmp_path) for task in ASK}
    codes = {}
    for task, folder in folders.items():
        (codes[task],) = CODE.findall(card_of(folder))
    asked = [[task, str(folders[task]), codes[task], ASK[task]] for task in ASK]
    done = subprocess.run(
        [sys.executable, "-I", "-c", ALONE],
        input=json.dumps(asked), capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.split("ANSWERS")[1])

    ours = encoder_run.encode(["red mug"], "query")[0]
    assert np.abs(ours - found["search"]["query"][0]).max() < 1e-4
    ours = encoder_run.encode(["Ceramic mug, red, 300 ml"], "passage")[0]
    assert np.abs(ours - found["search"]["product"][0]).max() < 1e-4

    answers = classifier_run.probabilities(["red mug"])["tuned"]
    assert set(found["intent"]) == set(LABELS)
    for head, table in answers.items():
        assert np.abs(table - np.array(found["intent"][head])).max() < 1e-4

    lines = codes["describe"].split("\n")
    (chat,) = [line for line in lines if line.startswith("chat = ")]
    messages = json.loads(chat.removeprefix("chat = "))
    generator = load_generator(Path(find_source(shop, "describe").base))
    ids = torch.tensor([generator.prompt(messages)])
    with torch.no_grad():
        ours = adapter_run(input_ids=ids).logits[0, -1]
    assert np.abs(ours.numpy() - np.array(found["describe"])).max() < 1e-4


def test_the_card_says_what_the_model_is_and_what_was_measured(
    shop: Workspace, classifier_run: TrainedBundle, tmp_path: Path
) -> None:
    for language in LANGUAGES:
        folder = take(shop, "intent", tmp_path / language, language)
        card = card_of(folder)
        run = find_source(shop, "intent").run
        assert card.startswith('---\nlicense: "other"\nlanguage: ["en"]\n')
        assert run.data_fingerprint in card
        assert f"{run.systems['tuned'][run.primary_metric]:.3f} [" in card
        assert name_of("systems.majority", language, "") in card
        # What a shop's column held is shown as it is, and ends no table and no block of code.
        assert r"a\|b \`x\`" in card
        assert r"\<b\>jackets\</b\>" in card
        assert str(Path(run.model).parent) not in card
    about = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    assert about["heads"]["intent"]["labels"] == LABELS["intent"]
    assert about["heads"]["intent"]["temperature"] == pytest.approx(1.7 / 0.8)
    assert about["heads"]["intent"]["threshold"] == 0.6
    assert not [file for file in folder.rglob("*") if file.suffix in (".bin", ".pt", ".py")]


@pytest.mark.parametrize("size", [32, 16])
def test_a_classifier_whose_base_is_another_is_refused(
    shop: Workspace, classifier_run: TrainedBundle, tmp_path: Path, size: int
) -> None:
    file = run_folder(shop, "intent-1") / "bundle" / "tail.safetensors"
    kept, weights = file.read_bytes(), load_file(file)
    name = next(name for name in weights if name.endswith("attention.output.dense.bias"))
    other = f"{name}.unknown" if size == 32 else name
    save_file(weights | {other: torch.zeros(size)}, file)
    with pytest.raises(ShoplabError) as error:
        export_model(shop, "intent", None, tmp_path / "x.zip", "en")
    file.write_bytes(kept)
    assert error.value.code == "tasks.unreadable_run"
    assert not (tmp_path / "x.zip").exists()


def test_an_adapter_carries_its_base_only_where_the_hub_has_no_equal_one(
    shop: Workspace, adapter_run: torch.nn.Module, tmp_path: Path
) -> None:
    source = find_source(shop, "describe")
    assert source.carries_base
    assert (take(shop, "describe", tmp_path) / "base" / "model.safetensors").is_file()
    hub = replace(source, run=replace(source.run, model="Qwen/Qwen2.5-0.5B-Instruct"))
    assert (hub.carries_base, hub.base_on_hub) == (False, "Qwen/Qwen2.5-0.5B-Instruct")
    converted = replace(source, run=replace(source.run, model="SmolLM2-135M-Instruct"))
    assert converted.carries_base
    assert converted.base_on_hub == "HuggingFaceTB/SmolLM2-135M-Instruct"


def test_what_cannot_be_taken_home_is_refused(home: Path) -> None:
    shop = make_shop("en")
    with pytest.raises(InputError, match="no training run") as error:
        find_source(shop, "search")
    make_run(shop, "search", "search-1")
    with pytest.raises(InputError) as error:
        find_source(shop, "search")
    assert error.value.code == "deployment.no_model"
    bundle = run_folder(shop, "search-1") / "bundle"
    write_json(bundle / "bundle.json", {})
    assert not is_portable(shop, find_run(shop))
    with pytest.raises(InputError) as error:
        find_source(shop, "search")
    assert error.value.code == "model_export.not_portable"
    with pytest.raises(InputError) as error:
        find_source(shop, "intent", "search-1")
    assert error.value.code == "tasks.other_run"


def find_run(shop: Workspace) -> Run:
    return list_runs(shop)[0]


def test_a_model_is_pushed_with_a_token_that_no_error_repeats(
    shop: Workspace, encoder_run: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed: dict[str, object] = {}

    class Hub:
        def __init__(self, token: str) -> None:
            self.token = token

        def create_repo(self, repository: str, **options: object) -> str:
            pushed.update(options, repository=repository, token=self.token)
            return f"https://huggingface.co/{repository}"

        def upload_folder(self, repo_id: str, folder_path: Path) -> None:
            pushed["files"] = {file.name for file in folder_path.iterdir()}
            if self.token == "hf_bad":
                raise OSError(f"401 for hf_bad at {repo_id}")

    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    address = push_model(shop, "search", None, "me/search", "hf_good", "en")
    assert address == "https://huggingface.co/me/search"
    assert pushed["private"]
    assert {"README.md", "model.safetensors", "modules.json"} <= set(pushed["files"])
    with pytest.raises(ShoplabError) as error:
        push_model(shop, "search", None, "me/search", "hf_bad", "en")
    assert "hf_bad" not in str(error.value.params)
    with pytest.raises(InputError):
        push_model(shop, "search", None, "../me", "hf_good", "en")


def test_an_exported_model_is_imported_as_one_to_start_from(
    shop: Workspace,
    encoder_run: Encoder,
    adapter_run: torch.nn.Module,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHOPLAB_MODELS", str(tmp_path / "models"))
    for task in ("search", "describe"):
        export_model(shop, task, None, tmp_path / f"{task}.zip", "en")
        assert import_model(tmp_path / f"{task}.zip", task) == f"imported/{task}"
        assert available(f"imported/{task}")
    text = "red mug"
    ours = encoder_run.encode([text], "query")
    again = load_encoder("imported/search", 16, "cpu").encode([text], "query")
    assert np.abs(ours - again).max() < 1e-5
    merged = load_generator("imported/describe")
    ids = torch.tensor([[5, 6, 7]])
    with torch.no_grad():
        gap = merged.model(input_ids=ids).logits - adapter_run(input_ids=ids).logits
    assert gap.abs().max() < 1e-4
    assert imported_models("encoder") == ["imported/search"]
    assert imported_models("generator") == ["imported/describe"]
    with pytest.raises(InputError) as error:
        import_model(tmp_path / "search.zip", "search")
    assert error.value.code == "model_export.name_taken"


HEADER = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
WEIGHTS = len(HEADER).to_bytes(8, "little") + HEADER + b"0000"
SOUND = {
    "m/config.json": b"{}",
    "m/tokenizer_config.json": b"{}",
    "m/model.safetensors": WEIGHTS,
    "m/README.md": b"# A model",
}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"m/model.bin": b"x"}, "unsafe"),
        ({"m/modeling.py": b"x"}, "unsafe"),
        ({"../config.json": b"{}"}, "unsafe"),
        ({"m/../../x.json": b"{}"}, "unsafe"),
        ({"/etc/x.json": b"{}"}, "unsafe"),
        ({"m/config.json": b'{"a": [{"auto_map": {"AutoModel": "x.Y"}}]}'}, "unsafe"),
        ({"m/modules.json": b'[{"type": "os.system"}]'}, "unsafe"),
        ({"m/adapter_config.json": b'{"auto_mapping": {"parent_library": "os"}}'}, "unsafe"),
        ({"m/model.safetensors": WEIGHTS[:-1]}, "damaged"),
        ({"m/model.safetensors": b"\xff" * 40}, "damaged"),
        ({"m/config.json": b"{"}, "damaged"),
        ({"m/adapter_config.json": b'{"base_model_name_or_path": "a/b"}'}, "no_base"),
        ({"m/tokenizer_config.json": None}, "no_model"),
    ],
)
def test_an_archive_with_more_than_a_model_is_refused(
    home: Path, tmp_path: Path, changes: dict[str, bytes | None], code: str
) -> None:
    file = tmp_path / "model.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in (SOUND | changes).items():
            if content is not None:
                archive.writestr(name, content)
    with pytest.raises(InputError) as error:
        import_model(file)
    assert error.value.code == f"model_export.{code}"
    assert not list((home / "models").glob("imported*"))
    (tmp_path / "cut.zip").write_bytes(file.read_bytes()[:-30])
    with pytest.raises(InputError) as error:
        import_model(tmp_path / "cut.zip")
    assert error.value.code == "model_export.damaged"


def test_a_sound_archive_of_small_files_is_taken(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "model.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in SOUND.items():
            archive.writestr(name, content)
    assert import_model(file) == "imported/m"
    assert not (home / "models" / "imported--m" / "README.md").exists()
    with pytest.raises(InputError) as error:
        import_model(file, "../m")
    assert error.value.code == "model_export.bad_name"
