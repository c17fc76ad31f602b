"""What a shopper wants: from what was shown and clicked, by history, query and product.

What imports torch is imported where it is used: a page asks this module for readiness and settings.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine.config import preset_settings, with_changes
from engine.errors import InputError
from engine.evaluation.ranking_evaluator import RankingEvaluator
from engine.labelling.clicks import examination
from engine.labelling.histories import (
    History,
    answer,
    by_query,
    count_popularity,
    list_acts,
    list_pages,
)
from engine.labelling.split import TEST, VALIDATION
from engine.models.pretrained import default_encoder
from engine.models.work import Work
from engine.progress import Progress
from engine.ranking import Ranking
from engine.reading.load import clean_file
from engine.tables.tables import Tables
from engine.tasks.base import Dataset, Readiness
from engine.tasks.interest.answers import (
    InterestAnswer,
    InterestExplanation,
    InterestInput,
    Tradeoff,
    TradeoffsInput,
    WhyInput,
)
from engine.tasks.interest.baselines import HistoryNeighbours, by_place, by_recency, order
from engine.tasks.interest.config import PRESETS, InterestConfig
from engine.tasks.interest.moments import list_moments
from engine.tasks.interest.novelty import Novelty
from engine.tasks.interest.tradeoff import measure
from engine.tasks.readiness import next_goal, rate

if TYPE_CHECKING:
    from engine.tasks.interest.bundle import InterestBundle

READY, THIN = 500, 60


class InterestTask:
    """The interest task; see `engine.tasks.base.Task` for the contract."""

    name = "interest"

    def config(self, preset: str, tables: Tables, **changes: object) -> InterestConfig:
        """The settings of a preset for the workspace's language, with changes."""
        start = {"model": default_encoder(tables.language)} | preset_settings(PRESETS, preset)
        return with_changes(InterestConfig.model_validate(start), changes)

    def readiness(self, tables: Tables) -> Readiness:
        """Ready from `READY` pages with a click on, missing below `THIN`."""
        log, products = tables.searches, tables.products
        shown = log["event"].eq("impression") & log["position"].notna() & log["time"].notna()
        found = 0
        if shown.any():
            clicked = log["event"].eq("click") & log["product_id"].isin(products["product_id"])
            pages = log.loc[clicked, ["session_id", "user_id", "query"]]
            found = len(pages.drop_duplicates())
        counts = {"products": len(products), "clicked_pages": found}
        code = "interest.more_pages" if found else "interest.load_pages"
        lack = {"n": found, "want": next_goal(found, READY, THIN)}
        return rate(found, READY, THIN, counts, (code, lack))

    def dataset(self, tables: Tables, config: InterestConfig) -> Dataset:
        """Pages of the search log in time order, each with the shopper's history by then.

        Raises InputError with fewer than `THIN` pages that drew a click.
        """
        pages = list_pages(tables.searches, tables.products["product_id"].tolist())
        found = sum(any(grades) for grades in pages["grades"])
        if found < THIN:
            raise InputError("interest.not_ready", n=found, want=THIN)
        cuts = [round(len(pages) * (1 - TEST - VALIDATION)), round(len(pages) * (1 - TEST))]
        parts = [
            part.tail(most)
            for part, most in zip(
                (pages[: cuts[0]], pages[cuts[0] : cuts[1]], pages[cuts[1] :]),
                (config.max_examples, config.most_held, config.most_held),
                strict=True,
            )
        ]
        learned = pages["time"].iloc[cuts[0]]
        train, validation, test = (_as_examples(part, tables, learned, config) for part in parts)
        return Dataset(
            self.name, train, validation, test, tables, notes=["interest.place_pulls_clicks"]
        )

    def dataset_from(self, file: Path, tables: Tables, config: InterestConfig) -> Dataset:
        """The pages of a file of searches; what shoppers did before is known from both."""
        log = clean_file("searches", file)
        pages = list_pages(log, tables.products["product_id"].tolist())
        if not any(any(grades) for grades in pages["grades"]):
            raise InputError("interest.nothing_to_measure", file=file.name)
        known = self.dataset(tables, config)
        columns = tables.searches.columns
        both = pd.concat([tables.searches, log[columns]], ignore_index=True).drop_duplicates()
        more = replace(tables, frames={**tables.frames, "searches": both})
        test = _as_examples(pages, more, known.validation["time"].iloc[0], config)
        return replace(known, test=test)

    def evaluator(self, dataset: Dataset) -> RankingEvaluator:
        """nDCG@10 of the rankings."""
        return RankingEvaluator()

    def workload(self, dataset: Dataset, config: InterestConfig) -> Work:
        """Products of pages are learned once an epoch; catalog and queries are encoded once."""
        from engine.tasks.interest.cost import count_work

        return count_work(dataset, config)

    def baselines(
        self, dataset: Dataset, part: pd.DataFrame, config: InterestConfig
    ) -> dict[str, list[Ranking]]:
        """The order shown, what is clicked most, what the shopper acted on last, and item kNN."""
        tables = dataset.tables
        ids = tables.products["product_id"].tolist()
        acts = list_acts(tables.searches, tables.orders, ids)
        until = dataset.validation["time"].iloc[0].to_datetime64()
        near = HistoryNeighbours(acts, until, ids)
        found: dict[str, list[Ranking]] = {
            name: [] for name in ("shown", "clicked", "recent", "item_knn")
        }
        columns = ("product_ids", "positions", "clicks", "history", "strengths")
        for names, places, clicks, *past in zip(*(part[name] for name in columns), strict=True):
            history = History(*past)
            found["shown"].append(order(names, by_place(places)))
            found["clicked"].append(order(names, np.asarray(clicks)))
            found["recent"].append(order(names, by_recency(names, history)))
            found["item_knn"].append(order(names, near.scores(names, history)))
        return found

    def untuned(
        self, tables: Tables, config: InterestConfig, progress: Progress
    ) -> "InterestBundle":
        """The pretrained encoder's closeness of products to query and history."""
        ready = self.readiness(tables).level != "missing"
        queries = _queries(self.dataset(tables, config)) if ready else []
        return _bundle(tables, queries, config, progress)

    def train(
        self, dataset: Dataset, config: InterestConfig, folder: Path, progress: Progress
    ) -> "InterestBundle":
        """Learn the net on what was shown, then make its chances honest on validation."""
        import torch

        from engine.tasks.interest.calibrated_net import CalibratedNet, make_net
        from engine.tasks.interest.learning import fit_chances, train_net
        from engine.tasks.interest.net import log_odds

        bundle = _bundle(dataset.tables, _queries(dataset), config, progress)
        both = pd.concat([dataset.train, dataset.validation], ignore_index=True)
        shown, vectors = _shown(bundle, both, config)
        train, held = shown.split(int(dataset.train["grades"].map(len).sum()))
        torch.manual_seed(config.seed)
        net = make_net(bundle.encoder.dimension, config.size, config.dropout)
        train_net(net, vectors, train, held, config, folder, progress)
        progress.stage("choose")
        interest, place = log_odds(net, held.pairs, vectors)
        clicked = held.clicked.numpy()
        bundle.learned = CalibratedNet(
            net,
            {
                "tuned": fit_chances(interest, clicked),
                "tuned_at_place": fit_chances(interest + place, clicked),
            },
            config.size,
        )
        return bundle

    def load(self, folder: Path, tables: Tables) -> "InterestBundle":
        """The bundle saved in `folder`; its vectors are brought up to date with the catalog."""
        from engine.tasks.interest.bundle import open_bundle

        return open_bundle(folder, tables)

    def outputs(self, bundle: "InterestBundle", part: pd.DataFrame) -> dict[str, list[Ranking]]:
        """The order that every system of the bundle gives to the products of every page."""
        return bundle.outputs(list(list_moments(part)))

    def predict(
        self, bundle: "InterestBundle", inputs: Sequence[InterestInput]
    ) -> list[InterestAnswer]:
        """Per input the products that a shopper most likely wants, each with the chance."""
        from engine.tasks.interest.answering import answer_all

        return answer_all(bundle, inputs)

    def explain(self, bundle: "InterestBundle", item: WhyInput) -> InterestExplanation:
        """Why a shopper may want a product: how much each product of the history counts for it.

        Raises InputError for a product that the catalog does not hold.
        """
        from engine.tasks.interest.answering import explain

        return explain(bundle, item)

    def measure(
        self, bundle: "InterestBundle", heldout: pd.DataFrame, item: TradeoffsInput
    ) -> list[Tradeoff]:
        """The tradeoff of each of the weights on the held-out pages of the bundle's run."""
        catalog, system = bundle.catalog, bundle.recommended
        return measure(heldout, system, item.weights, catalog.rows, catalog.vectors, catalog.mean)


