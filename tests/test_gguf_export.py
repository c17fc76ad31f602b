"""A generator as a GGUF file: read back, it reads and writes as the model that was tuned."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFReader, TokenType
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2Config, Qwen2ForCausalLM
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

from engine.errors import InputError
from engine.messages import LANGUAGES, name_of
from engine.model_export.archive import export_gguf
from engine.model_export.gguf_file import _interleaved
from engine.model_export.gguf_weights import find_generator, gguf_bytes
from engine.models.generator import Generator
from engine.storage.files import write_json
from engine.storage.runs import run_folder
from engine.storage.workspace import Workspace
from tests.model_runs_double import make_adapter_run, make_model_run
from tests.runs_double import make_shop
from tests.tiny_generator import tiny_generator_folder

TEXTS = [
    "Ceramic mug, red, 300 ml",
    "It's dry; don't wash it above 30 degrees!",
    "陶瓷马克杯 红色 300ml，请勿暴晒。",
    "1234567890 12.50 0x1F",
    "one\n\ntwo  three\t four \r\n",
    "<|im_start|>user\nred mug 🫖<|im_end|>\n",
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPLAB_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("SHOPLAB_MODELS", raising=False)
        yield make_shop("en")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_generator_folder(tmp_path_factory.mktemp("models"), TEXTS)


@pytest.fixture(scope="module")
def tuned(shop: Workspace, base: Path) -> Generator:
    return make_adapter_run(shop, base)


def read_back(file: Path) -> Generator:
    """The model of a GGUF file as transformers reads it."""
    where = {"pretrained_model_name_or_path": file.parent, "gguf_file": file.name}
    model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
    return Generator(model.eval(), AutoTokenizer.from_pretrained(**where))


def fields_of(file: Path) -> dict[str, object]:
    return {name: field.contents() for name, field in GGUFReader(file).fields.items()}


def answer_alike(one: Generator, other: Generator, gap: float) -> None:
    for text in TEXTS:
        ids = one.tokenizer(text)["input_ids"]
        assert other.tokenizer(text)["input_ids"] == ids
        assert other.tokenizer.decode(ids) == text
        rows = torch.tensor([ids])
        with torch.no_grad():
            ours, theirs = one.model(input_ids=rows).logits, other.model(input_ids=rows).logits
        assert (ours - theirs).abs().max() <= gap * ours.abs().max()


def greedy(generator: Generator, chat: list[dict[str, str]]) -> list[int]:
    ids = torch.tensor([generator.prompt(chat)])
    out = generator.model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=20,
        do_sample=False,
        pad_token_id=generator.end,
    )
    return out[0].tolist()


def test_a_file_in_16_bits_is_the_tuned_model(
    shop: Workspace, tuned: Generator, tmp_path: Path
) -> None:
    file = tmp_path / "copy.gguf"
    export_gguf(shop, "describe", None, file, "f16", "en")
    again = read_back(file)
    answer_alike(tuned, again, 5e-3)
    # To the bit: the matrices are merged, and queries and keys turned as llama.cpp wants them.
    for name, weight in tuned.model.state_dict().items():
        kept = weight.half().float() if weight.ndim > 1 else weight
        assert torch.equal(again.model.state_dict()[name], kept), name
    chat = [{"role": "user", "content": "Write about a red mug."}]
    assert again.prompt(chat) == tuned.prompt(chat)
    assert greedy(again, chat) == greedy(tuned, chat)
    assert again.end == tuned.end
    size = gguf_bytes(find_generator(shop, "describe"), "f16")
    assert abs(sum(int(one.n_bytes) for one in GGUFReader(file).tensors) - size) < 0.05 * size


def test_a_file_in_8_bits_is_smaller_and_close(
    shop: Workspace, tuned: Generator, tmp_path: Path
) -> None:
    file = tmp_path / "copy.gguf"
    source = export_gguf(shop, "describe", None, file, "q8_0", "en")
    kinds = {one.name: one.tensor_type for one in GGUFReader(file).tensors}
    assert kinds["blk.0.attn_q.weight"] == GGMLQuantizationType.Q8_0
    assert kinds["blk.0.attn_norm.weight"] == GGMLQuantizationType.F32
    again = read_back(file)
    answer_alike(tuned, again, 0.1)
    # 32 weights share a scale: each is off by half a step, and by what the scale is rounded.
    for name, weight in tuned.model.state_dict().items():
        if weight.ndim > 1:
            blocks = weight.reshape(-1, 32)
            gap = (again.model.state_dict()[name].reshape(-1, 32) - blocks).abs()
            assert (gap <= blocks.abs().amax(dim=1, keepdim=True) / 200).all(), name
    assert gguf_bytes(source, "q8_0") / gguf_bytes(source, "f16") == pytest.approx(17 / 32, 0.01)


def test_neighbours_are_turned_in_place_of_halves() -> None:
    rows = np.arange(8, dtype=np.float32)
    assert _interleaved(rows, 2).tolist() == [0, 2, 1, 3, 4, 6, 5, 7]
    matrix = np.stack([rows, -rows], axis=1)
    assert _interleaved(matrix, 1)[:, 0].tolist() == [0, 4, 1, 5, 2, 6, 3, 7]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_says_where_it_comes_from(
    shop: Workspace, tuned: Generator, base: Path, tmp_path: Path, language: str
) -> None:
    file = tmp_path / "copy.gguf"
    run = export_gguf(shop, "describe", None, file, "f16", language).run
    about = fields_of(file)
    assert about["general.architecture"] == "llama"
    assert about["general.name"] == f"{base.name} (describe)"
    assert about["shoplab.run"] == run.run_id
    assert about["shoplab.data_fingerprint"] == run.data_fingerprint
    card = str(about["shoplab.card"])
    assert f'gguf_file="shoplab-{run.run_id}-f16.gguf"' in card
    assert name_of("model_export.card.limit.gguf", language, "") in card
    assert str(base.parent) not in str(about)
    assert about["tokenizer.ggml.pre"] == "gpt-2"
    assert (about["tokenizer.ggml.add_bos_token"], about["tokenizer.ggml.eos_token_id"]) == (0, 2)
    kinds = about["tokenizer.ggml.token_type"]
    assert isinstance(kinds, list)
    assert kinds[:4] == [TokenType.CONTROL] * 3 + [TokenType.NORMAL]


def test_licence_and_base_are_those_of_the_catalog(
    shop: Workspace, tuned: Generator, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = find_generator(shop, "describe").run
    monkeypatch.setattr("engine.models.pretrained._find", lambda _: base)
    record = run_folder(shop, run.run_id) / "run.json"
    write_json(record, replace(run, model="SmolLM2-135M-Instruct").as_json())
    file = tmp_path / "copy.gguf"
    export_gguf(shop, "describe", None, file, "f16", "en")
    write_json(record, run.as_json())
    about = fields_of(file)
    assert about["general.license"] == "apache-2.0"
    address = "https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct"
    assert about["general.base_model.0.repo_url"] == address


def whole_run(shop: Workspace, run_id: str, folder: Path, **config: object) -> Path:
    """A run that tuned all of a generator, whose settings are then changed; returns its folder."""
    bundle = make_model_run(shop, "describe", run_id, folder)
    write_json(bundle / "bundle.json", {})
    target = bundle / "generator"
    target.mkdir(parents=True)
    for file in folder.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    if config:
        settings = json.loads((target / "config.json").read_text(encoding="utf-8"))
        write_json(target / "config.json", settings | config)
    return target


def cut(folder: Path, pre_tokenizer: pre_tokenizers.PreTokenizer) -> None:
    """Let the tokenizer in `folder` cut texts in another way."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.save_pretrained(folder)


