"""What goes with a basket: past orders, the products' texts, and both together.

What imports torch is imported where it is used: a page asks this module for readiness and settings.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine.config import preset_settings, with_changes
from engine.errors import InputError
from engine.evaluation.ranking_evaluator import RankingEvaluator
from engine.labelling.split import take_share
from engine.models.pretrained import default_encoder
from engine.models.work import Work
from engine.progress import Progress
from engine.ranking import Ranking
from engine.reading.load import clean_file
from engine.tables.tables import Tables
from engine.tasks.base import Dataset, Readiness
from engine.tasks.cooccurrence import to_matrix
from engine.tasks.cross_sell.answers import (
    CrossSellAnswer,
    CrossSellExplanation,
    CrossSellInput,
    WhyInput,
)
from engine.tasks.cross_sell.baskets import (
    LEAST_PRODUCTS,
    count_learnable,
    hold_one_out,
    list_baskets,
    split_baskets,
)
from engine.tasks.cross_sell.config import PRESETS, QUICK_CHINESE, CrossSellConfig
from engine.tasks.cross_sell.copurchase import choose_strengths, expected_shares, fit_models
from engine.tasks.readiness import next_goal, rate

if TYPE_CHECKING:
    from engine.tasks.cross_sell.bundle import CrossSellBundle

READY, THIN = 500, 60
MOST_RESULTS, DEPTH = 100, 50
LONGEST_BASKET = 100
JOINER = " + "


class CrossSellTask:
    """The cross-sell task; see `engine.tasks.base.Task` for the contract."""

    name = "cross_sell"
    example_input = CrossSellInput(("P00000",))

    def config(self, preset: str, tables: Tables, **changes: object) -> CrossSellConfig:
        """The settings of a preset for the workspace's language, with changes."""
        start = {"model": default_encoder(tables.language)} | preset_settings(PRESETS, preset)
        if preset == "quick" and tables.language == "zh":
            start |= QUICK_CHINESE
        return with_changes(CrossSellConfig.model_validate(start), changes)

    def readiness(self, tables: Tables) -> Readiness:
        """Ready from `READY` orders of two products or more on, missing below `THIN`."""
        baskets = _baskets(tables)
        found = count_learnable(baskets)
        counts = {"products": len(tables.products), "orders": len(baskets), "baskets": found}
        code = "cross_sell.more_orders" if found else "cross_sell.load_orders"
        lack = {"n": found, "want": next_goal(found, READY, THIN)}
        return rate(found, READY, THIN, counts, (code, lack))

    def dataset(self, tables: Tables, config: CrossSellConfig) -> Dataset:
        """Baskets in time order: the past to learn from, then some with one product hidden.

        Raises InputError with fewer than `THIN` orders of two products or more.
        """
        ids = tables.products["product_id"].tolist()
        baskets = _baskets(tables)
        found = count_learnable(baskets)
        if found < THIN:
            raise InputError("cross_sell.not_ready", n=found, want=THIN)
        parts = split_baskets(baskets, config.seed, config.most_held)
        titles = dict(zip(ids, tables.products["title"], strict=True))
        train, validation, test = (_as_examples(part, titles) for part in parts)
        train = take_share(train, config.train_share, config.seed).reset_index(drop=True)
        return Dataset(self.name, train, validation, test, tables)

    def dataset_from(self, file: Path, tables: Tables, config: CrossSellConfig) -> Dataset:
        """The baskets of a file of orders, each with one product hidden."""
        ids = tables.products["product_id"].tolist()
        baskets = list_baskets(clean_file("orders", file), ids)
        large = baskets[baskets["basket"].map(len) >= LEAST_PRODUCTS]
        if large.empty:
            raise InputError("cross_sell.nothing_to_measure", file=file.name)
        titles = dict(zip(ids, tables.products["title"], strict=True))
        test = _as_examples(hold_one_out(large, np.random.default_rng(config.seed)), titles)
        known = self.dataset(tables, config)
        return Dataset(self.name, known.train, known.validation, test, tables)

    def evaluator(self, dataset: Dataset) -> RankingEvaluator:
        """nDCG@10 of the rankings, with hits, coverage and novelty by what the past bought."""
        ids = dataset.tables.products["product_id"].tolist()
        matrix = to_matrix(dataset.train["basket"].tolist(), _columns(ids))
        return RankingEvaluator(expected_shares(matrix, ids))

    def workload(self, dataset: Dataset, config: CrossSellConfig) -> Work:
        """What `count_work` counts."""
        from engine.tasks.cross_sell.cost import count_work

        return count_work(dataset, config)

    def baselines(
        self, dataset: Dataset, part: pd.DataFrame, config: CrossSellConfig
    ) -> dict[str, list[Ranking]]:
        """Popularity, lift, shrunk cosine, EASE^R, and the models of the package implicit.

        Where a model has a strength, it is chosen on the validation baskets, as in the bundle.
        """
        from engine.tasks.cross_sell.basket_ranking import rank_baskets
        from engine.tasks.cross_sell.implicit_models import Als, BM25Neighbours, Bpr

        ids = dataset.tables.products["product_id"].tolist()
        columns = _columns(ids)
        matrix = to_matrix(dataset.train["basket"].tolist(), columns)
        held = to_matrix(dataset.validation["basket"].tolist(), columns)
        hidden = [columns[name] for name in dataset.validation["hidden"]]
        strengths = choose_strengths(matrix, held, hidden, config.ease_products)
        models = fit_models(matrix, strengths, config.ease_products)
        models |= {
            name: model.fit(matrix)
            for name, model in (("bm25_knn", BM25Neighbours()), ("als", Als()), ("bpr", Bpr()))
        }
        return rank_baskets(
            lambda block: {name: model.scores(block) for name, model in models.items()},
            to_matrix(part["basket"].tolist(), columns),
            ids,
            DEPTH,
        )

    def untuned(
        self, tables: Tables, config: CrossSellConfig, progress: Progress
    ) -> "CrossSellBundle":
        """The pretrained encoder as it is, beside what was counted of the past orders."""
        from engine.tasks.cross_sell.learning import untuned_bundle

        dataset = None
        if self.readiness(tables).level != "missing":
            dataset = self.dataset(tables, config)
        return untuned_bundle(tables, dataset, config, progress)

    def train(
        self, dataset: Dataset, config: CrossSellConfig, folder: Path, progress: Progress
    ) -> "CrossSellBundle":
        """Tune the encoder on pairs bought together, then choose the blend on validation."""
        from engine.tasks.cross_sell.learning import learn_bundle

        return learn_bundle(dataset, config, folder, progress)

    def load(self, folder: Path, tables: Tables) -> "CrossSellBundle":
        """The bundle saved in `folder`; its vectors are brought up to date with the catalog."""
        from engine.tasks.cross_sell.bundle import open_bundle

        return open_bundle(folder, tables)

    def outputs(self, bundle: "CrossSellBundle", part: pd.DataFrame) -> dict[str, list[Ranking]]:
        """The rankings of every system of the bundle."""
        return bundle.rank(part["basket"].tolist(), DEPTH)

    def predict(
        self, bundle: "CrossSellBundle", inputs: Sequence[CrossSellInput]
    ) -> list[CrossSellAnswer]:
        """What goes with each basket, by every system.

        Raises InputError for a basket without a product of the catalog, and for one too long.
        """
        from engine.tasks.cross_sell.answering import answer

        baskets = [_basket(item.basket, row, bundle) for row, item in enumerate(inputs, start=1)]
        if not baskets:
            return []
        counts = [min(item.k, MOST_RESULTS) for item in inputs]
        rankings = bundle.rank(baskets, max(counts))
        return [
            answer(
                bundle,
                basket,
                [name for name in item.basket if name not in bundle.columns],
                {name: of_baskets[row].top(k) for name, of_baskets in rankings.items()},
            )
            for row, (basket, k, item) in enumerate(zip(baskets, counts, inputs, strict=True))
        ]

    def explain(self, bundle: "CrossSellBundle", item: WhyInput) -> CrossSellExplanation:
        """Why a product goes with a basket: what each product of the basket adds to its score.

        Raises InputError for a product that the catalog does not hold.
        """
        from engine.tasks.cross_sell.answering import explain

        if item.product_id not in bundle.columns:
            raise InputError("cross_sell.unknown_product", product=item.product_id)
        return explain(bundle, _basket(item.basket, 1, bundle), item.product_id)


