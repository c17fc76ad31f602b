"""The parts of the classifier: trunk and tail, linear members, blends, calibration, attribution."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import TrainerControl, TrainerState, TrainingArguments

from engine.config import ClassifierConfig
from engine.errors import Cancelled
from engine.labelling.labelled_texts import Examples
from engine.models.attribution import attribute_words, word_spans
from engine.models.averaging import WeightAverage
from engine.models.calibration import choose_threshold, fit_temperature, log_loss, log_softmax
from engine.models.classifier import (
    CURVE_ROWS,
    Classifier,
    _collate,
    _Rows,
    train_classifier,
    trunk_depth,
    watched_count,
)
from engine.models.encoder import Encoder, load_encoder
from engine.models.heads import AttentionPooling, masked_cross_entropy
from engine.models.linear import Tfidf
from engine.models.reporting import last_checkpoint
from engine.models.tail import make_tail
from engine.models.trunk import Trunk
from engine.progress import Silent
from engine.tasks.classify.blend import fit_blend
from engine.tasks.classify.members import LinearMember, TextVectors, linear_members
from tests.tiny import tiny_encoder_folder

COLOURS = ["red", "green", "blue", "white"]
THINGS = ["mug", "shoe", "lamp"]
TEXTS = [f"{frame} {colour} {thing}" for thing in THINGS for colour in COLOURS
         for frame in ("cheap", "gift", "my", "big")]  # fmt: skip
SIZES = {"thing": 3, "deal": 2}


def examples(texts: list[str] = TEXTS) -> Examples:
    things = np.array([THINGS.index(text.split()[-1]) for text in texts])
    deals = np.array([int(text.startswith("cheap")) for text in texts])
    ones = np.ones(len(texts))
    return Examples(texts, {"thing": things, "deal": deals}, {"thing": ones, "deal": ones})


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return load_encoder(tiny_encoder_folder(tmp_path_factory.mktemp("tiny"), TEXTS), 16, "cpu")


def quick(**changes: object) -> ClassifierConfig:
    return ClassifierConfig.model_validate({"epochs": 2, "batch_size": 8, **changes})


@pytest.mark.parametrize("depth", [0, 1])
def test_tail_on_trunk_is_the_whole_model(encoder: Encoder, depth: int) -> None:
    trunk = Trunk(encoder, depth)
    tokens = trunk.tokens(TEXTS[:3])
    with torch.no_grad():
        whole = trunk.transformer(**tokens).last_hidden_state
        upper = trunk.upper().eval()
        cut = upper(
            inputs_embeds=trunk.forward(tokens), attention_mask=tokens["attention_mask"]
        ).last_hidden_state
    assert torch.allclose(whole, cut, atol=1e-6)


@pytest.mark.parametrize("depth", [0, 1])
def test_one_reading_gives_the_vectors_and_the_states(encoder: Encoder, depth: int) -> None:
    trunk = Trunk(encoder, depth)
    known: dict[str, torch.Tensor] = {}
    for texts, states, vectors in trunk.read(TEXTS):
        assert np.allclose(vectors, encoder.encode(texts, kind="query"), atol=1e-6)
        known |= zip(texts, states, strict=True)
    for state, text in zip(trunk.states(TEXTS), TEXTS, strict=True):
        assert torch.allclose(state, known[text], atol=1e-6)
    kept = Trunk(encoder, depth, known).states(TEXTS[:2])
    assert kept[0] is known[TEXTS[0]] and kept[1] is known[TEXTS[1]]


def test_a_hidden_token_is_as_good_as_masked(encoder: Encoder) -> None:
    trunk, config = Trunk(encoder, 1), quick(token_dropout=0.5)
    tail = make_tail(trunk, SIZES, config).eval()
    states, data = trunk.states(TEXTS), examples()
    torch.manual_seed(0)
    kept = [torch.rand(len(state)) >= 0.5 for state in states]
    torch.manual_seed(0)
    rows = _Rows(states, data, config.token_dropout)
    without = _collate([rows[row] for row in range(len(rows))])
    whole = _collate([_Rows(states, data)[row] for row in range(len(states))])
    for row, mask in enumerate(kept):
        mask[0] = True
        whole["attention_mask"][row, : len(mask)] *= mask
    assert without["attention_mask"].sum() == whole["attention_mask"].sum() < sum(map(len, states))
    with torch.no_grad():
        assert torch.allclose(tail(**without)["loss"], tail(**whole)["loss"], atol=1e-5)


def test_only_a_training_that_may_end_early_reads_all_validation_texts_each_time() -> None:
    many = 10 * CURVE_ROWS
    assert watched_count(many, quick(patience=2)) == many
    assert watched_count(many, quick(patience=0)) == CURVE_ROWS
    assert watched_count(5, quick(patience=0)) == 5


def test_attention_pooling_begins_as_the_mean_of_the_words_that_are_there() -> None:
    states = torch.randn(2, 3, 8)
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    pooled = AttentionPooling(8)(states, mask)
    assert torch.allclose(pooled[0], states[0, :2].mean(dim=0), atol=1e-6)
    assert torch.allclose(pooled[1], states[1].mean(dim=0), atol=1e-6)


def test_masked_cross_entropy_counts_only_labelled_rows_by_weight() -> None:
    logits = torch.tensor([[2.0, 0.0], [0.0, 1.0], [5.0, 5.0]])
    labels, weights = torch.tensor([0, 0, -1]), torch.tensor([1.0, 3.0, 9.0])
    each = torch.nn.functional.cross_entropy(logits[:2], labels[:2], reduction="none")
    expected = (each[0] + 3 * each[1]) / 4
    assert torch.allclose(masked_cross_entropy(logits, labels, weights), expected)
    assert masked_cross_entropy(logits, torch.full((3,), -1), weights) == 0


@pytest.mark.parametrize("adapter", ["full", "last_k", "lora"])
def test_training_learns_and_comes_back_from_disk(
    encoder: Encoder, tmp_path: Path, adapter: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = quick(
        adapter=adapter, last_k=1, epochs=12, learning_rate=1e-2 if adapter == "lora" else 3e-3,
        head_learning_rate=1e-2, patience=0,
    )  # fmt: skip
    before = encoder.encode(TEXTS[:4], kind="query")
    trunk = Trunk(encoder, trunk_depth(encoder, config))
    data = examples()
    tuned = train_classifier(trunk, SIZES, data, data, config, tmp_path / "run", Silent())
    assert capsys.readouterr().out == ""
    scores = tuned.scores(TEXTS)
    for head, truth in data.labels.items():
        assert (scores[head].argmax(axis=1) == truth).mean() > 0.9
    assert np.allclose(before, encoder.encode(TEXTS[:4], kind="query")), "the encoder was changed"
    tuned.save(tmp_path / "tail.safetensors")
    loaded = Classifier.load(trunk, SIZES, config, tmp_path / "tail.safetensors")
    assert np.allclose(loaded.scores(TEXTS)["deal"], scores["deal"], atol=1e-5)


def test_the_mean_of_the_second_half_survives_a_stop(tmp_path: Path) -> None:
    args = TrainingArguments(output_dir=str(tmp_path), num_train_epochs=4, use_cpu=True)
    model, control = torch.nn.Linear(1, 1, bias=False), TrainerControl()
    average = WeightAverage()
    for epoch, weight in enumerate([9.0, 9.0, 1.0, 2.0], start=1):
        torch.nn.init.constant_(model.weight, weight)
        state = TrainerState(epoch=epoch, global_step=epoch)
        if epoch == 4:  # a new process goes on from the third epoch's checkpoint
            average = WeightAverage()
            average.on_train_begin(args, TrainerState(epoch=3, global_step=3), control)
        average.on_epoch_end(args, state, control, model=model)
        (tmp_path / f"checkpoint-{epoch}").mkdir()
        average.on_save(args, state, control)
    average.apply(model)
    assert model.weight.item() == 1.5


@pytest.mark.parametrize(("epochs", "averaged"), [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2), (12, 6)])
def test_no_epoch_of_the_first_half_joins_the_mean(
    tmp_path: Path, epochs: int, averaged: int
) -> None:
    args = TrainingArguments(output_dir=str(tmp_path), num_train_epochs=epochs, use_cpu=True)
    average = WeightAverage()
    for epoch in range(1, epochs + 1):
        average.on_epoch_end(
            args, TrainerState(epoch=epoch), TrainerControl(), torch.nn.Linear(1, 1)
        )
    assert average.epochs == averaged


class Recorder(Silent):
    """Notes what it is told, and asks for a stop at a step."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.points: list[tuple[str, int]] = []
        self.steps: list[int] = []
        self.stop_at = stop_at

    def point(self, metric: str, value: float, step: int) -> None:
        self.points.append((metric, step))

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        if name == "train":
            self.steps.append(done)

    def check(self) -> None:
        if self.stop_at and self.steps and self.steps[-1] >= self.stop_at:
            raise Cancelled


