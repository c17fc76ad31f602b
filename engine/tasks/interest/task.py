"""What a shopper wants: from what was shown and clicked, by history, query and product.

What imports torch is imported where it is used: a page asks this module for readiness and settings.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from engine.config import preset_settings, with_changes
from engine.evaluation.ranking_evaluator import RankingEvaluator
from engine.models.pretrained import default_encoder
from engine.models.work import Work
from engine.progress import Progress
from engine.ranking import Ranking
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
from engine.tasks.interest.baselines import rank_baselines
from engine.tasks.interest.config import PRESETS, InterestConfig
from engine.tasks.interest.examples import (
    THIN,
    count_clicked_pages,
    list_queries,
    make_dataset,
    make_dataset_of_file,
)
from engine.tasks.interest.moments import list_moments
from engine.tasks.interest.tradeoff import measure
from engine.tasks.readiness import next_goal, rate

if TYPE_CHECKING:
    from engine.tasks.interest.bundle import InterestBundle

READY = 500


class InterestTask:
    """The interest task; see `engine.tasks.base.Task` for the contract."""

    name = "interest"

    def config(self, preset: str, tables: Tables, **changes: object) -> InterestConfig:
        """The settings of a preset for the workspace's language, with changes."""
        start = {"model": default_encoder(tables.language)} | preset_settings(PRESETS, preset)
        return with_changes(InterestConfig.model_validate(start), changes)

    def readiness(self, tables: Tables) -> Readiness:
        """Ready from `READY` pages with a click on, missing below `THIN`."""
        clicked = count_clicked_pages(tables)
        counts = {"products": len(tables.products), "clicked_pages": clicked}
        code = "interest.more_pages" if clicked else "interest.load_pages"
        lack = {"n": clicked, "want": next_goal(clicked, READY, THIN)}
        return rate(clicked, READY, THIN, counts, (code, lack))

    def dataset(self, tables: Tables, config: InterestConfig) -> Dataset:
        """Pages of the search log in time order, each with the shopper's history by then.

        Raises InputError with fewer than `THIN` pages that drew a click.
        """
        return make_dataset(self.name, tables, config)

    def dataset_from(self, file: Path, tables: Tables, config: InterestConfig) -> Dataset:
        """The pages of a file of searches; what shoppers did before is read from both."""
        return make_dataset_of_file(self.name, file, tables, config)

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
        """What `rank_baselines` ranks by, and boosted trees on the features."""
        from engine.tasks.interest.boosting import rank_by_boosting

        boosted = rank_by_boosting(dataset, part, config)
        return rank_baselines(dataset, part) | {"boosting": boosted}

    def untuned(
        self, tables: Tables, config: InterestConfig, progress: Progress
    ) -> "InterestBundle":
        """The pretrained encoder's closeness of products to query and history."""
        from engine.tasks.interest.training import untuned_bundle

        ready = self.readiness(tables).level != "missing"
        queries = list_queries(self.dataset(tables, config)) if ready else []
        return untuned_bundle(tables, queries, config, progress)

    def train(
        self, dataset: Dataset, config: InterestConfig, folder: Path, progress: Progress
    ) -> "InterestBundle":
        """Learn the net on what was shown, then calibrate its probabilities on validation."""
        from engine.tasks.interest.training import train_bundle

        return train_bundle(dataset, config, folder, progress)

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
        """Per input the products that a shopper most likely wants, each with its probability."""
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


TASK = InterestTask()
