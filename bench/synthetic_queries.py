"""Whether written queries help search: `python bench/synthetic_queries.py [--language en|zh] …`.

Trains search on a sample shop with its own pairs (`plain`), again with written ones beside
(`written`, at most `--most`), and with as many more of its own pairs instead (`more`), same seed
and split. Queries are written (`bench/query_forms.py`) for the products that no training query
clicked, from the pairs that teach the encoder, and kept if titles with synonyms find the product
again. All are then asked the test queries: all of them, and those with relevant products that
nobody clicked in training, as if there were only such products.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bench.query_forms import QueryForms, product_values, write_pairs  # noqa: E402
from engine.evaluation.compare import paired_interval  # noqa: E402
from engine.evaluation.ranking_evaluator import RankingEvaluator  # noqa: E402
from engine.messages import LANGUAGES  # noqa: E402
from engine.models.pretrained import models_folder  # noqa: E402
from engine.progress import Lines  # noqa: E402
from engine.ranking import Ranking  # noqa: E402
from engine.reading.load import load_sample  # noqa: E402
from engine.retrieval.catalog_words import title_index  # noqa: E402
from engine.retrieval.synonyms import Synonyms  # noqa: E402
from engine.storage.workspace import Workspace  # noqa: E402
from engine.tables.tables import Tables  # noqa: E402
from engine.tasks import get_task  # noqa: E402
from engine.tasks.base import Dataset  # noqa: E402
from engine.tasks.search.answers import MOST_RESULTS  # noqa: E402
from engine.tasks.search.parts import split_parts  # noqa: E402
from engine.training.run import make_config  # noqa: E402

EACH = 3
ARMS = ("plain", "written", "more")
SYSTEMS = ("tuned", "hybrid_tuned", "ranked_tuned", "recommended")
Answers = dict[str, list[Ranking]]


def unclicked_products(tables: Tables, train: pd.DataFrame) -> set[str]:
    """The products that no query of the training part leads to."""
    clicked = {name for qrels in train["qrels"] for name, grade in qrels.items() if grade > 0}
    return set(tables.product_ids) - clicked


def written_pairs(dataset: Dataset, unclicked: set[str], most: int, seed: int) -> pd.DataFrame:
    """At most `most` rows like those of `dataset.train`, for the products of `unclicked`."""
    tables, pairs = dataset.tables, dataset.train
    values = product_values(tables.products)
    titles = dict(zip(tables.products["product_id"], tables.products["title"], strict=True))
    by_query = pairs.groupby("query", sort=False)["product_id"].agg(list)
    synonyms = Synonyms.mine(
        [str(query) for query in by_query.index],
        [[titles[name] for name in names] for names in by_query],
    )
    index = title_index(tables)
    written = write_pairs(
        QueryForms.learn(pairs, values),
        {name: values[name] for name in tables.product_ids if name in unclicked},
        lambda query: synonyms.search(index, query, 10),
        EACH,
        seed,
    )
    written = written[~written["query"].isin(pairs["query"])]
    written = written.sample(min(most, len(written)), random_state=seed)
    return written.assign(
        irrelevant=[[] for _ in range(len(written))],
        input=written["query"],
        example_id=written["query"] + "\x1f" + written["product_id"],
    )


def among(part: pd.DataFrame, products: set[str]) -> pd.DataFrame:
    """The queries of `part` that `products` answer, with their grades alone."""
    grades = [
        {name: grade for name, grade in qrels.items() if name in products}
        for qrels in part["qrels"]
    ]
    part = part.assign(qrels=grades)
    return part[[any(qrels.values()) for qrels in grades]]


def only(rankings: Sequence[Ranking], products: set[str]) -> list[Ranking]:
    """The rankings without other products."""
    kept = (
        [
            (name, score)
            for name, score in zip(ranking.product_ids, ranking.scores, strict=True)
            if name in products
        ]
        for ranking in rankings
    )
    return [Ranking([name for name, _ in one], [score for _, score in one]) for one in kept]


def compare(part: pd.DataFrame, answers: Mapping[str, Answers]) -> pd.DataFrame:
    """nDCG@10 by system and arm, and the interval of each arm's difference from the first one."""
    rows = []
    first, *others = answers
    for system in SYSTEMS:
        heard = {arm: found[system] for arm, found in answers.items() if system in found}
        heldout = RankingEvaluator().heldout_rows(part, heard)
        for arm in heard:
            row = {"system": system, "arm": arm, "ndcg@10": heldout[f"{arm}.score"].mean()}
            if arm in others:
                row |= paired_interval(heldout, arm, first).as_json()
            rows.append(row)
    return pd.DataFrame(rows).round(4)


def main() -> None:
    """Train each arm, and print what written queries change."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--most", type=int, default=600)
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", dest="changes")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=ARMS)
    parser.add_argument("--show", action="store_true", help="only write queries and show some")
    options = parser.parse_args()
    os.environ["SHOPLAB_MODELS"] = str(models_folder())
    task = get_task("search")
    with tempfile.TemporaryDirectory() as home:
        os.environ["SHOPLAB_HOME"] = home
        shop = Workspace.create("sample", options.language)
        load_sample(shop, options.language)
        tables = shop.tables()
        changes = dict(change.split("=", 1) for change in options.changes)
        config = make_config(task, tables, changes | {"seed": options.seed})
        dataset = task.dataset(tables, config)
        unclicked = unclicked_products(tables, split_parts(tables, config).train)
        written = written_pairs(dataset, unclicked, options.most, options.seed)
        cold = among(dataset.test, unclicked)
        about = {
            "pairs": len(dataset.train),
            "written": len(written),
            "products": len(tables.products),
            "unclicked": len(unclicked),
            "written_for": written["product_id"].nunique(),
            "test": len(dataset.test),
            "test_of_unclicked": len(cold),
        }
        print(json.dumps(about), flush=True)
        if options.show:
            titles = tables.products.set_index("product_id")["title"]
            for query, product_id in written[["query", "product_id"]].head(40).itertuples(False):
                print(f"{query}  ←  {titles[product_id]}")
            return
        longer = config.model_copy(update={"max_examples": config.max_examples + len(written)})
        taught = {
            "plain": dataset.train,
            "written": pd.concat([dataset.train, written], ignore_index=True),
            "more": task.dataset(tables, longer).train,
        }
        answers: dict[str, Answers] = {}
        for arm in options.arms:
            train = taught[arm].sample(frac=1, random_state=options.seed).reset_index(drop=True)
            folder = Path(home) / f"checkpoints-{arm}"
            bundle = task.train(replace(dataset, train=train), config, folder, Lines())
            found = bundle.search(dataset.test["query"].tolist(), MOST_RESULTS)
            answers[arm] = found | {"recommended": found[bundle.recommended]}
            about = {"arm": arm, "pairs": len(train), "recommended": bundle.recommended}
            print(json.dumps(about), flush=True)
        rows = np.flatnonzero(dataset.test["query"].isin(cold["query"]))
        of_cold = {
            arm: {
                name: only([lists[row] for row in rows], unclicked) for name, lists in one.items()
            }
            for arm, one in answers.items()
        }
        for name, part, found in (("all", dataset.test, answers), ("unclicked", cold, of_cold)):
            table = compare(part, found)
            print(f"{name}: {len(part)} queries\n{table.to_string(index=False)}\n", flush=True)


if __name__ == "__main__":
    main()
