"""A tuning that several processes share: the same weights in all, and those that one learns."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from engine.config import BiEncoderConfig, ClassifierConfig, GeneratorConfig
from engine.labelling.labelled_texts import Examples
from engine.models.bi_encoder import Check, Pairs
from engine.models.generator_tuning import Pair
from engine.models.processes import run_together
from engine.models.spreading import EXCHANGE, RESULT, Tuning, hand_out, processes_for, tune
from engine.models.tunings import BiEncoderTuning, ClassifierTuning, GeneratorTuning
from engine.models.work import START_SECONDS, Phase, Work, spread_work
from engine.progress import Progress, Silent
from tests.tiny import tiny_encoder_folder
from tests.tiny_generator import tiny_generator_folder

QUERIES = ["drink", "walk", "read", "cook", "sleep", "sit", "wash", "write"]
PRODUCTS = ["mug", "shoe", "lamp", "pan", "bed", "chair", "soap", "pen"]
LEARN = {"epochs": 2, "batch_size": 4, "learning_rate": 1e-3, "dropout": 0.0, "patience": 0}


class Recorder(Silent):
    """Keeps the steps of trainings."""

    def __init__(self) -> None:
        self.steps: list[int] = []

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        if name == "train":
            self.steps.append(done)


@pytest.fixture(scope="module")
def tunings(tmp_path_factory: pytest.TempPathFactory) -> list[Tuning]:
    """One of each kind, in batches of four, and nothing drawn at random while learning."""
    folder = tmp_path_factory.mktemp("models")
    encoder = {"model": str(tiny_encoder_folder(folder, [*QUERIES, *PRODUCTS])), "max_tokens": 8}
    names = {name: name for name in QUERIES}
    check = Check(names, dict(zip(PRODUCTS, PRODUCTS, strict=True)), {"drink": {"mug"}})
    codes = np.arange(16) % 3 - 1
    examples = Examples([*QUERIES, *PRODUCTS], {"kind": codes}, {"kind": np.linspace(1, 5, 16)})
    generator = str(tiny_generator_folder(folder / "generator"))
    chats = [[{"role": "user", "content": name * place}] for place, name in enumerate(QUERIES, 1)]
    answers = [Pair(chat, name) for chat, name in zip(chats, PRODUCTS, strict=True)]
    return [
        BiEncoderTuning(
            Pairs(QUERIES, PRODUCTS), check, BiEncoderConfig.model_validate(LEARN | encoder)
        ),
        ClassifierTuning(
            {"kind": 2},
            examples,
            examples,
            ClassifierConfig.model_validate(LEARN | encoder | {"token_dropout": 0.0}),
        ),
        GeneratorTuning(
            answers,
            answers[:3],
            GeneratorConfig.model_validate(LEARN | {"model": generator, "max_tokens": 400}),
        ),
    ]


def learned(folder: Path) -> dict[str, np.ndarray]:
    """The weights in what was saved of a tuned model."""
    (file,) = folder.rglob("*.safetensors")
    return load_file(file)


def test_two_processes_learn_the_same_as_one(
    tunings: list[Tuning], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.models.precision._shorter_is_faster", lambda: False)
    kinds = [tuning.kind for tuning in tunings]
    for tuning in tunings:
        hand_out(tuning, tmp_path / tuning.kind)
    progress = Recorder()
    command = [sys.executable, "-m", "tests.doubles.ranks", str(tmp_path), *kinds]
    run_together(command, 2, progress)
    assert progress.steps == [*range(1, 5), *range(1, 9), *range(1, 5)]

    def hand_back(command: Sequence[str], count: int, progress: Progress) -> None:
        """What the processes wrote, as if they ran once more."""
        kind, folder = command[-2:]
        shutil.copytree(tmp_path / kind / EXCHANGE / RESULT, Path(folder, EXCHANGE, RESULT))

    monkeypatch.setattr("engine.models.spreading.run_together", hand_back)
    for tuning in tunings:
        both = [learned(tmp_path / tuning.kind / f"rank{rank}") for rank in (0, 1)]
        folders = {name: tmp_path / name / tuning.kind for name in ("alone", "together")}
        monkeypatch.setenv("SHOPLAB_TRAINING_PROCESSES", "1")
        alone = tune(tuning, tuning.open(), folders["alone"], Silent())
        monkeypatch.setenv("SHOPLAB_TRAINING_PROCESSES", "2")
        together = tune(tuning, tuning.open(), folders["together"], Silent())
        assert not (folders["together"] / EXCHANGE).exists()
        for name, tuned in (("alone", alone), ("together", together)):
            tuning.save(tuned, folders[name] / "saved")
        one, two = (learned(folder / "saved") for folder in folders.values())
        assert one.keys() == two.keys()
        for name, weight in one.items():
            assert all(np.array_equal(weights[name], two[name]) for weights in both)
            # Attention does not depend on the keys' bias: its gradient is rounding alone.
            same = name.endswith("key.bias") or np.allclose(two[name], weight, atol=1e-4)
            assert same, name


@pytest.mark.parametrize(
    ("gpus", "wanted", "batch", "examples", "count"),
    [
        (0, "", 32, 1000, 1), (1, "", 32, 1000, 1), (4, "", 32, 1000, 4), (3, "", 32, 1000, 2),
        (8, "", 12, 1000, 4), (8, "", 9, 1000, 1), (4, "", 32, 63, 1), (4, "2", 32, 64, 2),
        (2, "4", 32, 1000, 2), (4, "1", 32, 1000, 1), (0, "2", 32, 1000, 2),
    ],
)  # fmt: skip
def test_as_many_processes_as_there_are_gpus_for_equal_parts_of_a_batch(
    monkeypatch: pytest.MonkeyPatch, gpus: int, wanted: str, batch: int, examples: int, count: int
) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: gpus)
    monkeypatch.setenv("SHOPLAB_TRAINING_PROCESSES", wanted)
    assert processes_for(batch, examples) == count


def test_gpus_share_the_time_of_what_is_shared_and_each_process_takes_memory() -> None:
    phases = [Phase(6, lambda: 1.0), Phase(8, lambda: 1.0, shared=True)]
    work = Work(8, 6, phases, fixed_seconds=1, memory_bytes=100, device="cuda")
    spread = spread_work(work, 4, process_bytes=1000)
    assert [phase.units for phase in spread.phases] == [6, 2]
    assert (spread.fixed_seconds, spread.memory_bytes) == (1 + START_SECONDS, 4400)
    on_cores = spread_work(replace(work, device="cpu"), 2, process_bytes=1000)
    assert [phase.units for phase in on_cores.phases] == [6, 8]
    assert spread_work(work, 1, process_bytes=1000) == work
    alone = replace(work, phases=phases[:1])
    assert spread_work(alone, 4, process_bytes=1000) == alone
