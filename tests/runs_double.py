"""Small shops and finished trainings for the tests of pages, made without any model."""

import functools
import time
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from engine.config import TrainingConfig
from engine.evaluation.classification_evaluator import ClassificationEvaluator
from engine.evaluation.compare import against_all
from engine.evaluation.evaluator import Evaluator, score_systems
from engine.evaluation.heldout import test_fingerprint
from engine.evaluation.ranking_evaluator import RankingEvaluator
from engine.ranking import Ranking
from engine.storage.files import write_json
from engine.storage.runs import Run, save_run
from engine.storage.workspace import Workspace
from engine.tables.schema import TABLES

LABELS = ["browse_category", "exact_product", "deal"]
TITLES = {"en": "Red *kettle* {n} <b>", "zh": "红色水壶 {n}"}
BASELINES = {"intent": ("majority", "tfidf", "untuned"), "search": ("bm25", "untuned")}
# What a page does not look at in a run's record.
_PLAIN: dict[str, Any] = {
    "model": "tiny",
    "device": "cpu",
    "created": 1.0,
    "config": {},
    "primary_metric": "macro_f1",
    "before": {"macro_f1": 0.5},
    "after": {"macro_f1": 0.5},
    "baselines": {},
    "systems": {},
    "paired": {},
    "n_train": 1,
    "n_validation": 1,
    "n_test": 1,
    "data_fingerprint": "",
    "test_fingerprint": "",
    "seconds": 12.0,
    "examples_per_second": 1.0,
    "peak_rss_mb": 1.0,
    "predicted_seconds": 1.0,
}
SYSTEMS = {"intent": ("tuned", "tuned_tfidf"), "search": ("tuned", "hybrid_tuned")}


def make_shop(language: str, queries: int = 60) -> Workspace:
    """A workspace with a catalog of 40 products and a log with intents."""
    workspace = Workspace.create(language=language)
    products = pd.DataFrame(
        {
            "product_id": [f"p{n}" for n in range(40)],
            "title": [TITLES[language].format(n=n) for n in range(40)],
            "description": [f"kettle {n}" for n in range(40)],
            "category": [f"Kitchen > Kettles {n % 3}" for n in range(40)],
        }
    )
    times = pd.date_range("2026-01-01", periods=queries, freq="h")
    searches = pd.DataFrame(
        {
            "time": times,
            "query": [f"kettle number {n}" for n in range(queries)],
            "product_id": [f"p{n % 40}" for n in range(queries)],
            "event": ["purchase"] * queries,
            "intent": [LABELS[n % 3] for n in range(queries)],
        }
    )
    frames = {"products": products, "searches": searches}
    full = {name: _whole(name, frame) for name, frame in frames.items()}
    workspace.replace_tables(full, {})
    return workspace


def _whole(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """With every column of the schema, typed as a load leaves them."""
    missing = {
        field.name: pd.Series(
            None, frame.index, dtype="Float64" if field.kind == "number" else "str"
        )
        for field in TABLES[name].fields
        if field.name not in frame
    }
    return frame.assign(**missing)[TABLES[name].columns]


def make_run(
    workspace: Workspace,
    task: str,
    run_id: str,
    *,
    skill: float = 0.9,
    rows: int = 60,
    n_train: int = 400,
    **settings: object,
) -> Run:
    """Save a finished run of `task`: its best system is right in a share of `skill`."""
    scores = _scores(task, skill, rows)
    best = SYSTEMS[task][-1]
    run = Run(
        run_id=run_id,
        task=task,
        model="all-MiniLM-L6-v2",
        device="cpu",
        created=time.time(),
        config=TrainingConfig.model_validate(settings).model_dump(),
        primary_metric=scores.primary,
        recommended=best,
        before=scores.metrics["untuned"],
        after=scores.metrics[best],
        baselines={name: scores.metrics[name] for name in BASELINES[task]},
        systems={name: scores.metrics[name] for name in SYSTEMS[task]},
        paired={"against": scores.paired},
        n_train=n_train,
        n_validation=50,
        n_test=rows,
        data_fingerprint="data",
        test_fingerprint=test_fingerprint(scores.heldout),
        seconds=95.0,
        examples_per_second=30.0,
        peak_rss_mb=900.0,
        predicted_seconds=100.0,
    )
    folder = workspace.folder / "runs" / run_id
    folder.mkdir(parents=True)
    save_run(folder, run, scores.heldout)
    return run


class _Scores(NamedTuple):
    """What an evaluation of a run finds; `paired` is the best system against each other one."""

    primary: str
    metrics: dict[str, dict[str, float]]
    heldout: pd.DataFrame
    paired: dict[str, Any]


@functools.cache
def _scores(task: str, skill: float, rows: int) -> _Scores:
    evaluator: Evaluator = ClassificationEvaluator() if task == "intent" else RankingEvaluator()
    rng = np.random.default_rng(3)
    part = pd.DataFrame({"example_id": range(rows), "input": [f"=query {n}" for n in range(rows)]})
    names = [*BASELINES[task], *SYSTEMS[task]]
    skills = dict(zip(names, np.linspace(0.4, 0.6, len(names)), strict=True)) | {names[-1]: skill}
    if task == "intent":
        part["truth.intent"] = [LABELS[n % 3] for n in range(rows)]
        answers = {name: {"intent": _labels(rows, skills[name], rng)} for name in names}
    else:
        part["qrels"] = [{f"p{n % 40}": 2, f"p{(n + 1) % 40}": 0} for n in range(rows)]
        answers = {name: _rankings(rows, skills[name], rng) for name in names}
    metrics = score_systems(evaluator, part, answers)
    heldout = evaluator.heldout_rows(part, answers)
    against = against_all(heldout, names[-1], names)
    paired = {name: comparison.as_json() for name, comparison in against.items()}
    return _Scores(evaluator.primary_metric, metrics, heldout, paired)


def _labels(rows: int, skill: float, rng: np.random.Generator) -> pd.DataFrame:
    right = rng.random(rows) < skill
    places = (np.arange(rows) + ~right) % 3
    return pd.DataFrame(np.eye(3)[places] * 0.8 + 0.2 / 3, columns=LABELS)


def _rankings(rows: int, skill: float, rng: np.random.Generator) -> list[Ranking]:
    found = []
    for row in range(rows):
        others = [f"p{n}" for n in rng.permutation(40) if n != row % 40][:12]
        place = 0 if rng.random() < skill else int(rng.integers(1, 12))
        ids = [*others[:place], f"p{row % 40}", *others[place:]]
        found.append(Ranking(ids, [1.0 / (n + 1) for n in range(len(ids))]))
    return found


def finish_run(
    workspace: Workspace, task: str, heldout: pd.DataFrame | None = None, **about: Any
) -> str:
    """Save a finished run's record as it is told, as training leaves it; gives its id."""
    run = Run(**_PLAIN | {"run_id": f"{task}-1", "task": task} | about)
    folder = workspace.folder / "runs" / run.run_id
    folder.mkdir(parents=True)
    save_run(folder, run, pd.DataFrame() if heldout is None else heldout)
    return run.run_id


def make_trained(
    workspace: Workspace,
    task: str,
    run_id: str,
    *,
    paired: dict[str, Any] | None = None,
    skill: float = 0.9,
) -> Run:
    """A run as `make_run` saves it, with a (still empty) model, so that it can be promoted."""
    run = make_run(workspace, task, run_id, skill=skill)
    folder = workspace.folder / "runs" / run_id
    (folder / "bundle").mkdir()
    if paired is not None:
        write_json(folder / "run.json", run.as_json() | {"paired": paired})
    return run