def test_a_stopped_training_goes_on_from_its_last_whole_checkpoint(
    encoder: Encoder, tmp_path: Path
) -> None:
    trunk, data, config = Trunk(encoder, 0), examples(), quick(epochs=4, patience=0)
    a_pass = len(TEXTS) // config.batch_size
    with pytest.raises(Cancelled):
        train_classifier(
            trunk, SIZES, data, data, config, tmp_path, Recorder(stop_at=2 * a_pass + 1)
        )
    (tmp_path / f"checkpoint-{3 * a_pass}").mkdir()  # torn: made, never filled
    assert last_checkpoint(tmp_path) == str(tmp_path / f"checkpoint-{2 * a_pass}")
    after = Recorder()
    train_classifier(trunk, SIZES, data, data, config, tmp_path, after)
    assert after.steps[0] == 2 * a_pass + 1
    assert after.steps[-1] == 4 * a_pass
    assert {name for name, _ in after.points} == {"loss", "eval_loss", "macro_f1"}


def test_linear_members_learn_and_come_back_without_pickle(
    encoder: Encoder, tmp_path: Path
) -> None:
    data, vectors = examples(), TextVectors(encoder)
    both = LinearMember.fit(data, data, SIZES, Tfidf.fit(data.texts), vectors)
    scores = both.scores(TEXTS)
    assert (scores["thing"].argmax(axis=1) == data.labels["thing"]).all()
    assert np.allclose(np.exp(scores["deal"]).sum(axis=1), 1)
    both.save(tmp_path)
    assert {file.suffix for file in tmp_path.iterdir()} == {".json", ".safetensors"}
    again = LinearMember.load(tmp_path, vectors).scores(TEXTS)
    assert np.allclose(again["thing"], scores["thing"])
    words_alone = LinearMember.fit(data, data, SIZES, Tfidf.fit(data.texts))
    words_alone.save(tmp_path / "words")
    assert np.allclose(
        LinearMember.load(tmp_path / "words").scores(["cheap cup"])["deal"],
        words_alone.scores(["cheap cup"])["deal"],
    )


