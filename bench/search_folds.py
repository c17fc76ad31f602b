"""What tuning gains in search on judged queries, each held out once.

`python bench/search_folds.py PRODUCTS JUDGMENTS [--folds 5] [--set KEY=VALUE ...] [--out FILE]`

Both files are mapped and cleaned as `load` does. Per fold a shop of its own learns from the other
folds' judgments; the queries held out are then searched in the whole catalog by BM25, the untuned
encoder, the tuned one and their hybrids. The queries' scores are pooled before they are averaged.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from engine.evaluation.compare import paired_interval  # noqa: E402
from engine.evaluation.ranking import score_each  # noqa: E402
from engine.evaluation.ranking_evaluator import RankingEvaluator  # noqa: E402
from engine.labelling.qrels import query_qrels  # noqa: E402
from engine.models.pretrained import models_folder  # noqa: E402
from engine.progress import Lines, Silent  # noqa: E402
from engine.ranking import Ranking  # noqa: E402
from engine.reading.load import load_files  # noqa: E402
from engine.storage.runs import run_folder  # noqa: E402
from engine.storage.workspace import Workspace  # noqa: E402
from engine.tasks import get_task  # noqa: E402
from engine.text.words import normalise  # noqa: E402
from engine.training.run import make_config, train_run  # noqa: E402

SYSTEMS = ("bm25", "bm25_all", "untuned", "hybrid_untuned", "tuned", "hybrid_tuned")
PAIRS = (
    ("tuned", "untuned"),
    ("hybrid_tuned", "bm25"),
    ("hybrid_tuned", "hybrid_untuned"),
)
TASK = get_task("search")

Answers = dict[str, list[Ranking]]


def search_fold(
    source: Workspace, number: int, held: pd.DataFrame, changes: Mapping[str, str]
) -> Answers:
    """Train on the judgments of all other queries; every system's rankings of the held queries."""
    tables = source.tables()
    fold = Workspace.create(f"fold-{number}", tables.language)
    # Untuned vectors are the same in every fold: they are made once, beside the source's tables.
    (fold.folder / "index").symlink_to(source.folder / "index", target_is_directory=True)
    known = ~tables.judgments["query"].map(normalise).isin(held["query"])
    fold.replace_tables({"products": tables.products, "judgments": tables.judgments[known]}, {})

    run = train_run(fold, "search", changes, Lines())
    tables = fold.tables()
    config = make_config(TASK, tables, changes)
    tuned = TASK.load(run_folder(fold, run.run_id) / "bundle", tables)
    answers = TASK.outputs(TASK.untuned(tables, config, Silent()), held)
    return (
        answers
        | TASK.outputs(tuned, held)
        | TASK.baselines(TASK.dataset(tables, config), held, config)
    )


def measure(
    judged: pd.DataFrame, rankings: Mapping[str, list[Ranking]]
) -> tuple[pd.DataFrame, dict[str, dict[str, float]]]:
    """The mean of every measure by system, and the intervals of `PAIRS` on nDCG@10."""
    truth = list(judged["qrels"])
    means = {name: score_each(truth, rankings[name]).mean() for name in SYSTEMS}
    heldout = RankingEvaluator().heldout_rows(judged, rankings)
    paired = {
        f"{first} - {second}": paired_interval(heldout, first, second).as_json()
        for first, second in PAIRS
    }
    return pd.DataFrame(means).T, paired


def run_folds(source: Workspace, folds: int, changes: Mapping[str, str]) -> dict[str, object]:
    """Hold out every judged query once; figures and settings as plain JSON."""
    judged = query_qrels(source.tables(), "judgments")
    judged = judged.assign(example_id=judged["query"], input=judged["query"])
    order = np.random.default_rng(0).permutation(len(judged))
    parts = [judged.iloc[rows].reset_index(drop=True) for rows in np.array_split(order, folds)]
    pooled: Answers = {name: [] for name in SYSTEMS}
    for number, held in enumerate(parts, start=1):
        found = search_fold(source, number, held, changes)
        table, _ = measure(held, found)
        print(
            f"fold {number}: {len(held)} queries\n{table.round(3)}\n", file=sys.stderr, flush=True
        )
        for name in SYSTEMS:
            pooled[name] += found[name]
    table, paired = measure(pd.concat(parts, ignore_index=True), pooled)
    return {
        "queries": len(judged),
        "products": len(source.tables().products),
        "folds": folds,
        "config": make_config(TASK, source.tables(), changes).model_dump(),
        "systems": table.to_dict("index"),
        "paired": paired,
    }


def main() -> None:
    """Run the folds, print both tables and write the figures where they were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("products", type=Path)
    parser.add_argument("judgments", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", dest="changes")
    parser.add_argument("--out", type=Path, help="a JSON file for the figures")
    options = parser.parse_args()
    changes = dict(change.split("=", 1) for change in options.changes)
    # Models stay where they are; everything else is made for this and thrown away.
    os.environ["SHOPLAB_MODELS"] = str(models_folder())
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SHOPLAB_HOME"] = folder
        source = Workspace.create("source")
        (source.folder / "index").mkdir()
        files = {"products": options.products, "judgments": options.judgments}
        load_files(source, files, skip_bad_rows=True)
        found = run_folds(source, options.folds, changes)
    print(pd.DataFrame(found["systems"]).T.round(4).to_string(), "\n")
    print(pd.DataFrame(found["paired"]).T.round(4).to_string())
    if options.out:
        options.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
