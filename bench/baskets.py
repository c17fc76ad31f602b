"""Every model of what goes with a basket, on the same orders; and how long fitting takes.

`python bench/baskets.py ORDERS [--products FILE] [--held 2000] [--ease-products 3000] [--out FILE]`
maps and cleans the file as `load` does, learns from the first 60 % of the orders by time, chooses
on the next 15 %, and measures on the newest 25 %: one product of a basket is left out and has to be
found among all that were ever bought. `--products` brings categories.

`python bench/baskets.py --simulate 100000 20000` times the fit on so many simulated baskets and
products.
"""

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from engine.evaluation.compare import paired_interval  # noqa: E402
from engine.evaluation.evaluator import score_systems  # noqa: E402
from engine.evaluation.ranking_evaluator import RankingEvaluator  # noqa: E402
from engine.ranking import Ranking  # noqa: E402
from engine.reading.load import clean_file  # noqa: E402
from engine.tables.schema import TABLES  # noqa: E402
from engine.tasks.cooccurrence import Recommender, to_matrix  # noqa: E402
from engine.tasks.cross_sell.basket_ranking import rank_baskets  # noqa: E402
from engine.tasks.cross_sell.baskets import list_baskets, split_baskets  # noqa: E402
from engine.tasks.cross_sell.copurchase import expected_shares  # noqa: E402
from engine.tasks.cross_sell.implicit_models import Als, BM25Neighbours, Bpr  # noqa: E402
from engine.tasks.cross_sell.mixture import Mixture  # noqa: E402

SEED = 13
DEPTH = 50
SHOWN = ["ndcg@10", "hr@10", "mrr@10", "recall@50", "coverage@10", "novelty@10"]


def fit_mixture(
    matrix: csr_matrix,
    catalog: pd.DataFrame,
    validation: tuple[csr_matrix, np.ndarray],
    ease_products: int,
) -> tuple[Mixture, dict[str, float]]:
    """The app's models without texts, chosen on `validation`, and the time that took."""
    started, busy = time.perf_counter(), time.process_time()
    mixture = Mixture(matrix, catalog, None, "orders", ease_products)
    mixture.choose(*validation)
    took = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - busy}
    return mixture, took


def measure_file(options: argparse.Namespace) -> dict[str, object]:
    """Fit and measure everything on a file of orders."""
    orders = clean_file("orders", options.orders)
    product_ids = sorted(orders["product_id"].unique())
    columns = {name: column for column, name in enumerate(product_ids)}
    baskets = list_baskets(orders, product_ids)
    train, validation, test = split_baskets(baskets, SEED, options.held)
    matrix, held, asked = (
        to_matrix(part["basket"].tolist(), columns) for part in (train, validation, test)
    )
    hidden = np.array([columns[name] for name in validation["hidden"]])
    catalog = _catalog(options.products, product_ids)
    mixture, took = fit_mixture(matrix, catalog, (held, hidden), options.ease_products)
    found = rank_baskets(mixture.scores, asked, product_ids, DEPTH)
    fitted = {"recommended": took["seconds"]}
    for name, model in (("bm25_knn", BM25Neighbours()), ("als", Als()), ("bpr", Bpr())):
        started = time.perf_counter()
        model.fit(matrix)
        fitted[name] = time.perf_counter() - started
        found |= _rank(name, model, asked, product_ids)
        print(f"{name} {fitted[name]:.1f} s", file=sys.stderr, flush=True)
    part = test.assign(
        example_id=test["order_id"], input="", qrels=[{name: 1} for name in test["hidden"]]
    )
    shares = expected_shares(matrix, product_ids)
    systems = score_systems(RankingEvaluator(shares), part, found)
    frame = RankingEvaluator().heldout_rows(part, found)
    others = [name for name in found if name != mixture.recommended]
    return {
        "orders": len(baskets),
        "products": len(product_ids),
        "learned": matrix.shape[0],
        "measured": len(test),
        "recommended": mixture.recommended,
        "strengths": vars(mixture.strengths),
        "weights": mixture.blend.weights if mixture.blend else None,
        "systems": systems,
        "against": {
            name: paired_interval(frame, mixture.recommended, name).as_json() for name in others
        },
        "fit": took,
        "fit_seconds": fitted,
        "peak_mb": _peak(),
    }