class Noise:
    """Vectors that say nothing, the same for the same text."""

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = [np.random.default_rng(sum(text.encode())).normal(size=64) for text in texts]
        return np.stack([row / np.linalg.norm(row) for row in rows]).astype(np.float32)


def test_vectors_that_say_nothing_do_not_drown_the_words() -> None:
    train, held = (
        examples([text.replace(" ", f" {start + row} ", 1) for row, text in enumerate(TEXTS)])
        for start in (0, 100)
    )
    words_alone, both = (
        LinearMember.fit(train, held, SIZES, Tfidf.fit(train.texts), vectors)
        for vectors in (None, Noise())
    )
    for head, truth in held.labels.items():
        alone, mixed = (
            log_loss(member.scores(held.texts)[head], truth) for member in (words_alone, both)
        )
        assert mixed < 2 * alone


def test_a_label_that_training_never_shows_is_nearly_impossible() -> None:
    data = examples()
    only_two = Examples(
        data.texts, {"thing": np.minimum(data.labels["thing"], 1)}, {"thing": data.weights["thing"]}
    )
    member = LinearMember.fit(only_two, only_two, {"thing": 3}, Tfidf.fit(data.texts))
    assert np.exp(member.scores(TEXTS)["thing"])[:, 2].max() < 1e-3


