"""What a careful data scientist would try first is a baseline of every task."""

import numpy as np
import pytest
from scipy import sparse

from engine.models.svm import fit_svm
from engine.tasks import TASKS, get_task, get_tiny
from engine.tasks.classify.learning import baseline_systems

# What stands in for ten minutes of work without a language model.
EXPECTED = {
    "search": {"bm25", "bm25_all", "bm25_title", "bm25f", "bm25_synonyms", "shown"},
    "intent": {"majority", "tfidf", "svm", "frozen_tfidf"},
    "sentiment": {"majority", "lexicon", "tfidf", "svm", "frozen_tfidf"},
    "interest": {"shown", "clicked", "item_knn", "boosting"},
    "cross_sell": {"popularity", "ease", "als"},
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_strong_baselines_are_measured(name: str, model: str) -> None:
    task, tables = get_task(name), get_tiny(name).tables()
    config = task.config("quick", tables, model=model)
    dataset = task.dataset(tables, config)
    answers = task.baselines(dataset, dataset.test, config)
    assert set(answers) >= EXPECTED[name]
    evaluator = task.evaluator(dataset)
    assert all(evaluator.score(dataset.test, found) for found in answers.values())


def test_every_task_has_been_asked_for_one() -> None:
    assert set(TASKS) - set(EXPECTED) == {"attributes", "describe"}
    assert "frozen_tfidf_keyword" in baseline_systems(["keyword"])
    assert "svm" in baseline_systems([], svm=True)
    assert "svm" not in baseline_systems([])


@pytest.mark.parametrize("kinds", [2, 3])
def test_a_machine_separates_what_can_be_separated(kinds: int) -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, kinds, 90)
    rows = sparse.csr_matrix(np.eye(4)[codes] + 0.1 * rng.random((90, 4)))
    labels = {"head": codes.astype(np.int64)}
    ones = {"head": np.ones(90)}
    machine = fit_svm(rows, labels, ones, {"head": kinds + 1}, (rows, labels))
    guesses = machine.scores(rows)["head"].argmax(axis=1)
    assert (guesses == codes).all(), "and never the label that no row has"


def test_a_machine_without_a_choice_says_what_there_is() -> None:
    rows = sparse.csr_matrix(np.ones((3, 2)))
    labels = {"head": np.array([1, 1, -1], dtype=np.int64)}
    machine = fit_svm(rows, labels, {"head": np.ones(3)}, {"head": 3}, (rows, labels))
    assert machine.scores(rows)["head"].argmax(axis=1).tolist() == [1, 1, 1]