def _as_examples(
    pages: pd.DataFrame, tables: Tables, learned: pd.Timestamp, config: InterestConfig
) -> pd.DataFrame:
    """Pages with the history of their shopper and the popularity of their products by then.

    How much positions pull is estimated on what came before `learned` only.
    """
    log = tables.searches
    acts = list_acts(log, tables.orders, tables.products["product_id"].tolist())
    looked = examination(log[pd.to_datetime(log["time"]) < learned])
    popularity = count_popularity(log, looked)
    query_popularity = count_popularity(by_query(log), looked)
    shown = list(zip(pages["product_ids"], pages["time"], strict=True))
    histories = [
        acts.before(user, moment, config.history)
        for user, moment in zip(pages["user_id"], pages["time"], strict=True)
    ]
    columns: dict[str, Any] = {
        "history": [list(one.product_ids) for one in histories],
        "strengths": [list(one.strengths) for one in histories],
        "ctrs": [[popularity.ctr(name, at) for name in names] for names, at in shown],
        "query_ctrs": [
            [query_popularity.ctr(answer(query, name), at) for name in names]
            for query, (names, at) in zip(pages["query"], shown, strict=True)
        ],
        "clicks": [[popularity.clicked(name, at) for name in names] for names, at in shown],
        "known.history": [len(one.product_ids) for one in histories],
        "qrels": [
            dict(zip(names, grades, strict=True))
            for names, grades in zip(pages["product_ids"], pages["grades"], strict=True)
        ],
    }
    examples = pages.assign(input=pages["query"], **columns).reset_index(drop=True)
    return examples.assign(**_novelty(examples, Novelty(tables.products, log)))


