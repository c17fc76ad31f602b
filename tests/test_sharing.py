"""In a process that answers, equal weights are kept once, and several threads may use them."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from engine.models import precision, sharing
from engine.models.encoder import Encoder, load_encoder


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sharing, "_sharing", True)
    yield
    sharing._MODELS.clear()
    sharing._WEIGHTS.clear()


def test_a_model_is_kept_once_and_a_tuned_one_keeps_only_what_differs(
    model: str, shared: None, tmp_path
) -> None:
    first = load_encoder(model, 16)
    assert load_encoder(model, 16) is first
    tuned = load_encoder(model, 8)
    assert tuned is not first
    assert kept_once(first, tuned) == matrices(first)

    tuned.save(tmp_path / "run")
    (file,) = (tmp_path / "run").rglob("*.safetensors")
    tensors = load_file(file)
    changed = next(name for name in tensors if "attention.self.query.weight" in name)
    save_file({**tensors, changed: tensors[changed] + 1}, file, metadata={"format": "pt"})
    run = load_encoder(tmp_path / "run", 16)
    (own,) = matrices(first) - kept_once(first, run)
    assert own.endswith(changed)


def matrices(encoder: Encoder) -> set[str]:
    return {name for name, weight in encoder.model.named_parameters() if weight.dim() > 1}


def kept_once(first: Encoder, second: Encoder) -> set[str]:
    """The matrices that two models have together; vectors may be equal within one."""
    weights = dict(first.model.named_parameters())
    shared = {name for name, one in second.model.named_parameters() if one is weights[name]}
    return shared & matrices(first)


def test_a_training_process_shares_nothing(model: str) -> None:
    first, second = load_encoder(model, 16), load_encoder(model, 16)
    assert first is not second
    own, other = dict(first.model.named_parameters()), dict(second.model.named_parameters())
    assert all(own[name] is not other[name] for name in own)


def test_threads_encode_together_and_get_their_own_vectors(
    model: str, shared: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where the processor makes it worth while, several texts are read in 16 bits and one is not.
    monkeypatch.setattr(precision, "half_type", lambda _: None)
    encoder = load_encoder(model, 16)
    texts = [f"red mug {'and blue bowl ' * (n % 5)}{n}" for n in range(60)]
    expected = np.stack([encoder.encode([text])[0] for text in texts])
    found: dict[int, np.ndarray] = {}

    def encode(start: int) -> None:
        for n in range(start, len(texts), 6):
            found[n] = encoder.encode([texts[n]], "query")[0]
            encoder.count_tokens(texts[:n])

    threads = [threading.Thread(target=encode, args=(start,)) for start in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_allclose(np.stack([found[n] for n in range(len(texts))]), expected, atol=1e-5)
