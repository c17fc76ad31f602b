"""How fast a bandit's regret grows in simulation, against a fixed split of the same length.

`python bench/bandit_regret.py [--sample en] [--lists 4000] [--seeds 20] [--goal any]`

A crowd is mined from the sample shop's log; the untuned search models answer its queries. Every
policy then serves the same crowd. Printed per policy: the successes lost against always showing
the best strategy, with the 95 % interval over the seeds; how much of that fell in the first and in
the second half; and how much less was lost than by the fixed split, paired by seed.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.bandit.arms import strategies
from engine.bandit.attractiveness import SIGNS, inform
from engine.bandit.click_model import (
    Check,
    ClickModel,
    check,
    fit,
    read_impressions,
    read_visits,
)
from engine.bandit.policies import POLICIES, make_policy
from engine.bandit.regret import mean_regret, right_winner, saved
from engine.bandit.similarity import make_shelf
from engine.bandit.simulator import (
    Crowd,
    crowd_queries,
    mine,
    read_histories,
    simulate,
    success_rates,
)
from engine.models.pretrained import models_folder
from engine.progress import Silent
from engine.reading.load import load_sample
from engine.storage.workspace import Workspace
from engine.tasks import get_task

QUERIES, LENGTH = 200, 10


def sample_crowd(language: str, goal: str) -> tuple[Crowd, list[str]]:
    """The crowd of a sample shop, and the names of its strategies."""
    shop = Workspace.create("crowd", language)
    load_sample(shop, language, Silent())
    tables, task = shop.tables(), get_task("search")
    bundle = task.untuned(tables, task.config("quick", tables), Silent())
    shown = read_impressions(tables.searches)
    queries = crowd_queries(shown, QUERIES)
    found = task.predict(bundle, [{"query": query, "k": 100} for query in queries])
    answers = dict(zip(queries, found, strict=True))
    shelf, visits = make_shelf(tables), read_visits(shown, read_histories(tables.searches))
    arms = strategies(shelf)
    known = shown[shown["query"].isin(answers)]

    def learn(rows: pd.DataFrame) -> ClickModel:
        return inform(fit(rows), rows, answers, shelf, visits)

    for name, how in (("by pairs alone", fit), ("with guesses", learn)):
        seen = check(known, how, visits)
        print(json.dumps({"click model": name} | _rounded(seen)), flush=True)
    model = learn(known)
    print(json.dumps(dict(zip(SIGNS, model.guess.weights.round(2).tolist(), strict=True))))
    rate = success_rates(tables.searches)[goal]
    crowd = mine(known, model, answers, arms, visits, length=LENGTH, rate=rate)
    return crowd, [arm.name for arm in arms]


def _rounded(seen: Check) -> dict[str, float]:
    names = ("perplexity", "position_only", "gain", "low", "high")
    return {name: round(getattr(seen, name), 4) for name in names}


def main() -> None:
    """Print the crowd, then one JSON document a policy."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sample", choices=("zh", "en"), default="en")
    parser.add_argument("--lists", type=int, default=4000)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--goal", default="any")
    given = parser.parse_args()
    os.environ["SHOPLAB_MODELS"] = str(models_folder())
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SHOPLAB_HOME"] = folder
        crowd, arms = sample_crowd(given.sample, given.goal)
    worth = crowd.share @ crowd.worth
    about = {
        "queries": len(crowd.queries),
        "true_success": dict(zip(arms, worth.round(4).tolist(), strict=True)),
        "guessed": dict(zip(arms, crowd.guessed.round(3).tolist(), strict=True)),
        "best_by_query": round(float(crowd.share @ crowd.worth.max(axis=1)), 4),
    }
    print(json.dumps(about), flush=True)
    courses = {
        name: [
            simulate(
                crowd, make_policy(name, len(arms), crowd.contexts.shape[1]), given.lists, seed
            )
            for seed in range(given.seeds)
        ]
        for name in ("fixed_split", *(name for name in POLICIES if name != "fixed_split"))
    }
    for name, runs in courses.items():
        curve = mean_regret(runs)
        half, end = curve.iloc[given.lists // 2 - 1], curve.iloc[-1]
        gain = saved(runs, courses["fixed_split"])
        report = {
            "policy": name,
            "regret": [round(float(end[part]), 1) for part in ("mean", "low", "high")],
            "first_half": round(float(half["mean"]), 1),
            "second_half": round(float(end["mean"] - half["mean"]), 1),
            "saved": [round(value, 1) for value in (gain.value, gain.low, gain.high)],
            "right_winner": sum(right_winner(run, crowd) for run in runs),
        }
        print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