def _novelty(examples: pd.DataFrame, novelty: Novelty) -> dict[str, list[str]]:
    """How often each product was clicked by then, how novel and how old it was, as JSON."""
    columns: dict[str, list[str]] = {"known.clicks": [], "known.novelty": [], "known.age": []}
    pages = (examples[name] for name in ("product_ids", "clicks", "time"))
    for names, clicks, moment in zip(*pages, strict=True):
        figures = (clicks, novelty.self_information(clicks, moment), novelty.ages(names, moment))
        for column, values in zip(columns.values(), figures, strict=True):
            rounded = np.round(values, 3).tolist()
            column.append(json.dumps(dict(zip(names, rounded, strict=True))))
    return columns


def _queries(dataset: Dataset) -> list[str]:
    parts = (dataset.train, dataset.validation, dataset.test)
    return sorted({query for part in parts for query in part["query"]})


def _bundle(
    tables: Tables, queries: Sequence[str], config: InterestConfig, progress: Progress
) -> "InterestBundle":
    from engine.models.encoder import load_encoder
    from engine.tasks.interest.bundle import InterestBundle

    progress.stage("load")
    encoder = load_encoder(config.model, config.max_tokens, progress=progress)
    progress.stage("index")
    return InterestBundle(
        encoder,
        tables,
        model=config.model,
        history=config.history,
        learned=None,
        progress=progress,
        queries=queries,
    )


def _shown(bundle: "InterestBundle", part: pd.DataFrame, config: InterestConfig) -> Any:
    """The products of a part's pages with what came of them, and the vectors they refer to."""
    import torch

    from engine.tasks.interest.learning import Shown

    pairs, vectors = bundle.pair(list(list_moments(part)))
    grades = np.concatenate([np.asarray(row) for row in part["grades"]])
    weights = 1 + config.action_weight * np.maximum(grades - 1, 0)
    columns = (torch.from_numpy(one.astype(np.float32)) for one in (grades > 0, weights))
    return Shown(pairs, *columns), vectors


TASK = InterestTask()
