"""Which brand a product is of, by its title: learned from the products whose brand is known."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from engine.tasks.brand.answers import BrandAnswer, BrandInput

from engine.errors import InputError
from engine.labelling.labelled_texts import choose_examples
from engine.labelling.split import draw_at_most, split_groups, take_share
from engine.tables.tables import Tables
from engine.tasks.base import Dataset, Readiness
from engine.tasks.classify.answers import Classification
from engine.tasks.classify.config import ClassificationConfig
from engine.tasks.classify.task import ClassificationTask
from engine.tasks.readiness import rate

READY, THIN = 300, 60
FEWEST = 8
PRESETS: Mapping[str, Mapping[str, object]] = {
    "quick": {"epochs": 2},
    "balanced": {"epochs": 4},
    "thorough": {"epochs": 8},
}


class BrandTask(ClassificationTask[BrandInput, BrandAnswer]):
    """The brand task; see `engine.tasks.base.Task` for the contract."""

    name = "brand"
    accepts = BrandInput
    presets = PRESETS
    settings = ClassificationConfig
    fields = ("title",)
    reads = ("products",)
    example_input = BrandInput("red mug")

    def readiness(self, tables: Tables) -> Readiness:
        """Ready from `READY` products of a common brand on, missing below `THIN`."""
        count = len(_branded(tables))
        lack = ("brand.load_products", {"n": count, "want": READY})
        return rate(count, READY, THIN, {"products": count}, lack)

    def dataset(self, tables: Tables, config: Any) -> Dataset:
        """The products of common brands, each in one part."""
        products = _branded(tables)
        if len(products) < THIN:
            raise InputError("brand.not_ready", n=len(products), want=THIN)
        part = split_groups(products["product_id"], config.seed)
        validation, test = (
            draw_at_most(products[part == name], config.most_held, config.seed)
            for name in ("validation", "test")
        )
        train = products[part == "train"].reset_index(drop=True)
        train = choose_examples(train, config.max_examples, config.seed)
        train = take_share(train, config.train_share, config.seed)
        labels = {"brand": sorted(products["truth.brand"].unique())}
        return Dataset(self.name, train.reset_index(drop=True), validation, test, tables, labels)

    def first_labels(self, tables: Tables) -> dict[str, list[str]]:
        """The brands of the catalog."""
        return {"brand": sorted(tables.products["brand"].dropna().unique())}

    def meanings(self, head: str, labels: Sequence[str], tables: Tables) -> list[list[str]]:
        """A brand means its name."""
        return [[label] for label in labels]

    def text(self, item: BrandInput) -> str:
        """The title."""
        return item.title

    def answer(self, item: BrandInput, classes: Classification) -> BrandAnswer:
        """The classes with the title."""
        return BrandAnswer(title=item.title, **vars(classes))


def _branded(tables: Tables) -> pd.DataFrame:
    products = tables.products.dropna(subset=["title", "brand"])
    counts = products["brand"].value_counts()
    common = products[products["brand"].isin(counts.index[counts >= FEWEST])]
    return common.assign(
        example_id=common["product_id"],
        input=common["title"],
        **{"truth.brand": common["brand"], "label.brand": common["brand"], "weight.brand": 1.0},
    ).reset_index(drop=True)


TASK = BrandTask()
