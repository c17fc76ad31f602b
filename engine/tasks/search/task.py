"""Which products answer a query: words, meaning, and both together.

What imports torch is imported where it is used: a page asks this module for readiness and settings.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from engine.config import preset_settings, with_changes
from engine.errors import InputError
from engine.evaluation.ranking_evaluator import RankingEvaluator
from engine.labelling.qrels import ENOUGH_QUERIES, count_queries, judged_queries
from engine.models.pretrained import default_encoder
from engine.models.work import Work
from engine.progress import Progress, Silent
from engine.ranking import Ranking
from engine.tables.tables import Tables
from engine.tasks.base import Dataset, Readiness
from engine.tasks.readiness import next_goal, rate
from engine.tasks.search.answers import (
    MOST_RESULTS,
    FieldWeights,
    SearchAnswer,
    SearchExplanation,
    SearchInput,
    WeightsAnswer,
    WhyInput,
)
from engine.tasks.search.config import PRESETS, QUICK_CHINESE, QUICK_JUDGED, SearchConfig
from engine.tasks.search.pairs import make_pairs
from engine.tasks.search.parts import Parts, choose_source, split_parts
from engine.tasks.search.word_systems import (
    SHOWN,
    WORD_SYSTEMS,
    WordSystems,
    rank_as_shown,
    shown_orders,
)
from engine.text.words import normalise

if TYPE_CHECKING:
    from engine.tasks.search.bundle import SearchBundle

READY, THIN = 100, ENOUGH_QUERIES


class SearchTask:
    """The search task; see `engine.tasks.base.Task` for the contract."""

    name = "search"
    example_input = SearchInput("red mug")

    def config(self, preset: str, tables: Tables, **changes: object) -> SearchConfig:
        """The settings of a preset for the workspace's language, with changes."""
        start = {"model": default_encoder(tables.language)} | preset_settings(PRESETS, preset)
        if preset == "quick" and tables.language == "zh":
            start |= QUICK_CHINESE
        if preset == "quick" and tables.judgments["query"].nunique() >= THIN:
            start |= QUICK_JUDGED
        return with_changes(SearchConfig.model_validate(start), changes)

    def readiness(self, tables: Tables) -> Readiness:
        """Ready from `READY` queries with clicks or judgments on, missing without products."""
        if tables.products.empty:
            return Readiness("missing", {"products": 0}, [("search.load_products", {})])
        found = count_queries(tables)
        counts = {"products": len(tables.products)} | {
            f"{name}_queries": count for name, count in found.items() if name != "catalog"
        }
        best = max(found["judgments"], found["clicks"])
        code = "search.more_queries" if best >= THIN else "search.catalog_only"
        lack = {"n": best, "want": next_goal(best, READY, THIN)}
        if found["catalog"] >= READY:
            # The catalog itself is something to learn from, if nothing to be relied on.
            best = max(best, THIN)
        return rate(best, READY, THIN, counts, (code, lack))

    def dataset(self, tables: Tables, config: SearchConfig) -> Dataset:
        """Distinct queries with the products that answer them, split by query in time order.

        Some of the training queries are kept from the encoder, for the order on top of it (see
        `Parts`). Raises InputError when the chosen source holds fewer than `THIN` queries.
        """
        parts = split_parts(tables, config)
        notes = ["search.learned_from_catalog"] if parts.source == "catalog" else []
        pairs = make_pairs(
            parts.for_encoder, parts.source, config.max_positives, config.max_examples, config.seed
        )
        return Dataset(
            self.name,
            pairs,
            parts.validation,
            parts.test,
            tables,
            notes=notes,
            kept=parts.kept,
        )

    def dataset_from(self, file: Path, tables: Tables, config: SearchConfig) -> Dataset:
        """The queries of a file of judgments that have a relevant product in the catalog."""
        part = judged_queries(file, tables)
        return Dataset(self.name, part.iloc[:0], part.iloc[:0], part, tables)

    def evaluator(self, dataset: Dataset) -> RankingEvaluator:
        """nDCG@10 of the rankings."""
        return RankingEvaluator()

    def workload(self, dataset: Dataset, config: SearchConfig) -> Work:
        """What `count_work` counts."""
        from engine.tasks.search.cost import count_work

        return count_work(dataset, config)

    def baselines(
        self, dataset: Dataset, part: pd.DataFrame, config: SearchConfig
    ) -> dict[str, list[Ranking]]:
        """BM25 in five ways, and the shop's own order where the log has it.

        Weights of fields and synonyms are learned from the training part.
        """
        tables, queries = dataset.tables, part["query"].tolist()
        parts = _parts(tables, config)
        words = (
            WordSystems.learn(tables, parts.train, config.seed)
            if parts
            else WordSystems.plain(tables)
        )
        answers = {
            name: [words.search(name, query, MOST_RESULTS) for query in queries]
            for name in WORD_SYSTEMS
        }
        if shown_orders(tables):
            answers[SHOWN] = rank_as_shown(tables, queries)
        return answers

    def untuned(self, tables: Tables, config: SearchConfig, progress: Progress) -> "SearchBundle":
        """The pretrained encoder with its index, kept beside the tables."""
        from engine.tasks.search.learning import untuned_bundle

        # Making queries of a large catalog takes seconds, and an untuned model needs none.
        is_asked = choose_source(tables, config) != "catalog"
        parts = _parts(tables, config) if is_asked else None
        return untuned_bundle(tables, parts, config, progress)

    def train(
        self, dataset: Dataset, config: SearchConfig, folder: Path, progress: Progress
    ) -> "SearchBundle":
        """Tune the encoder, encode the catalog anew, learn an order and choose the system."""
        from engine.tasks.search.learning import learn_bundle

        parts = split_parts(dataset.tables, config)
        return learn_bundle(dataset, parts, config, folder, progress)

    def load(self, folder: Path, tables: Tables) -> "SearchBundle":
        """The bundle saved in `folder`; its index is brought up to date with the catalog."""
        from engine.tasks.search.opening import load_search_bundle

        return load_search_bundle(folder, tables, self.config("quick", tables), Silent())

    def outputs(self, bundle: "SearchBundle", part: pd.DataFrame) -> dict[str, list[Ranking]]:
        """The rankings of the bundle's own systems; BM25 is among the baselines."""
        systems = [name for name in bundle.systems if name not in WORD_SYSTEMS]
        return bundle.search(part["query"].tolist(), MOST_RESULTS, systems=systems)

    def predict(self, bundle: "SearchBundle", inputs: Sequence[SearchInput]) -> list[SearchAnswer]:
        """The products of every system for each query, those of the recommended one with titles."""
        from engine.tasks.search.answering import answer

        queries = [normalise(item.query) for item in inputs]
        vectors = bundle.encode(queries)
        filters = [[asdict(condition) for condition in item.filters] for item in inputs]
        rankings = bundle.search(queries, filters=filters, vectors=vectors, systems=bundle.answered)
        return [
            answer(
                bundle,
                item,
                {name: per_query[row] for name, per_query in rankings.items()},
                bundle.near_queries(queries[row], vectors[row], item.near) if item.near else (),
            )
            for row, item in enumerate(inputs)
        ]

    def explain(self, bundle: "SearchBundle", item: WhyInput) -> SearchExplanation:
        """Why a product answers a query: what each query word adds to their closeness.

        Raises InputError for a product that the catalog does not hold.
        """
        from engine.tasks.search.answering import explain

        return explain(bundle, item)

    def measure(
        self, bundle: "SearchBundle", heldout: pd.DataFrame, item: FieldWeights
    ) -> WeightsAnswer:
        """What weights set by hand would do on the validation queries, beside the learned ones.

        Raises InputError for a run that learned no order.
        """
        from engine.tasks.search.ranker.weighing import weigh

        if bundle.trial is None:
            raise InputError("search.no_weights")
        side = bundle.ranked_side
        return weigh(bundle.trial, item, side.ranker if side else None)


def _parts(tables: Tables, config: SearchConfig) -> Parts | None:
    """What there is to learn from; None with too little."""
    try:
        return split_parts(tables, config)
    except InputError:
        return None


TASK = SearchTask()