def test_a_qwen_model_with_more_rows_than_tokens_is_written_too(
    shop: Workspace, base: Path, tmp_path: Path
) -> None:
    folder = whole_run(shop, "describe-2", base)
    config = Qwen2Config(
        vocab_size=1024, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, eos_token_id=2, tie_word_embeddings=False,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(5)
        model = Qwen2ForCausalLM(config).eval()
    with torch.no_grad():
        model.model.layers[0].self_attn.q_proj.bias.add_(0.5)
    model.save_pretrained(folder)
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    split = pre_tokenizers.Split(PRETOKENIZE_REGEX, behavior="isolated")
    cut(folder, pre_tokenizers.Sequence([split, level]))
    file = tmp_path / "copy.gguf"
    export_gguf(shop, "describe", "describe-2", file, "f16", "zh")
    about = fields_of(file)
    assert (about["general.architecture"], about["tokenizer.ggml.pre"]) == ("qwen2", "qwen2")
    tokens = about["tokenizer.ggml.tokens"]
    assert isinstance(tokens, list) and len(tokens) == 1024 and tokens[-1] == "[PAD1023]"
    answer_alike(Generator(model, AutoTokenizer.from_pretrained(folder)), read_back(file), 5e-3)


def test_digits_that_stand_alone_are_named(shop: Workspace, base: Path, tmp_path: Path) -> None:
    folder = whole_run(shop, "describe-3", base)
    digits = pre_tokenizers.Digits(individual_digits=True)
    cut(folder, pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)]))
    export_gguf(shop, "describe", "describe-3", tmp_path / "copy.gguf", "f16", "en")
    assert fields_of(tmp_path / "copy.gguf")["tokenizer.ggml.pre"] == "smollm"


def test_what_a_file_cannot_hold_is_refused(shop: Workspace, base: Path, tmp_path: Path) -> None:
    file = tmp_path / "copy.gguf"

    def refused(task: str, run_id: str) -> str:
        with pytest.raises(InputError) as error:
            export_gguf(shop, task, run_id, file, "f16", "en")
        assert not list(tmp_path.iterdir())
        return error.value.code

    encoder = make_model_run(shop, "search", "search-1", base)
    write_json(encoder / "bundle.json", {})
    write_json(encoder / "encoder" / "config.json", {})
    assert refused("search", "search-1") == "model_export.gguf_other_model"
    stretched = {"rope_type": "linear", "factor": 2.0, "rope_theta": 10000.0}
    whole_run(shop, "describe-4", base, rope_parameters=stretched)
    assert refused("describe", "describe-4") == "model_export.gguf_other_family"
    whole_run(shop, "describe-5", base, model_type="mistral", architectures=["MistralForCausalLM"])
    assert refused("describe", "describe-5") == "model_export.gguf_other_family"
    cut(whole_run(shop, "describe-6", base), pre_tokenizers.Whitespace())
    assert refused("describe", "describe-6") == "model_export.gguf_tokenizer"
