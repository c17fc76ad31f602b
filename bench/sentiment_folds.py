"""What tuning gains in sentiment on labelled reviews, each held out once.

`python bench/sentiment_folds.py REVIEWS [--map reviews.FIELD=COLUMN ...] [--only LABEL ...]
    [--folds 5] [--by product|row] [--set KEY=VALUE ...] [--out FILE]`

The file is mapped and cleaned as `load` does. Per fold a shop of its own learns from the reviews of
the other folds, splitting them into training, validation and test parts as always; the reviews held
out are then labelled by every baseline and system. Folds keep products apart with `--by product`.
Macro-F1 is the mean over the folds; intervals are paired over all held-out reviews together.
"""

import argparse
import json
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from engine.evaluation.classification_evaluator import ClassificationEvaluator  # noqa: E402
from engine.evaluation.compare import against_all  # noqa: E402
from engine.evaluation.evaluator import score_systems  # noqa: E402
from engine.labelling.review_labels import HEAD, true_sentiments  # noqa: E402
from engine.models.pretrained import models_folder  # noqa: E402
from engine.progress import Lines, Silent  # noqa: E402
from engine.reading.load import load_files  # noqa: E402
from engine.storage.runs import run_folder  # noqa: E402
from engine.storage.workspace import Workspace  # noqa: E402
from engine.tasks import get_task  # noqa: E402
from engine.training.run import make_config, train_run  # noqa: E402

TASK = get_task("sentiment")
RECOMMENDED = "recommended"

Answers = dict[str, dict[str, pd.DataFrame]]


def sentiment_fold(
    source: Workspace, number: int, reviews: pd.DataFrame, held: pd.DataFrame, changes: Mapping
) -> tuple[Answers, float]:
    """Train on all reviews but the held ones; every system's answers on those, and the seconds."""
    fold = Workspace.create(f"fold-{number}", source.language)
    fold.replace_tables({"reviews": reviews[~reviews["text"].isin(held["input"])]}, {})
    run = train_run(fold, "sentiment", changes, Lines())
    tables = fold.tables()
    config = make_config(TASK, tables, changes)
    bundle: Any = TASK.load(run_folder(fold, run.run_id) / "bundle", tables)
    dataset = TASK.dataset(tables, config)
    answers = TASK.baselines(dataset, held, config)
    answers |= TASK.outputs(TASK.untuned(tables, config, Silent()), held)
    answers |= TASK.outputs(bundle, held)
    return answers | {RECOMMENDED: answers[bundle.recommended]}, run.seconds


def run_folds(
    source: Workspace, only: list[str], folds: int, by: str, changes: Mapping[str, str]
) -> dict[str, object]:
    """Hold out every labelled review once; figures and settings as plain JSON."""
    reviews = source.tables().reviews
    if only:
        reviews = reviews[reviews["sentiment"].isin(only)].reset_index(drop=True)
    known, _ = true_sentiments(reviews)
    known = known.dropna(subset=f"truth.{HEAD}").reset_index(drop=True)
    groups = known["product_id"] if by == "product" else known["example_id"]
    names = np.random.default_rng(0).permutation(groups.unique())
    number_of = {name: place % folds for place, name in enumerate(names)}
    parts = [rows.reset_index(drop=True) for _, rows in known.groupby(groups.map(number_of))]
    scores: dict[str, list[float]] = defaultdict(list)
    pooled: dict[str, list[pd.DataFrame]] = defaultdict(list)
    seconds = []
    for number, held in enumerate(parts, start=1):
        answers, spent = sentiment_fold(source, number, reviews, held, changes)
        seconds.append(spent)
        for name, found in score_systems(ClassificationEvaluator(), held, answers).items():
            scores[name].append(found["macro_f1"])
            pooled[name].append(answers[name][HEAD])
        latest = {name: round(values[-1], 4) for name, values in scores.items()}
        print(f"fold {number}: {len(held)} reviews {latest}", file=sys.stderr, flush=True)
    whole = pd.concat(parts, ignore_index=True)
    together = {
        name: {HEAD: pd.concat(tables, ignore_index=True).fillna(0.0)}
        for name, tables in pooled.items()
    }
    heldout = ClassificationEvaluator().heldout_rows(whole, together)
    paired = {
        f"{system} - {other}": found.as_json()
        for system in ("tuned", RECOMMENDED)
        for other, found in against_all(heldout, system, list(together)).items()
    }
    return {
        "reviews": len(whole),
        "folds": folds,
        "by": by,
        "config": make_config(TASK, source.tables(), changes).model_dump(),
        "systems": {name: float(np.mean(values)) for name, values in scores.items()},
        "per_fold": scores,
        "paired": paired,
        "seconds": seconds,
    }


def main() -> None:
    """Run the folds, print both tables and write the figures where they were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reviews", type=Path)
    parser.add_argument("--map", nargs="+", default=[], metavar="FIELD=COLUMN", dest="columns")
    parser.add_argument("--only", nargs="+", default=[], metavar="LABEL")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--by", choices=["product", "row"], default="row")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", dest="changes")
    parser.add_argument("--out", type=Path, help="a JSON file for the figures")
    options = parser.parse_args()
    changes = dict(change.split("=", 1) for change in options.changes)
    columns = dict(text.removeprefix("reviews.").split("=", 1) for text in options.columns)
    # Models stay where they are; everything else is made for this and thrown away.
    os.environ["SHOPLAB_MODELS"] = str(models_folder())
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SHOPLAB_HOME"] = folder
        source = Workspace.create("source")
        load_files(source, {"reviews": options.reviews}, {"reviews": columns}, skip_bad_rows=True)
        found = run_folds(source, options.only, options.folds, options.by, changes)
    print(pd.Series(found["systems"]).round(4).to_string(), "\n")
    print(pd.DataFrame(found["paired"]).T.round(4).to_string(), "\n")
    print("seconds", [round(spent) for spent in found["seconds"]])  # type: ignore[attr-defined]
    if options.out:
        options.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
