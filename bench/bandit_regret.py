"""How fast a bandit's regret grows in simulation, against a fixed split of the same length.

`python bench/bandit_regret.py [--sample en] [--lists 4000] [--seeds 20] [--goal any]`

Shoppers are simulated from the sample shop's log; the untuned search models answer their queries.
Every policy then serves the same shoppers. Printed per policy: the successes lost against always
showing the best strategy, with the 95 % interval over the seeds; how much of that fell in the first
and in the second half; and how much less was lost than by the fixed split, paired by seed.
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
from engine.bandit.attractiveness import PRODUCT_FEATURES, AttractivenessModel, fit_prior
from engine.bandit.click_model import ClickModel, fit_click_model
from engine.bandit.impressions import read_impressions
from engine.bandit.perplexity import Perplexity, measure_perplexity
from engine.bandit.policies import POLICIES, make_policy
from engine.bandit.popularity import read_popularity
from engine.bandit.regret import finds_best_arm, mean_regret, regret_saved
from engine.bandit.similarity import read_similarity
from engine.bandit.simulator import (
    Rollout,
    Simulator,
    build_simulator,
    conversion_rates,
    frequent_queries,
    roll_out,
)
from engine.bandit.system_rankings import read_rankings
from engine.bandit.visits import logged_acts, read_histories, read_visits
from engine.models.pretrained import models_folder
from engine.progress import Silent
from engine.reading.load import load_sample
from engine.storage.workspace import Workspace
from engine.tasks import get_task
from engine.tasks.search.answers import SearchInput

QUERIES, LENGTH = 200, 10


def simulate_sample(language: str, goal: str) -> tuple[Simulator, list[str]]:
    """Simulated shoppers of a sample shop, and the names of its strategies."""
    shop = Workspace.create("simulated", language)
    load_sample(shop, language, Silent())
    tables, task = shop.tables(), get_task("search")
    bundle = task.untuned(tables, task.config("quick", tables), Silent())
    shown = read_impressions(tables.searches)
    queries = frequent_queries(shown, QUERIES)
    answers = task.predict(bundle, [SearchInput(query, 100) for query in queries])
    rankings = dict(zip(queries, map(read_rankings, answers), strict=True))
    similarity, popularity = read_similarity(tables), read_popularity(tables)
    visits = read_visits(shown, read_histories(logged_acts(tables)))
    shown = shown[shown["query"].isin(rankings)]

    def fit(rows: pd.DataFrame) -> ClickModel:
        return fit_prior(fit_click_model(rows), rows, rankings, similarity, visits)

    for name, fit_model in (("constant prior", fit_click_model), ("fitted prior", fit)):
        perplexity = measure_perplexity(shown, fit_model, visits)
        print(json.dumps({"click model": name} | _rounded(perplexity)), flush=True)
    model = fit(shown)
    if isinstance(model.prior, AttractivenessModel):
        weights = model.prior.weights.round(2).tolist()
        print(json.dumps(dict(zip(PRODUCT_FEATURES, weights, strict=True))))
    arms = strategies(similarity, popularity)
    conversion = conversion_rates(tables)[goal]
    simulator = build_simulator(
        shown, model, rankings, arms, visits, length=LENGTH, conversion=conversion
    )
    return simulator, [arm.name for arm in arms]


def _rounded(perplexity: Perplexity) -> dict[str, float]:
    names = ("perplexity", "position_only", "gain", "low", "high")
    return {name: round(getattr(perplexity, name), 4) for name in names}


def _report(name: str, rollouts: list[Rollout], fixed: list[Rollout], simulator: Simulator) -> None:
    curve = mean_regret(rollouts)
    half, end = curve.iloc[len(curve) // 2 - 1], curve.iloc[-1]
    gain = regret_saved(rollouts, fixed)
    report = {
        "policy": name,
        "regret": [round(float(end[part]), 1) for part in ("mean", "low", "high")],
        "first_half": round(float(half["mean"]), 1),
        "second_half": round(float(end["mean"] - half["mean"]), 1),
        "saved": [round(value, 1) for value in (gain.value, gain.low, gain.high)],
        "right_winner": sum(finds_best_arm(rollout, simulator) for rollout in rollouts),
    }
    print(json.dumps(report), flush=True)


def main() -> None:
    """Print the simulated shoppers, then one JSON document a policy."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sample", choices=("zh", "en"), default="en")
    parser.add_argument("--lists", type=int, default=4000)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--goal", default="any")
    options = parser.parse_args()
    os.environ["SHOPLAB_MODELS"] = str(models_folder())
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SHOPLAB_HOME"] = folder
        simulator, arms = simulate_sample(options.sample, options.goal)
    success = simulator.success_by_arm.round(4).tolist()
    about = {
        "queries": len(simulator.queries),
        "true_success": dict(zip(arms, success, strict=True)),
        "unseen": dict(zip(arms, simulator.unseen.round(3).tolist(), strict=True)),
        "best_by_query": round(float(simulator.share @ simulator.success.max(axis=1)), 4),
    }
    print(json.dumps(about), flush=True)
    features = simulator.contexts.shape[1]
    rollouts = {
        name: [
            roll_out(simulator, make_policy(name, len(arms), features), options.lists, seed)
            for seed in range(options.seeds)
        ]
        for name in ("fixed_split", *(name for name in POLICIES if name != "fixed_split"))
    }
    for name, runs in rollouts.items():
        _report(name, runs, rollouts["fixed_split"], simulator)


if __name__ == "__main__":
    main()
