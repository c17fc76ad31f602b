"""What the attributes task adds to a classifier: baselines that may win, reasons, categories."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from engine.codec import decode
from engine.errors import InputError
from engine.labelling.labelled_texts import Examples
from engine.models.encoder import load_encoder
from engine.models.linear import _is_wide, fit_linear
from engine.progress import Silent
from engine.tasks.attributes.answers import OWN, PREDICT, AttributesInput, OwnLabel
from engine.tasks.attributes.task import TASK
from engine.tasks.classify.bundle import load_bundle
from engine.tasks.classify.learning import BASELINES, choose_system, learn_bundle
from engine.tasks.classify.members import TextVectors
from engine.tasks.classify.stated_member import StatedMember
from engine.tasks.tiny import FAST
from tests.tiny_shop import tiny_tables

# A training that changes nothing.
IDLE = {"epochs": 1, "learning_rate": 1e-6, "head_learning_rate": 1e-6}


@pytest.fixture(scope="module")
def bundle(model: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A bundle of the tiny catalog."""
    tables = tiny_tables("attributes")
    config = TASK.config("quick", tables, model=model, **FAST)
    folder = tmp_path_factory.mktemp("checkpoints")
    return TASK.train(TASK.dataset(tables, config), config, folder, Silent())


def code_words(rows: int, seed: int) -> Examples:
    """Texts whose last word decides; the encoder has never heard any of the words."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, rows)
    texts = [
        f"{'lm'[row % 2]}{row} {('qqaz', 'xxyk', 'vvuj')[code]}" for row, code in enumerate(codes)
    ]
    return Examples(texts, {"type": codes}, {"type": np.ones(rows)})


def test_where_words_decide_a_baseline_is_recommended(model: str, tmp_path: Path) -> None:
    vectors = TextVectors(load_encoder(model, 16))
    config = TASK.config("quick", tiny_tables(), model=model, **IDLE)
    labels = {"type": ["a", "b", "c"]}
    found = learn_bundle(
        labels, code_words(150, 1), code_words(80, 2), vectors, config, tmp_path, Silent()
    )
    assert found.recommended in BASELINES
    assert found.recommended in found.systems
    assert not found.asks_tuned("type")
    weights = dict(found.words("l1 xxyk", "type", 1))
    assert weights["xxyk"] == max(weights.values())
    found.save(tmp_path / "saved")
    again = load_bundle(tmp_path / "saved", vectors, config)
    assert again.recommended == found.recommended
    texts = ["m7 vvuj", "l1 xxyk"]
    for system, heads in found.probabilities(texts).items():
        assert again.probabilities(texts)[system]["type"] == pytest.approx(heads["type"], abs=1e-5)


def test_stated_values_need_no_tuning_to_join_a_baseline(model: str, tmp_path: Path) -> None:
    labels = {"type": [f"{start}{end}" for start in ("qa", "xy", "vu") for end in ("z", "k", "j")]}
    shares = [1 / len(labels["type"])] * len(labels["type"])

    def stated(codes: NDArray[np.int64]) -> Examples:
        texts = [f"m{row} {labels['type'][code]}" for row, code in enumerate(codes)]
        return Examples(texts, {"type": codes}, {"type": np.ones(len(codes))})

    config = TASK.config("quick", tiny_tables(), model=model, **IDLE)
    found = learn_bundle(
        labels,
        stated(np.arange(40) % 4),  # most values are never learned from, and all are asked for
        stated(np.arange(60) % 9),
        TextVectors(load_encoder(model, 16)),
        config,
        tmp_path,
        Silent(),
        {"keyword": StatedMember(labels, {"type": shares})},
    )
    assert found.recommended == "frozen_tfidf_keyword"
    assert found.systems == ["tuned", "tuned_tfidf", "frozen_tfidf_keyword", "tuned_keyword"]


def rows(*losses: float) -> list[NDArray[np.float64]]:
    return [np.array(losses)]


@pytest.mark.parametrize(
    ("tuned", "best"),
    [
        (rows(0.1, 0.1, 0.1, 0.1), "tuned"),  # better on every row
        (rows(0.1, 0.9, 0.1, 0.7), "frozen"),  # better on the whole, by chance
        (rows(0.9, 0.9, 0.9, 0.9), "frozen"),
    ],
)
def test_tuning_is_recommended_where_it_is_surely_better(
    tuned: list[NDArray[np.float64]], best: str
) -> None:
    losses = {"tuned": tuned, "frozen": rows(0.5, 0.5, 0.5, 0.5), "tfidf": rows(0.8, 0.8, 0.8, 0.8)}
    assert choose_system(losses, ["tfidf", "frozen"]) == best


def test_every_column_counts_alike_in_the_choice() -> None:
    losses = {
        "tuned": [np.full(100, 0.4), np.full(2, 0.9)],
        "frozen": [np.full(100, 0.5), np.full(2, 0.1)],
    }
    assert choose_system(losses, ["frozen"]) == "frozen"


def test_the_untuned_blend_is_measured_as_a_baseline(model: str) -> None:
    tables = tiny_tables("attributes")
    config = TASK.config("quick", tables, model=model, **FAST)
    dataset = TASK.dataset(tables, config)
    baselines = TASK.baselines(dataset, dataset.test, config)
    regressions = ["tfidf", "frozen", "frozen_tfidf"]
    assert list(baselines) == ["majority", "keyword", *regressions, "frozen_tfidf_keyword"]
    for heads in baselines.values():
        assert all(np.allclose(table.sum(axis=1), 1) for table in heads.values())


def test_wide_features_give_the_same_regression(monkeypatch: pytest.MonkeyPatch) -> None:
    train, held = code_words(60, 1), code_words(40, 2)
    words = TfidfVectorizer(analyzer="char", ngram_range=(1, 4)).fit(train.texts)
    vectors = 0.1 * np.random.default_rng(0).normal(size=(100, 5))
    rows, others = (
        sparse.hstack([words.transform(part.texts), sparse.csr_matrix(some)], format="csr")
        for part, some in ((train, vectors[:60]), (held, vectors[60:]))
    )
    assert _is_wide(rows)
    arguments = (rows, train.labels, train.weights, {"type": 3}, (others, held.labels))
    narrow = fit_linear(*arguments).scores(others)["type"]
    monkeypatch.setattr("engine.models.linear._is_wide", lambda _: False)
    plain = fit_linear(*arguments).scores(others)["type"]
    assert narrow == pytest.approx(plain, abs=1e-3)


def test_stated_values_join_the_best_blend(bundle: Any) -> None:
    assert "tuned_keyword" in bundle.systems
    assert "keyword" in bundle.members


def test_answers_come_with_the_words_that_speak_for_them(bundle: Any) -> None:
    item = AttributesInput("alva red mug", "A mug of clay", "p1", words=True)
    (answer,) = TASK.predict(bundle, [item])
    assert answer.product_id == "p1"
    assert answer.heads["type"].label == "clay"
    assert set(answer.words) == set(bundle.labels)
    assert set(answer.words["type"]) & {"mug", "clay"}
    assert all(len(words) <= 3 for words in answer.words.values())
    assert TASK.predict(bundle, [AttributesInput("mug")])[0].words == {}


def test_products_go_to_categories_that_were_made_up(bundle: Any) -> None:
    pairs = [["mug", "a mug of clay"], ["lamp", "a lamp of glass"], ["shoe", ""]]
    items = [{"title": title, "labels": pairs} for title in ("red mug of clay", "glass lamp")]
    heads = [answer.heads for answer in TASK.predict(bundle, decode(PREDICT.body, items))]
    assert [list(own) for own in heads] == [[OWN], [OWN]]
    assert [own[OWN].label for own in heads] == ["mug", "lamp"]
    for own in heads:
        assert sum(own[OWN].probabilities.values()) == pytest.approx(1)
        assert own[OWN].confidence == max(own[OWN].probabilities.values())


@pytest.mark.parametrize(
    ("labels", "code"),
    [
        ("mug", "codec.no_list"),
        ([], "attributes.bad_labels"),
        ([["mug", ""]], "attributes.bad_labels"),
        ([["a", ""], ["a", "x"]], "attributes.bad_labels"),
        ([["a", ""], ["", "x"]], "attributes.bad_labels"),
        ([["a"], ["b"]], "codec.no_text"),
        ([["a", 1], ["b", 2]], "codec.no_text"),
        ({"a": "b"}, "codec.no_list"),
    ],
)
def test_labels_that_are_none_are_the_users_mistake(bundle: Any, labels: object, code: str) -> None:
    with pytest.raises(InputError) as caught:
        TASK.predict(bundle, decode(PREDICT.body, [{"title": "mug", "labels": labels}]))
    assert caught.value.code == code


def test_an_id_may_be_a_number_and_a_text_may_be_broken() -> None:
    (item,) = decode(PREDICT.body, [{"title": "half \ud83d mug", "product_id": 12}])
    assert item == AttributesInput("half ? mug", product_id="12")


def test_inputs_with_and_without_labels_are_not_mixed(bundle: Any) -> None:
    labels = (OwnLabel("a", ""), OwnLabel("b", ""))
    with pytest.raises(InputError) as caught:
        TASK.predict(bundle, [AttributesInput("mug", labels=labels), AttributesInput("mug")])
    assert caught.value.code == "attributes.mixed_inputs"


def test_columns_may_have_any_name(model: str, tmp_path: Path) -> None:
    vectors = TextVectors(load_encoder(model, 16))
    config = TASK.config("quick", tiny_tables(), model=model, epochs=1)
    train = code_words(60, 1)
    names = ("type", "a.b", "forward", "材质", "x/y")
    many = Examples(
        train.texts,
        dict.fromkeys(names, train.labels["type"]),
        dict.fromkeys(names, train.weights["type"]),
    )
    labels = {name: ["a", "b", "c"] for name in names}
    found = learn_bundle(labels, many, many, vectors, config, tmp_path, Silent())
    found.save(tmp_path / "saved")
    again = load_bundle(tmp_path / "saved", vectors, config)
    assert set(again.probabilities(["l1 xxyk"])[again.recommended]) == set(names)
