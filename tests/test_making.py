"""Models are made one at a time, whoever asks for them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from engine.errors import InputError
from engine.images import image_encoder
from engine.images.image_encoder import TwoTowerEncoder
from engine.models import cross_encoder, encoder, generator
from engine.models.cross_encoder import Reranker
from engine.models.making import MAKING

MAKERS: dict[str, tuple[object, str, Callable[[Path], object]]] = {
    "encoder": (encoder, "SentenceTransformer", lambda folder: encoder.load_encoder(folder, 16)),
    "generator": (
        generator.AutoModelForCausalLM,
        "from_pretrained",
        lambda folder: generator.load_generator(folder),
    ),
    "reranker": (cross_encoder, "CrossEncoder", lambda folder: Reranker(str(folder))),
    "pictures": (
        image_encoder.AutoModel,
        "from_pretrained",
        lambda folder: TwoTowerEncoder(folder, "any", "clip"),
    ),
}


@pytest.mark.parametrize("name", MAKERS)
def test_no_model_is_made_while_another_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    place, maker, load = MAKERS[name]
    seen = []

    def make(*_: Any, **__: Any) -> Any:
        with ThreadPoolExecutor(1) as other:
            seen.append(other.submit(MAKING.acquire, blocking=False).result())
        raise OSError("no model here")

    monkeypatch.setattr(place, maker, make)
    for module in (encoder, generator, cross_encoder):
        monkeypatch.setattr(module, "locate", lambda *_: tmp_path)
    with pytest.raises(InputError):
        load(tmp_path)
    assert seen == [False]
    with ThreadPoolExecutor(1) as other:
        assert other.submit(MAKING.acquire, blocking=False).result()
        other.submit(MAKING.release).result()
