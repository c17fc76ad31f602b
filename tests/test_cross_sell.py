"""The cross-sell task: what it learns from orders and texts, and what it says about a basket."""

import dataclasses
import json
from pathlib import Path

import pandas as pd
import pytest

from engine.codec import decode, encode
from engine.errors import InputError
from engine.evaluation.evaluator import score_systems
from engine.evaluation.ranking_evaluator import RankingEvaluator
from engine.progress import Silent
from engine.simulation.tiny_shop import NEVER, tiny_frames, tiny_orders
from engine.tables.tables import Tables
from engine.tasks.base import Dataset
from engine.tasks.cross_sell.answers import PREDICT, CrossSellInput, WhyInput
from engine.tasks.cross_sell.bundle import CrossSellBundle
from engine.tasks.cross_sell.task import LONGEST_BASKET, READY, TASK, THIN
from engine.tasks.tiny import FAST

HOSTILE = '=HYPERLINK("http://x") <img src=x onerror=alert(1)> ![a](http://x/i.png) {0} %s'


# Fewer pairs than there are: the tiny encoder has seen each of them often enough.
QUICK = FAST | {"max_examples": 240}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return shop_with_orders(400)


def shop_with_orders(baskets: int) -> Tables:
    return Tables(tiny_frames() | {"orders": tiny_orders(baskets)}, "en")


@pytest.fixture(scope="module")
def dataset(tables: Tables, model: str) -> Dataset:
    return TASK.dataset(tables, TASK.config("quick", tables, model=model, **QUICK))


@pytest.fixture(scope="module")
def bundle(
    dataset: Dataset, model: str, tmp_path_factory: pytest.TempPathFactory
) -> CrossSellBundle:
    config = TASK.config("quick", dataset.tables, model=model, **QUICK)
    return TASK.train(dataset, config, tmp_path_factory.mktemp("checkpoints"), Silent())


def test_readiness_counts_baskets_of_two_products() -> None:
    levels = [TASK.readiness(shop_with_orders(n)).level for n in (10, THIN, READY)]
    assert levels == ["missing", "thin", "ready"]
    strangers = tiny_orders().assign(product_id=lambda rows: rows["product_id"] + "x")
    found = TASK.readiness(Tables(tiny_frames() | {"orders": strangers}))
    assert found.level == "missing" and found.counts["baskets"] == 0


def test_too_few_orders_are_said(model: str) -> None:
    few = shop_with_orders(THIN - 1)
    with pytest.raises(InputError) as caught:
        TASK.dataset(few, TASK.config("quick", few, model=model))
    assert str(THIN - 1) in caught.value.message("zh")


def test_one_product_of_each_held_out_basket_is_hidden(dataset: Dataset) -> None:
    for part in (dataset.validation, dataset.test):
        assert [list(qrels) for qrels in part["qrels"]] == [[name] for name in part["hidden"]]
        rows = part[["hidden", "basket"]].itertuples(index=False)
        assert not any(hidden in basket for hidden, basket in rows)
    assert dataset.train["time"].max() <= dataset.validation["time"].min()
    assert dataset.validation["time"].max() <= dataset.test["time"].min()


def test_the_recommended_system_won_on_validation_and_beats_the_baselines(
    dataset: Dataset, bundle: CrossSellBundle, model: str
) -> None:
    config = TASK.config("quick", dataset.tables, model=model, **QUICK)
    baselines = TASK.baselines(dataset, dataset.test, config)
    assert {"popularity", "lift", "cosine", "ease", "bm25_knn", "als", "bpr"} == set(baselines)
    answers = baselines | TASK.outputs(bundle, dataset.test)
    found = score_systems(TASK.evaluator(dataset), dataset.test, answers)
    best = found[bundle.recommended]
    assert best["ndcg@10"] > found["popularity"]["ndcg@10"] + 0.3
    assert best["ndcg@10"] > found["tuned"]["ndcg@10"] - 0.05
    assert {"hr@10", "coverage@10", "novelty@10"} < set(best)
    assert not {"judged@10", "ndcg@10_judged"} & set(best)


def test_what_nobody_bought_is_reached_by_its_text(bundle: CrossSellBundle) -> None:
    basket = [f"mug-{NEVER}"]
    answer = TASK.predict(bundle, [CrossSellInput(tuple(basket), 23)])[0]
    assert f"pan-{NEVER}" in [name for name, _ in answer.systems["tuned"]][:5]
    assert all(score == 0 for _, score in answer.systems["ease"])
    places = {result.product_id: result for result in answer.results}
    fits = places[f"pan-{NEVER}"]
    assert fits.rank < min(places[f"{thing}-{NEVER}"].rank for thing in ("shoe", "lamp"))
    assert fits.reason.bought == fits.reason.together == 0