def _baskets(tables: Tables) -> pd.DataFrame:
    """The orders as baskets of products that the catalog holds, see `list_baskets`."""
    lines = tables.columns("orders", "order_id", "product_id", "time")
    return list_baskets(lines, tables.product_ids)


def _as_examples(baskets: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """The contract's columns beside those of the baskets; `qrels` where a product is hidden."""
    rows = baskets.assign(
        example_id=baskets["order_id"],
        input=[JOINER.join(titles[name] for name in basket) for basket in baskets["basket"]],
    )
    if "hidden" in rows:
        qrels: list[Any] = [{name: 1} for name in rows["hidden"]]
        rows = rows.assign(qrels=qrels)
    return rows.reset_index(drop=True)


def _columns(product_ids: Sequence[str]) -> dict[str, int]:
    return {name: column for column, name in enumerate(product_ids)}


def _basket(product_ids: Sequence[str], row: int, bundle: "CrossSellBundle") -> list[str]:
    """The distinct products of an input that the catalog holds."""
    basket = [name for name in dict.fromkeys(product_ids) if name in bundle.columns]
    if not basket:
        raise InputError("cross_sell.no_basket", row=row)
    if len(basket) > LONGEST_BASKET:
        raise InputError("cross_sell.long_basket", row=row, most=LONGEST_BASKET)
    return basket


TASK = CrossSellTask()
