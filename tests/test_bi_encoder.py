"""Tuning a bi-encoder: every adapter learns, is saved whole, and goes on where it was cut off."""

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.config import BiEncoderConfig
from engine.errors import Cancelled
from engine.jobs import runner
from engine.models.bi_encoder import Check, Pairs, tune_bi_encoder
from engine.models.encoder import Encoder, load_encoder
from engine.progress import Progress, Silent
from tests.tiny import tiny_encoder_folder
from tests.tiny_shop import Stopping

# Queries and products share no word: only tuning can tell which belong together.
QUERIES = ["drink", "walk", "read", "cook", "sleep", "sit", "wash", "write"]
PRODUCTS = ["mug", "shoe", "lamp", "pan", "bed", "chair", "soap", "pen"]
IDS = [f"p{place}" for place in range(len(PRODUCTS))]
CHECK = Check(
    dict(zip(QUERIES, QUERIES, strict=True)),
    dict(zip(IDS, PRODUCTS, strict=True)),
    {query: {name} for query, name in zip(QUERIES, IDS, strict=True)},
)
RATES = {"full": 5e-3, "last_k": 5e-3, "lora": 2e-2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoder_folder(tmp_path_factory.mktemp("tiny"), [*QUERIES, *PRODUCTS])


def settings(adapter: str, **changes: object) -> BiEncoderConfig:
    start = {"adapter": adapter, "last_k": 1, "lora_rank": 4, "learning_rate": RATES[adapter]}
    usual = {"epochs": 4, "batch_size": 8, "patience": 0, "dropout": 0.0}
    return BiEncoderConfig.model_validate(start | usual | changes)


def tune(
    encoder: Encoder, config: BiEncoderConfig, folder: Path, progress: Progress, copies: int = 1
) -> None:
    pairs = Pairs(QUERIES * copies, PRODUCTS * copies)
    tune_bi_encoder(encoder, pairs, CHECK, config, folder, progress)


@pytest.mark.parametrize("adapter", ["full", "last_k", "lora"])
def test_every_adapter_learns_and_is_saved_whole(
    folder: Path, tmp_path: Path, adapter: str, capsys: pytest.CaptureFixture[str]
) -> None:
    encoder = load_encoder(folder, 8, "cpu")
    weights = {name: weight.shape for name, weight in encoder.model.state_dict().items()}
    tune(encoder, settings(adapter), tmp_path / "run", Silent(), copies=10)
    assert capsys.readouterr().out == ""
    vectors = encoder.encode(PRODUCTS)
    nearest = (encoder.encode(QUERIES, "query") @ vectors.T).argmax(axis=1)
    assert (nearest == np.arange(len(PRODUCTS))).mean() > 0.8
    assert {name: one.shape for name, one in encoder.model.state_dict().items()} == weights
    encoder.save(tmp_path / "saved")
    again = load_encoder(tmp_path / "saved", 8, "cpu")
    assert np.allclose(again.encode(PRODUCTS), vectors, atol=1e-5)


@pytest.mark.parametrize("adapter", ["full", "lora"])
def test_a_tuning_that_was_cut_off_ends_where_a_whole_one_does(
    folder: Path, tmp_path: Path, adapter: str
) -> None:
    config = settings(adapter, epochs=3)
    whole, cut = (load_encoder(folder, 8, "cpu") for _ in range(2))
    tune(whole, config, tmp_path / "whole", Silent())
    with pytest.raises(Cancelled):
        tune(cut, config, tmp_path / "cut", Stopping(at_step=2))
    resumed, progress = load_encoder(folder, 8, "cpu"), Stopping()
    tune(resumed, config, tmp_path / "cut", progress)
    assert progress.steps == [2, 3]
    assert np.allclose(resumed.encode(PRODUCTS), whole.encode(PRODUCTS), atol=1e-4)


def test_what_does_not_fit_into_memory_is_learned_in_smaller_batches(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder, sizes = load_encoder(folder, 8, "cpu"), []
    forward = encoder.model.forward

    def small_only(features: dict[str, torch.Tensor], **options: object) -> object:
        sizes.append(len(features["input_ids"]))
        if sizes[-1] > 6:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.")
        return forward(features, **options)

    monkeypatch.setattr(encoder.model, "forward", small_only)
    tune_bi_encoder(encoder, Pairs(QUERIES, PRODUCTS), None, settings("full"), tmp_path, Silent())
    assert sizes[0] == 8 and max(sizes[1:]) == 4


def test_what_never_fits_is_said_as_such(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = load_encoder(folder, 8, "cpu")

    def never(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.")

    monkeypatch.setattr(encoder.model, "forward", never)
    with pytest.raises(torch.OutOfMemoryError) as caught:
        tune_bi_encoder(
            encoder, Pairs(QUERIES, PRODUCTS), None, settings("full"), tmp_path, Silent()
        )
    assert runner._reason(caught.value)[0] == "jobs.out_of_memory"