def _rank(
    name: str, model: Recommender, baskets: csr_matrix, product_ids: Sequence[str]
) -> Mapping[str, list[Ranking]]:
    return rank_baskets(lambda block: {name: model.scores(block)}, baskets, product_ids, DEPTH)


def _catalog(file: Path | None, product_ids: Sequence[str]) -> pd.DataFrame:
    known = clean_file("products", file) if file else pd.DataFrame({"product_id": product_ids})
    rows = known.set_index("product_id").reindex(product_ids).reset_index()
    return rows.reindex(columns=TABLES["products"].columns)


def simulate(baskets: int, products: int) -> tuple[csr_matrix, pd.DataFrame]:
    """Random baskets of 2 to 10 products: half popular ones, half from one of many groups.

    The catalog beside them knows the groups as categories.
    """
    rng = np.random.default_rng(SEED)
    sizes = rng.integers(2, 11, baskets)
    rows = np.repeat(np.arange(baskets), sizes)
    weights = 1 / np.arange(10, products + 10) ** 0.8
    popular = rng.choice(products, len(rows), p=weights / weights.sum())
    groups = max(products // 20, 1)
    group = rng.integers(0, groups, baskets)[rows]
    own = group + groups * rng.integers(0, products // groups, len(rows))
    chosen = np.where(rng.random(len(rows)) < 0.5, popular, own)
    matrix = csr_matrix((np.ones(len(rows), np.float32), (rows, chosen)), shape=(baskets, products))
    matrix.data[:] = 1
    catalog = pd.DataFrame({"category": [f"group {n % groups}" for n in range(products)]})
    return matrix, catalog.reindex(columns=TABLES["products"].columns)


def time_fit(baskets: int, products: int, ease_products: int, held: int) -> dict[str, object]:
    """Seconds to fit and choose the app's models on simulated baskets."""
    matrix, catalog = simulate(baskets + held, products)
    past, newest = matrix[:baskets], matrix[baskets:].tolil()
    hidden = np.array([row[0] for row in newest.rows])
    newest[np.arange(held), hidden] = 0
    mixture, took = fit_mixture(past, catalog, (newest.tocsr(), hidden), ease_products)
    return {
        "baskets": baskets,
        "products": products,
        "recommended": mixture.recommended,
        "fit": took,
        "peak_mb": _peak(),
    }


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure what was asked for, print it, and write the figures where they were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("orders", type=Path, nargs="?")
    parser.add_argument("--products", type=Path)
    parser.add_argument("--held", type=int, default=2000)
    parser.add_argument("--ease-products", type=int, default=3000)
    parser.add_argument("--simulate", type=int, nargs=2, metavar=("BASKETS", "PRODUCTS"))
    parser.add_argument("--out", type=Path, help="a JSON file for the figures")
    options = parser.parse_args()
    if (options.orders is None) == (options.simulate is None):
        parser.error("give either a file of orders or --simulate")
    if options.simulate:
        found = time_fit(*options.simulate, options.ease_products, options.held)
    else:
        found = measure_file(options)
        print(pd.DataFrame(found["systems"]).T[SHOWN].round(4).to_string(), "\n")
        print(pd.DataFrame(found["against"]).T.round(4).to_string(), "\n")
    shown = {name: value for name, value in found.items() if name not in ("systems", "against")}
    print(json.dumps(shown | {"cores": os.cpu_count()}, indent=2, default=str))
    if options.out:
        options.out.write_text(json.dumps(found, indent=2, default=str) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