def test_temperature_undoes_overconfidence() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(4000, 3))
    chances = np.exp(log_softmax(scores))
    labels = np.array([rng.choice(3, p=row) for row in chances])
    assert fit_temperature(4 * scores, labels) == pytest.approx(4, rel=0.15)
    assert fit_temperature(scores[:0], labels[:0]) == 1


def test_threshold_is_the_lowest_confidence_that_keeps_the_precision() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, True, False, True, False])
    assert choose_threshold(right, confidence, 0.75) == 0.6
    assert choose_threshold(right, confidence, 0.9) == 0.8
    assert choose_threshold(~right[:1], confidence[:1], 0.9) == 1


def test_blend_trusts_the_member_that_knows() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 200)
    good = log_softmax(3.0 * np.eye(3)[labels] + rng.normal(size=(200, 3)))
    noise = log_softmax(rng.normal(size=(200, 3)))
    blend = fit_blend({"good": good, "noise": noise}, labels, 0.9)
    assert blend.weights["good"] > 0.8
    mixed = blend.log_probabilities({"good": good, "noise": noise})
    assert log_loss(mixed, labels) <= log_loss(good, labels) + 1e-6
    assert 0 < blend.threshold <= 1


def test_words_are_found_in_both_scripts() -> None:
    text = "买red  运动鞋"
    assert [text[a:b] for a, b in word_spans(text)] == ["买", "red", "运动鞋"]


def test_attribution_names_the_word_that_decides(encoder: Encoder) -> None:
    trunk = Trunk(encoder, 0)
    target = trunk.embeddings(
        torch.tensor([[encoder.model.tokenizer.convert_tokens_to_ids("cheap")]])
    )

    def logits(tokens: dict[str, torch.Tensor]) -> torch.Tensor:
        state = trunk.transformer(**tokens, output_hidden_states=True).hidden_states[0]
        return torch.stack([(state * target[0, 0]).sum(dim=(1, 2)), state.sum(dim=(1, 2))], dim=1)

    shares = attribute_words(trunk, "blue cheap mug", logits, 0)
    assert [word for word, _ in shares] == ["blue", "cheap", "mug"]
    assert max(shares, key=lambda pair: pair[1])[0] == "cheap"
    assert sum(abs(share) for _, share in shares) == pytest.approx(1)


def test_a_training_reads_its_texts_once(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = TextVectors(encoder)
    expected = encoder.encode(TEXTS, kind="query")
    vectors.read(TEXTS, depth=1)

    def fail(*_: object, **__: object) -> None:
        pytest.fail("a text was read again")

    monkeypatch.setattr(encoder.model, "forward", fail)
    monkeypatch.setattr(Trunk, "forward", fail)
    vectors.read(TEXTS[:3], depth=1)
    assert np.allclose(vectors(TEXTS), expected, atol=1e-6)
    assert len(vectors.trunk(1).states(TEXTS)) == len(TEXTS)


def test_linear_members_are_fitted_once_to_the_same_examples(encoder: Encoder) -> None:
    vectors, data = TextVectors(encoder), examples()
    first = linear_members(data, data, SIZES, vectors)
    assert linear_members(examples(), examples(), SIZES, vectors)["tfidf"] is first["tfidf"]
    other = data.take(np.arange(len(data.texts) - 1))
    assert linear_members(other, data, SIZES, vectors)["tfidf"] is not first["tfidf"]
    assert "svm" in linear_members(other, data, SIZES, vectors, svm=True)