def test_reasons_are_the_counts_of_the_training_baskets(
    bundle: CrossSellBundle, dataset: Dataset
) -> None:
    answer = TASK.predict(bundle, [CrossSellInput(("mug-red",), 10)])[0]
    assert answer.system == bundle.recommended
    result = next(one for one in answer.results if one.product_id == "pan-red")
    baskets = [set(basket) for basket in dataset.train["basket"]]
    both = sum({"mug-red", "pan-red"} <= basket for basket in baskets)
    mug = sum("mug-red" in basket for basket in baskets)
    pan = sum("pan-red" in basket for basket in baskets)
    reason = result.reason
    assert (reason.met, reason.together, reason.bought) == ("mug-red", both, pan)
    assert reason.confidence == pytest.approx(both / mug)
    assert reason.lift == pytest.approx(both * len(baskets) / (mug * pan), rel=1e-5)
    assert reason.categories == ("Mugs", "Pans") and reason.category_lift > 1


def test_substitutes_are_other_products_of_the_category(bundle: CrossSellBundle) -> None:
    answer = TASK.predict(bundle, [CrossSellInput(("mug-red",))])[0]
    assert answer.substitutes
    assert all(one.product_id.startswith("mug-") for one in answer.substitutes)
    assert "mug-red" not in {one.product_id for one in answer.substitutes}


def test_a_basket_may_hold_unknown_products_but_not_only_them(bundle: CrossSellBundle) -> None:
    answer = TASK.predict(bundle, [CrossSellInput(("gone", "mug-red", "mug-red"))])[0]
    assert (answer.basket, answer.unknown) == (["mug-red"], ["gone"])
    for bad in ([], ["gone"], "mug-red", [1], None):
        with pytest.raises(InputError) as caught:
            TASK.predict(bundle, decode(PREDICT.body, [{"basket": ["mug-red"]}, {"basket": bad}]))
        assert caught.value.params["row"] == 2
    for count in (0, "3", 1.5):
        with pytest.raises(InputError):
            decode(PREDICT.body, [{"basket": ["mug-red"], "k": count}])


def test_a_basket_without_end_is_refused(
    bundle: CrossSellBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = dict.fromkeys((str(n) for n in range(LONGEST_BASKET + 1)), 0)
    monkeypatch.setattr(bundle, "columns", known)
    with pytest.raises(InputError):
        TASK.predict(bundle, [CrossSellInput(tuple(known))])


def test_an_explanation_shares_the_score_among_the_basket(bundle: CrossSellBundle) -> None:
    item = WhyInput(("mug-red", "shoe-blue"), "pan-red")
    found = TASK.explain(bundle, item)
    shares = dict(found.weights)
    assert shares["red mug"] > shares["blue shoe"]
    assert found.ranks["ease"] <= 3
    json.dumps(encode(found), allow_nan=False)
    with pytest.raises(InputError):
        TASK.explain(bundle, dataclasses.replace(item, product_id="gone"))


def test_a_bundle_follows_a_changed_catalog(
    bundle: CrossSellBundle, tmp_path: Path, tables: Tables
) -> None:
    bundle.save(tmp_path)
    products = tables.products[tables.products["product_id"] != "pan-red"]
    new = products.iloc[:1].assign(product_id="new", title=HOSTILE, category=None, price=None)
    changed = Tables({"products": pd.concat([products, new], ignore_index=True)}, "en")
    loaded = TASK.load(tmp_path, changed)
    answers = TASK.predict(loaded, [CrossSellInput(("mug-red",), 100), CrossSellInput(("new",))])
    names = [result.product_id for result in answers[0].results]
    assert "pan-red" not in names and "new" in names
    assert len(answers[1].results) == 10
    json.dumps(encode(answers), allow_nan=False)


def test_without_orders_the_untuned_texts_answer(model: str) -> None:
    bare = Tables(tiny_frames(), "en")
    found = TASK.untuned(bare, TASK.config("quick", bare, model=model), Silent())
    assert found.recommended == "untuned" and "blend_untuned" not in found.systems
    answer = TASK.predict(found, [CrossSellInput(("mug-red",))])[0]
    assert len(answer.results) == 10


def test_a_file_of_orders_can_be_measured(
    bundle: CrossSellBundle, tables: Tables, model: str, tmp_path: Path
) -> None:
    file = tmp_path / "orders.csv"
    tiny_orders(30).to_csv(file, index=False)
    config = TASK.config("quick", tables, model=model)
    part = TASK.dataset_from(file, tables, config).test
    assert len(part) == 30
    found = score_systems(RankingEvaluator(), part, TASK.outputs(bundle, part))
    assert found[bundle.recommended]["ndcg@10"] > 0.5
    file.write_text("order_id,product_id\n1,gone\n1,lost\n")
    with pytest.raises(InputError):
        TASK.dataset_from(file, tables, config)
