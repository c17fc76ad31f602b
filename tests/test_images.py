"""Image encoders over a shop's pictures: vectors, tags, search, and the questions of the pages."""

import base64
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import transformers
from PIL import Image
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from engine.errors import InputError, ShoplabError
from engine.images import questions
from engine.images.answers import ImageAnswer, ImageModel, ImageQuery
from engine.images.image_encoder import ImageEncoder, load_image_encoder, tag_classes
from engine.images.image_store import Brought, Pictures
from engine.images.image_vectors import DEFAULT, read_tags, read_vectors
from engine.images.questions import answer, read_new
from engine.messages import LANGUAGES, engine_catalog
from engine.models import efficientnet
from engine.models.converters import efficientnet as efficientnet_file
from engine.progress import Silent
from engine.serving.question import read_question
from engine.serving.services import answer_question
from engine.serving.watch import Stage, Watch
from engine.storage.workspace import Workspace
from engine.tasks.base import Bundle
from tests.pictures import encoded, product

COLOURS, SHAPES = ("red", "blue", "green"), ("box", "disc", "stripes", "cross")
DRAWN = {f"{colour}-{shape}": product(colour, shape) for colour in COLOURS for shape in SHAPES}


TOWER = {"hidden_size": 32, "intermediate_size": 37}
TOWER |= {"num_hidden_layers": 2, "num_attention_heads": 4}
WORDS = ["<unk>", "<s>", "</s>", "<pad>", "a", "photo", "of", "the", "red", "blue", "green"]
SPECIAL = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}
# The forms that preprocessor_config.json has on the hub, old and new.
OLD = {
    "do_center_crop": True, "do_normalize": True, "do_resize": True, "resample": 3,
    "image_mean": [0.5, 0.5, 0.5], "image_std": [0.3, 0.3, 0.3], "size": 32, "crop_size": 32,
}  # fmt: skip
SIGLIP = OLD | {"size": {"height": 32, "width": 32}}
KINDS = {
    "CLIP": OLD | {"feature_extractor_type": "CLIPFeatureExtractor"},
    "ChineseCLIP": OLD | {"feature_extractor_type": "ChineseCLIPFeatureExtractor"},
    "MetaClip2": OLD | {"image_processor_type": "CLIPImageProcessor"},
    "Siglip": SIGLIP | {"image_processor_type": "SiglipImageProcessor"},
    "Siglip2": {"image_processor_type": "Siglip2ImageProcessor", "patch_size": 8,
                "max_num_patches": 16, "image_mean": [0.5] * 3, "image_std": [0.5] * 3},
}  # fmt: skip


