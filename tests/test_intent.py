"""The intent task from a search log to believable answers."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.codec import decode, encode
from engine.errors import InputError
from engine.labelling.intent_rules import intent_words, weak_intents
from engine.labelling.labels import (
    INTENTS,
    OTHER,
    category_labels,
    category_votes,
    collect_queries,
    logged_intents,
)
from engine.labelling.query_labels import Trust, label_queries, labels_of
from engine.labelling.split import split_queries
from engine.messages import LANGUAGES, say
from engine.progress import Silent
from engine.tables.tables import Tables
from engine.tasks import get_task
from engine.tasks.base import Dataset
from engine.tasks.classify.answers import WhyInput
from engine.tasks.intent.answers import PREDICT, IntentAnswer, IntentInput
from engine.tasks.intent.config import IntentConfig
from engine.tasks.intent.task import TASK
from tests.tiny import tiny_encoder_folder

CATEGORIES = {"mug": "Kitchen > Mugs", "pan": "Kitchen > Pans", "shoe": "Sport > Shoes"}
FRAMES = {"deal": "cheap {}", "gift": "{} as a gift", "browse_category": "all {}s"}
TRUST = Trust(votes=2, share=0.6, weak=0.3)


def shop(queries: int = 120, intents: bool = True) -> Tables:
    """A log in which every second query has an intent and every query two clicks."""
    products = pd.DataFrame(
        [
            {"product_id": f"{thing}{number}", "title": f"{thing} model {number}",
             "category": path, "brand": "acme"}
            for thing, path in CATEGORIES.items() for number in range(4)
        ]
    )  # fmt: skip
    rows = []
    for number in range(queries):
        thing = list(CATEGORIES)[number % 3]
        intent = list(FRAMES)[number // 3 % 3]
        query = f"{FRAMES[intent].format(thing)} {number // 9}"
        for click in range(2):
            rows.append(
                {"time": pd.Timestamp("2025-01-01") + pd.Timedelta(hours=number),
                 "session_id": f"s{number}", "query": query, "event": "click",
                 "product_id": f"{thing}{click}",
                 "intent": intent if intents and number % 2 else None}
            )  # fmt: skip
    return Tables({"products": products, "searches": pd.DataFrame(rows)}, "en")


def log(*rows: tuple[str, str | None, str | None, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["query", "product_id", "event", "intent"], dtype="object")
    return frame.assign(time=None, session_id=None)


def with_log(*rows: tuple[str, str | None, str | None, str | None]) -> Tables:
    return Tables({"products": shop(1).products, "searches": log(*rows)}, "en")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    texts = shop().searches["query"].unique()
    return str(tiny_encoder_folder(tmp_path_factory.mktemp("tiny"), texts))


@pytest.fixture(scope="module")
def config(model: str) -> IntentConfig:
    return TASK.config(
        "quick", shop(3), model=model, epochs=8, learning_rate=2e-3, batch_size=16, patience=0
    )


@pytest.fixture(scope="module")
def dataset(config: IntentConfig) -> Dataset:
    return TASK.dataset(shop(), config)


@pytest.fixture(scope="module")
def trained(
    dataset: Dataset, config: IntentConfig, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[object]:
    yield TASK.train(dataset, config, tmp_path_factory.mktemp("run"), Silent())


def test_split_is_in_time_order_and_takes_every_query_once() -> None:
    frame = collect_queries(shop())
    parts = split_queries(frame.sample(frac=1, random_state=1), 13).reindex(frame.index)
    assert parts.notna().all()
    seen = frame["first_seen"].groupby(parts).agg(["min", "max"])
    assert seen.loc["train", "max"] <= seen.loc["validation", "min"]
    assert seen.loc["validation", "max"] <= seen.loc["test", "min"]


def test_split_without_times_is_drawn_by_the_seed_alone() -> None:
    frame = pd.DataFrame({"query": [f"q{number}" for number in range(100)]})
    first, again, other = (split_queries(frame, seed) for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)
    assert first.value_counts().to_dict() == {"train": 60, "test": 25, "validation": 15}


def test_queries_are_counted_by_session_and_joined_when_written_alike() -> None:
    tables = Tables(
        {"searches": pd.DataFrame(
            {"query": ["Red  Mug", "red mug", "red mug", None, "  "],
             "session_id": ["a", "b", "b", "c", "d"], "time": None, "product_id": None}
        )}
    )  # fmt: skip
    frame = collect_queries(tables)
    assert frame[["query", "input", "count"]].values.tolist() == [["red mug", "red mug", 2]]


def test_logged_intents_are_the_majority_of_known_codes() -> None:
    rows = [("a", None, None, intent) for intent in ("deal", "Deal", "gift", "nonsense")]
    assert logged_intents(with_log(*rows)).to_dict() == {"a": "deal"}


def test_purchases_outweigh_clicks_in_a_query_s_category() -> None:
    votes = category_votes(
        with_log(
            ("x", "mug1", "click", None), ("x", "mug1", "click", None),
            ("x", "shoe1", "purchase", None), ("x", "pan1", "impression", None),
        )
    )  # fmt: skip
    assert category_labels(votes, 2).loc["x"].to_dict() == {
        "category": "Sport > Shoes", "weight": 6.0, "share": 4 / 6,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "intent"),
    [
        ("where is my order", "service"), ("怎么退货", "service"),
        ("cheap mugs", "deal"), ("打折的杯子", "deal"),
        ("birthday present for mum", "gift"), ("送女朋友礼物", "gift"),
        ("how to stop snoring", "problem"), ("脚疼怎么办", "problem"),
        ("mugs under 20", "by_attribute"), ("100元以下的杯子", "by_attribute"),
        ("mugs", "browse_category"), ("acme mug model 2", "exact_product"),
        ("zzz", None),
    ],
)  # fmt: skip
def test_labelling_functions(query: str, intent: str | None) -> None:
    products = shop(1).products
    products.loc[0, "title"] = "acme mug model 2 deluxe"
    assert weak_intents([query], products)["intent"].tolist() == [intent]


def test_every_intent_is_described_in_both_languages_and_has_a_name() -> None:
    assert set(intent_words()) == set(INTENTS)
    for intent in INTENTS:
        assert set(intent_words()[intent]["descriptions"]) == set(LANGUAGES)  # type: ignore[arg-type, call-overload]
        assert all(say(f"intent.intents.{intent}", language) for language in LANGUAGES)


def test_only_training_learns_from_guesses() -> None:
    frame, notes = label_queries(shop(), TRUST, 13)
    guessed = frame["label.intent"].notna() & frame["truth.intent"].isna()
    assert guessed.any()
    assert set(frame.loc[guessed, "part"]) == {"train"}
    assert set(frame.loc[guessed, "weight.intent"]) == {TRUST.weak}
    assert set(frame.loc[frame["truth.intent"].notna(), "weight.intent"]) == {1.0}
    assert notes == []


def test_a_correction_beats_the_log() -> None:
    tables = shop()
    query = tables.searches.loc[tables.searches["intent"].notna(), "query"].iloc[0]
    hand = pd.DataFrame(
        [{"task": "intent", "input": query.upper(), "head": "intent", "label": "service"}]
    )
    frame, _ = label_queries(Tables(tables.frames, "en", hand), TRUST, 13)
    assert frame.set_index("query").loc[query, "truth.intent"] == "service"


def test_without_any_given_intent_the_rules_stand_in_and_a_note_says_so() -> None:
    frame, notes = label_queries(shop(intents=False), TRUST, 13)
    assert notes == ["intent.rules_are_the_truth"]
    assert set(frame["truth.intent"].dropna()) >= {"deal", "gift"}
    assert say(notes[0], "zh") != say(notes[0], "en")


def test_rare_categories_join_other() -> None:
    tables = shop()
    hose = {"product_id": "hose", "title": "hose", "category": "Garden > Hoses", "brand": "acme"}
    products = pd.concat([tables.products, pd.DataFrame([hose])], ignore_index=True)
    clicks = tables.searches.copy()
    clicks.loc[:9, "product_id"] = "hose"
    frame, _ = label_queries(Tables({"products": products, "searches": clicks}, "en"), TRUST, 13)
    assert frame["truth.category"].eq(OTHER).sum() == 5
    assert labels_of(frame)["category"] == [*sorted(CATEGORIES.values()), OTHER]


def test_readiness_counts_and_advises() -> None:
    assert TASK.readiness(Tables()).level == "missing"
    assert TASK.readiness(Tables()).advice[0][0] == "intent.load_searches"
    found = TASK.readiness(shop())
    assert found.level == "thin"
    assert found.counts == {"queries": 120, "intent_labels": 60, "category_labels": 120}
    assert TASK.readiness(shop(330)).level == "ready"
    for code, params in found.advice:
        assert all(say(code, language, **params) for language in LANGUAGES)


def test_too_little_data_is_refused_with_the_counts(config: IntentConfig) -> None:
    with pytest.raises(InputError) as caught:
        TASK.dataset(shop(9), config)
    assert caught.value.code == "intent.not_ready"
    assert caught.value.params["have"] == 4
    assert "4" in caught.value.message("zh")


def test_an_unknown_preset_or_setting_is_refused(model: str) -> None:
    with pytest.raises(InputError, match="no preset"):
        TASK.config("enormous", shop(3))


def test_dataset_measures_only_on_known_truth(dataset: Dataset) -> None:
    assert list(dataset.labels) == ["intent", "category"]
    for part in (dataset.validation, dataset.test):
        assert part[["truth.intent", "truth.category"]].notna().any(axis=1).all()
    ids = pd.concat([dataset.train, dataset.validation, dataset.test])["example_id"]
    assert ids.is_unique


def test_baselines_and_systems_answer_in_the_contract_s_form(
    dataset: Dataset, config: IntentConfig, trained: object
) -> None:
    baselines = TASK.baselines(dataset, dataset.test, config)
    assert list(baselines) == ["majority", "tfidf", "frozen", "frozen_tfidf", "svm"]
    systems = TASK.outputs(trained, dataset.test)  # type: ignore[arg-type]
    best = trained.recommended  # type: ignore[attr-defined]
    assert best in systems
    # A baseline is a system of the model only where the app recommends it.
    assert {*systems} == {"tuned", "tuned_tfidf", best}
    for heads in [*baselines.values(), *systems.values()]:
        for head, frame in heads.items():
            assert frame.columns.tolist() == dataset.labels[head]
            assert np.allclose(frame.sum(axis=1), 1)
            assert len(frame) == len(dataset.test)
    said = systems[best]["category"].idxmax(axis=1)
    assert (said == dataset.test["truth.category"]).mean() > 0.9


def test_saved_bundles_answer_the_same(
    dataset: Dataset, config: IntentConfig, trained: object, tmp_path: Path
) -> None:
    untuned = TASK.untuned(shop(), config, Silent())
    inputs = [IntentInput(query) for query in ("cheap mug", "杯子 as a gift", "")]
    for name, bundle in (("trained", trained), ("untuned", untuned)):
        bundle.save(tmp_path / name)  # type: ignore[attr-defined]
        again = TASK.load(tmp_path / name, shop())
        before, after = TASK.predict(bundle, inputs), TASK.predict(again, inputs)
        for one, two in zip(before, after, strict=True):
            first, second = one.heads["intent"], two.heads["intent"]
            assert first.label == second.label
            assert first.confidence == pytest.approx(second.confidence, abs=1e-5)
        files = {file.suffix for file in (tmp_path / name).rglob("*") if file.is_file()}
        assert files <= {".json", ".safetensors"}


def test_predictions_are_plain_and_sum_to_one(trained: object) -> None:
    answers = TASK.predict(trained, [IntentInput("cheap pan 99")])
    answer = json.loads(json.dumps(encode(answers)))[0]
    assert decode(IntentAnswer, answer) == answers[0]
    assert answer["query"] == "cheap pan 99"
    assert answer["heads"]["category"]["label"] == "Kitchen > Pans"
    assert isinstance(answer["unsure"], bool)
    assert list(answer["heads"]) == ["intent", "category"]
    for head in answer["heads"].values():
        assert sum(head["probabilities"].values()) == pytest.approx(1)
        assert head["confidence"] == max(head["probabilities"].values())
    assert 0 <= answer["uncertainty"] <= 1
    assert TASK.predict(trained, []) == []
    with pytest.raises(InputError):
        decode(PREDICT.body, [{"text": "no query"}])


def test_untuned_answers_without_any_log(config: IntentConfig) -> None:
    tables = Tables({"products": shop(1).products}, "en")
    bundle = TASK.untuned(tables, config, Silent())
    heads = TASK.predict(bundle, [IntentInput("mug")])[0].heads
    assert heads["intent"].label in INTENTS
    assert set(heads["category"].probabilities) == {"Kitchen", "Sport"}


@pytest.mark.parametrize("kind", ["trained", "untuned"])
def test_explanation_names_the_query_s_words(
    kind: str, trained: object, config: IntentConfig
) -> None:
    bundle = trained if kind == "trained" else TASK.untuned(shop(), config, Silent())
    why = TASK.explain(bundle, WhyInput(IntentInput("cheap mug 运动鞋")))
    assert [word for word, _ in why.weights] == ["cheap", "mug", "运动鞋"]
    assert sum(abs(share) for _, share in why.weights) == pytest.approx(1)
    assert why.head == "intent"
    with pytest.raises(InputError) as caught:
        TASK.explain(bundle, WhyInput(IntentInput("mug"), "colour"))
    assert caught.value.code == "tasks.no_head"


def test_work_grows_with_epochs(dataset: Dataset, config: IntentConfig) -> None:
    once = TASK.workload(dataset, config.model_copy(update={"epochs": 1}))
    thrice = TASK.workload(dataset, config.model_copy(update={"epochs": 3}))
    assert thrice.train_tokens == 3 * once.train_tokens
    # The validation part is read again after every epoch.
    assert once.encode_tokens < thrice.encode_tokens < 2 * once.encode_tokens


def test_the_registry_knows_the_task() -> None:
    assert get_task("intent") is TASK
