"""Reading in 8 bits: near the vectors of 32, found out once, and never with weights of before."""

import errno
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.config import BiEncoderConfig
from engine.models import int8_layers, quickening
from engine.models.bi_encoder import Pairs, tune_bi_encoder
from engine.models.encoder import Encoder, load_encoder
from engine.models.int8_layers import Int8Layers, write_layers
from engine.models.quickening import MANY, quicken
from engine.progress import Silent
from engine.retrieval.dense import open_index
from tests.tiny import tiny_encoder_folder

WORDS = ["red", "blue", "shoes", "hat", "mug", "running", "红色", "连衣裙"]
TEXTS = [" ".join(WORDS[: 1 + n % len(WORDS)]) + f" {n}" for n in range(MANY)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoder_folder(tmp_path_factory.mktemp("tiny"), WORDS)


@pytest.fixture
def encoder(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Encoder:
    monkeypatch.setenv("SHOPLAB_HOME", str(tmp_path / "home"))
    return load_encoder(folder, 16, "cpu")


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that reading takes before and after, in turn; what was not asked for is left."""
    seconds = [2.0, 1.0]
    monkeypatch.setattr(quickening, "fastest_seconds", lambda _work, _runs: seconds.pop(0))
    return seconds


def test_vectors_in_8_bits_are_near_and_another_than_those_of_32(
    encoder: Encoder, tmp_path: Path
) -> None:
    full = encoder.encode(TEXTS[:40])
    write_layers(encoder.transformer, tmp_path / "layers.xml")
    encoder.int8 = Int8Layers(tmp_path / "layers.xml")
    short = encoder.encode(TEXTS[:40])
    assert np.allclose(np.linalg.norm(short, axis=1), 1, atol=1e-5)
    assert (full * short).sum(axis=1).min() > 0.99
    assert not np.allclose(full, short, atol=1e-6)
    alone = np.vstack([encoder.encode([text]) for text in TEXTS[:8]])
    assert np.allclose(alone, short[:8], atol=1e-3)
    in_full = sum(one.nbytes for one in encoder.transformer.parameters())
    assert (tmp_path / "layers.bin").stat().st_size < in_full / 2


def test_nobody_is_told_that_openvino_is_used(encoder: Encoder, tmp_path: Path) -> None:
    write_layers(encoder.transformer, tmp_path / "layers.xml")
    assert sys.modules["openvino_telemetry"] is None
    from openvino.tools.ovc import telemetry_utils

    assert telemetry_utils.tm.__name__ == "openvino.tools.ovc.telemetry_stub"


def test_it_is_found_out_once_with_many_texts_and_remembered(
    encoder: Encoder, folder: Path, measured: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    quicken(encoder, TEXTS[:-1])
    assert encoder.int8 is None
    quicken(encoder, TEXTS)
    assert encoder.int8 is not None
    assert not measured
    later = load_encoder(folder, 16, "cpu")
    quicken(later, [])
    assert later.int8 is not None


def test_what_is_hardly_faster_is_not_tried_again(
    encoder: Encoder, folder: Path, measured: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured[:] = [1.1, 1.0]
    quicken(encoder, TEXTS)
    assert encoder.int8 is None
    monkeypatch.setattr(quickening, "_layers", lambda *_: pytest.fail("written again"))
    quicken(load_encoder(folder, 16, "cpu"), TEXTS)


def test_vectors_that_move_too_far_are_not_taken(
    encoder: Encoder, folder: Path, measured: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quickening, "NEAR", 1.01)
    quicken(encoder, TEXTS)
    assert encoder.int8 is None
    assert measured == [2.0, 1.0]
    monkeypatch.setattr(quickening, "_layers", lambda *_: pytest.fail("written again"))
    quicken(load_encoder(folder, 16, "cpu"), TEXTS)


def test_what_openvino_cannot_follow_is_read_as_before(
    encoder: Encoder, measured: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("an operation is not known")

    monkeypatch.setattr(quickening, "write_layers", fail)
    quicken(encoder, TEXTS)
    assert encoder.int8 is None
    assert encoder.encode(TEXTS[:20]).shape == (20, 32)
    monkeypatch.setattr(quickening, "write_layers", lambda *_: pytest.fail("tried again"))
    quicken(encoder, TEXTS)


def test_a_full_disk_is_no_reason_to_give_up_for_good(
    encoder: Encoder, measured: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(quickening, "write_layers", refuse)
        quicken(encoder, TEXTS)
    assert encoder.int8 is None
    quicken(encoder, TEXTS)
    assert encoder.int8 is not None


def test_without_the_library_all_is_read_as_before(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(int8_layers, "find_spec", lambda _: None)
    monkeypatch.setattr(quickening, "_decide", lambda *_: pytest.fail("looked for"))
    quicken(encoder, TEXTS)


def test_the_layers_of_few_encoders_are_kept(
    encoder: Encoder, folder: Path, measured: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quickening, "KEPT", 1)
    quicken(encoder, TEXTS)
    other = load_encoder(folder, 16, "cpu")
    other.model.prompts = {"query": "red "}
    quicken(other, TEXTS)
    assert encoder.int8 is not None
    assert other.int8 is not None
    # What was deleted is still read from by who has it open.
    assert np.allclose(encoder.encode(TEXTS[:20]), other.encode(TEXTS[:20]), atol=1e-5)


def test_a_tuned_encoder_does_not_read_with_its_weights_of_before(
    encoder: Encoder, tmp_path: Path, measured: list[float]
) -> None:
    quicken(encoder, TEXTS)
    assert encoder.int8 is not None
    config = BiEncoderConfig(adapter="lora", epochs=2, batch_size=4, learning_rate=0.02, patience=0)
    pairs = Pairs(WORDS[:4] * 4, WORDS[4:] * 4)
    tune_bi_encoder(encoder, pairs, None, config, tmp_path / "run", Silent())
    encoder.save(tmp_path / "saved")
    saved = load_encoder(tmp_path / "saved", 16, "cpu")
    assert np.allclose(encoder.encode(WORDS), saved.encode(WORDS), atol=1e-4)
    # As fast as before, so its own nearness is all there is to find out.
    quicken(saved, TEXTS)
    assert saved.int8 is not None


def test_an_index_is_made_and_asked_in_8_bits(encoder: Encoder, measured: list[float]) -> None:
    index = open_index(None, encoder, TEXTS, TEXTS, Silent())
    assert encoder.int8 is not None
    found = index.search(encoder.encode(TEXTS[:20]), 1)
    assert [one.product_ids[0] for one in found] == TEXTS[:20]


def test_threads_ask_the_same_layers(encoder: Encoder, measured: list[float]) -> None:
    quicken(encoder, TEXTS)
    assert encoder.int8 is not None
    states = encoder.int8.states
    asked = [torch.randn(4, 3 + n, 32) for n in range(20)]
    masks = [torch.ones(4, 3 + n, dtype=torch.long) for n in range(20)]
    expected = [states(one, mask) for one, mask in zip(asked, masks, strict=True)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(states, asked, masks))
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, atol=1e-5)