def two_towers(kind: str, folder: Path) -> str:
    """The folder of a real, random model small enough to read a picture in a millisecond."""
    text = {**TOWER, "vocab_size": len(WORDS), "max_position_embeddings": 20, "pad_token_id": 3}
    text |= {"bos_token_id": 1, "eos_token_id": 2}
    vision = {**TOWER, "image_size": 32, "patch_size": 8}
    if kind.startswith("Siglip"):
        text["projection_size"] = 32
    if kind == "Siglip2":
        vision = {**TOWER, "num_patches": 16, "patch_size": 8}
    config = getattr(transformers, f"{kind}Config")
    with torch.random.fork_rng():
        torch.manual_seed(5)
        made = config(text_config=text, vision_config=vision, projection_dim=16)
        getattr(transformers, f"{kind}Model")(made).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(KINDS[kind]))
    plain = Tokenizer(WordLevel({word: place for place, word in enumerate(WORDS)}, "<unk>"))
    plain.pre_tokenizer = Whitespace()  # type: ignore[assignment]
    names = ["input_ids"] if kind.startswith("Siglip") else ["input_ids", "attention_mask"]
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=plain, model_input_names=names, **SPECIAL
    ).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a real CLIP."""
    return two_towers("CLIP", tmp_path_factory.mktemp("clip"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_two_towers_reads_pictures_and_texts(kind, tmp_path) -> None:
    encoder = load_image_encoder(two_towers(kind, tmp_path), Silent())
    alone = encoder.read([DRAWN["red-box"]]).vectors
    pair = encoder.read([DRAWN["blue-disc"], DRAWN["red-box"]]).vectors
    assert np.allclose(pair[1], alone[0], atol=1e-5)
    texts = encoder.read_texts(["a photo of the red", "blue"])
    assert texts.shape == pair.shape
    assert np.allclose(np.linalg.norm(texts, axis=1), 1, atol=1e-5)
    # How a text is read does not depend on what is read beside it.
    assert np.allclose(texts[1], encoder.read_texts(["blue"])[0], atol=1e-5)
    assert encoder.read_texts(["red " * 500]).shape == (1, texts.shape[1])
    assert set(encoder.languages) <= set(LANGUAGES) and encoder.languages


@pytest.fixture
def imagenet(downloaded: object) -> ImageEncoder:
    """The default encoder with its true weights; skips where they cannot be had."""
    try:
        return load_image_encoder(DEFAULT, Silent())
    except ShoplabError as error:
        if error.code == "models.unreachable":
            pytest.skip(error.message())
        raise


@pytest.fixture
def shop(home: Path) -> Workspace:
    workspace = Workspace.create("shop", "en")
    products = pd.DataFrame({"product_id": list(DRAWN), "title": list(DRAWN)})
    products["category"] = products["attributes"] = pd.Series(dtype="str")
    workspace.replace_tables({"products": products}, {})
    Pictures(workspace.folder).add(
        Brought(name, f"{name}.png", encoded(image)) for name, image in DRAWN.items()
    )
    return workspace


def test_batch_normalisation_is_folded_into_the_convolution() -> None:
    network = efficientnet.EfficientNetLite0().eval()
    torch.manual_seed(0)
    names = dict(efficientnet_file._folded(_Any(), network))
    assert names.keys() == network.state_dict().keys()
    state = {f"_bn0.{part}": torch.rand(32) + 0.5 for part in ("weight", "bias", "running_mean")}
    state |= {
        "_bn0.running_var": torch.rand(32) + 0.5,
        "_conv_stem.weight": torch.randn(32, 3, 3, 3),
    }
    folded = efficientnet_file._folded(state, network)
    network.load_state_dict(dict([next(folded), next(folded)]), strict=False)
    pictures = torch.randn(1, 3, 32, 32)
    # TensorFlow puts the odd pixel of the padding to the right and the bottom.
    padded = torch.nn.functional.pad(pictures, (0, 1, 0, 1))
    plain = torch.nn.functional.conv2d(padded, state["_conv_stem.weight"], stride=2)
    expected = torch.nn.functional.batch_norm(
        plain, state["_bn0.running_mean"], state["_bn0.running_var"], state["_bn0.weight"],
        state["_bn0.bias"], eps=1e-3,
    )  # fmt: skip
    assert torch.allclose(network.stem(pictures), expected, atol=1e-5)


class _Any(dict):
    """Weights of any name."""

    def __missing__(self, name: str) -> torch.Tensor:
        return torch.ones(1, 1, 1, 1) if name.endswith("conv.weight") else torch.ones(1)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    torch.save({"_conv_stem.weight": torch.ones(3)}, tmp_path / "other.pth")
    with pytest.raises(ShoplabError) as caught:
        efficientnet_file.convert(tmp_path / "other.pth", tmp_path)
    assert caught.value.code == "models.wrong_content"
    assert not (tmp_path / "model.safetensors").exists()


def test_every_tag_has_classes_of_its_own_and_a_name_in_both_languages() -> None:
    names, classes = tag_classes()
    places = np.concatenate(classes)
    assert len(set(places)) == len(places) and places.max() < efficientnet.CLASSES
    for language in LANGUAGES:
        texts = engine_catalog().texts[language]
        said = [texts[f"tags.{name}"] for name in names]
        assert len(set(said)) == len(names)


def test_the_default_encoder_names_what_a_photograph_shows(imagenet: ImageEncoder) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    flower = Image.fromarray(datasets.load_sample_image("flower.jpg")).crop((110, 0, 540, 427))
    reading = imagenet.read([flower])
    assert reading.tags[0][0][0] == "flower"
    assert reading.vectors.shape == (1, efficientnet.FEATURES)
    assert np.linalg.norm(reading.vectors) == pytest.approx(1, abs=1e-5)


TURNS = {
    "a quarter": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "upside down": lambda image: image.transpose(Image.Transpose.ROTATE_180),
    "slanted": lambda image: image.rotate(8, fillcolor="white", resample=Image.Resampling.BICUBIC),
    "small": lambda image: image.resize((70, 70)),
    "large": lambda image: image.resize((1000, 1000)),
    "cut": lambda image: image.crop((15, 20, 190, 185)),
}


def test_search_finds_the_same_picture_however_it_is_turned(imagenet, shop) -> None:
    _read_all(shop, imagenet)
    missed = []
    for change, turn in TURNS.items():
        for name in ("red-box", "blue-stripes"):
            found = _search(shop, encoded(turn(DRAWN[name]), "JPEG", quality=80))
            assert len({result.product_id for result in found.results}) == 3
            if found.results[0].product_id != name:
                missed.append((change, name))
    assert missed == []


def _read_all(shop: Workspace, encoder: ImageEncoder) -> None:
    while read_new(Pictures(shop.folder), encoder, DEFAULT, Silent())[1]:
        pass


def _search(shop: Workspace, content: bytes, model: str = DEFAULT) -> ImageAnswer:
    picture = base64.b64encode(content).decode()
    return answer(shop, ImageQuery(model, 3, picture=picture, name="q"), "search", Silent())


def test_pictures_are_read_in_steps_once_and_forgotten_when_gone(shop, clip, monkeypatch) -> None:
    monkeypatch.setattr(questions, "CHUNK", 5)
    ask = ImageModel(clip)
    steps = [answer(shop, ask, "read", Silent()) for _ in range(4)]
    assert [(step.read, step.left) for step in steps] == [(5, 7), (10, 2), (12, 0), (12, 0)]
    assert steps[0].languages == ["en"]
    pictures = Pictures(shop.folder)
    before = read_vectors(pictures, clip)
    pictures.remove(before.pictures[0])
    pictures.add([Brought("new", "n", encoded(product("orange")))])
    assert answer(shop, ask, "read", Silent()).left == 0
    after = read_vectors(pictures, clip)
    assert set(before.pictures) - set(after.pictures) == {before.pictures[0]}
    assert np.allclose(after.matrix[0], before.matrix[1], atol=1e-3)
    assert read_tags(pictures, clip).keys() == set(after.pictures)


def test_vectors_of_other_weights_are_made_again(shop, clip) -> None:
    pictures, encoder = Pictures(shop.folder), load_image_encoder(clip, Silent())
    read_new(pictures, encoder, clip, Silent())
    read = []
    monkey = encoder.read
    encoder.read = lambda images: read.append(len(images)) or monkey(images)  # type: ignore[method-assign]
    read_new(pictures, encoder, clip, Silent())
    assert read == []
    encoder.fingerprint = "other"
    read_new(pictures, encoder, clip, Silent())
    assert sum(read) == len(DRAWN)


def test_a_text_finds_pictures_where_the_encoder_reads_texts(shop, clip) -> None:
    answer(shop, ImageModel(clip), "read", Silent())
    query = ImageQuery(clip, 4, text="a photo of the red")
    results = answer(shop, query, "search", Silent()).results
    assert len(results) == 4
    scores = [result.score for result in results]
    assert scores == sorted(scores, reverse=True)
    doubts = answer(shop, ImageModel(clip), "doubts", Silent())
    assert all(doubt.kind in ("colour", "title") for doubt in doubts)


def test_the_default_encoder_says_that_it_reads_no_texts(imagenet, shop) -> None:
    _read_all(shop, imagenet)
    with pytest.raises(InputError) as caught:
        answer(shop, ImageQuery(DEFAULT, 3, text="red"), "search", Silent())
    assert caught.value.code == "images.reads_no_texts"


def test_a_bad_picture_and_a_text_model_are_refused(shop, clip, tmp_path) -> None:
    answer(shop, ImageModel(clip), "read", Silent())
    with pytest.raises(InputError) as caught:
        _search(shop, b"<svg onload='alert(1)'/>", clip)
    assert caught.value.code == "images.svg"
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(InputError) as caught:
        answer(shop, ImageModel(str(tmp_path)), "read", Silent())
    assert caught.value.code == "images.not_an_image_encoder"


def test_nothing_is_answered_before_pictures_are_read(shop, clip) -> None:
    with pytest.raises(InputError) as caught:
        answer(shop, ImageModel(clip), "doubts", Silent())
    assert caught.value.code == "images.nothing_read"


def test_the_model_process_answers_questions_about_pictures(shop, clip) -> None:
    def ask(verb: str, body: dict[str, object]) -> object:
        call = {"workspace": "shop", "service": "pictures", "task": "", "verb": verb, "run": ""}
        watch = Watch()
        found = answer_question(shop, read_question(call | {"body": body}), no_bundle, watch)
        stages.append(watch.current)
        return found

    def no_bundle(task: str, run: str) -> Bundle:
        raise AssertionError(task)

    stages: list[Stage] = []
    read = ask("read", {"model": clip})
    assert read == {"read": len(DRAWN), "left": 0, "languages": ["en"]}
    assert stages[0] == Stage("pictures", len(DRAWN), len(DRAWN))
    found = ask("search", {"model": clip, "text": "a", "k": 2})
    assert isinstance(found, dict) and len(found["results"]) == 2
