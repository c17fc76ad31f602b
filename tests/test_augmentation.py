"""More to learn from: swapped words and back-labelled texts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.labelling.labelled_texts import Examples, choose_examples
from engine.models.encoder import Encoder, load_encoder
from engine.progress import Silent
from engine.tasks.classify.augmentation import (
    BACK_WEIGHT,
    swap_words,
    synonyms,
    with_back_labels,
    with_synonyms,
)
from engine.tasks.sentiment.task import TASK
from engine.tasks.tiny import FAST
from tests.tiny import tiny_encoder_folder
from tests.tiny_shop import tiny_tables

TEXTS = ["red mug for tea", "blue mug for tea", "green mug"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return load_encoder(tiny_encoder_folder(tmp_path_factory.mktemp("tiny"), TEXTS), 16, "cpu")


def test_swapped_words_come_from_the_texts_and_keep_the_rest(encoder: Encoder) -> None:
    near = {"red": ["blue"], "tea": ["mug"]}
    rng = np.random.default_rng(0)
    changed = {swap_words(TEXTS[0], near, rng) for _ in range(20)}
    assert changed == {"blue mug for tea", "red mug for mug"}
    assert swap_words("nothing known", near, rng) == "nothing known"
    assert all(set(others) <= {w for t in TEXTS for w in t.split()} - {word}
               for word, others in synonyms(TEXTS, encoder).items())  # fmt: skip


def test_copies_share_labels_and_unlabelled_texts_count_less(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = Examples(
        ["red mug", "blue mug"], {"h": np.array([0, 1])}, {"h": np.array([1.0, 0.5])}
    )
    monkeypatch.setattr("engine.tasks.classify.augmentation.CLOSEST", -1.0)
    doubled = with_synonyms(examples, 1, encoder, seed=1)
    assert doubled.texts[:2] == examples.texts
    assert doubled.texts[2:] != examples.texts
    assert doubled.labels["h"].tolist() == [0, 1, 0, 1]
    assert doubled.weights["h"].tolist() == [1.0, 0.5, 1.0, 0.5]
    scores = {"h": np.log(np.array([[0.95, 0.05], [0.6, 0.4], [0.01, 0.99]]))}
    more = with_back_labels(examples, ["a", "b", "c"], scores)
    assert list(more.texts) == ["red mug", "blue mug", "a", "c"]
    assert more.labels["h"].tolist() == [0, 1, 0, 1]
    assert more.weights["h"].tolist() == [1.0, 0.5, BACK_WEIGHT, BACK_WEIGHT]
    assert more.known.all()


def test_unlabelled_rows_are_asked_for() -> None:
    part = pd.DataFrame({"truth.h": [None] * 6, "weight.h": [1, 0, 0.3, 0, 1, 0]})
    assert choose_examples(part, 9, 1).index.tolist() == [0, 2, 4]
    assert choose_examples(part, 2, 1).index.tolist() == [0, 4]
    both = choose_examples(part, 2, 1, unlabelled=2)
    assert both.index.tolist()[:2] == [0, 4]
    assert len(both) == 4
    assert set(both["weight.h"][2:]) == {0}


def test_a_training_with_both_learns(model: str, tmp_path: Path) -> None:
    tables = tiny_tables()
    reviews = tables.reviews.assign(rating=np.nan)
    shop = type(tables)({**tables.frames, "reviews": reviews}, "en")
    config = TASK.config("quick", shop, model=model, synonyms=1, back_labels=50, **FAST)
    dataset = TASK.dataset(shop, config)
    assert (dataset.train["weight.sentiment"] == 0).any()
    bundle = TASK.train(dataset, config, tmp_path, Silent())
    tuned = TASK.outputs(bundle, dataset.test)["tuned"]["sentiment"].idxmax(axis=1)
    assert (tuned == dataset.test["truth.sentiment"]).mean() > 0.8
    plain = TASK.workload(dataset, config.model_copy(update={"synonyms": 0}))
    assert TASK.workload(dataset, config).train_tokens == pytest.approx(
        2 * plain.train_tokens, abs=1
    )
