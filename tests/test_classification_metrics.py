"""Classification figures agree with scikit-learn and with cases worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score
from sklearn.metrics import log_loss as sklearn_log_loss

from engine.evaluation.classification import (
    calibration_curve,
    confusion,
    expected_calibration_error,
    macro_f1,
    score,
    score_heads,
)

LABELS = ["a", "b", "c", "d"]
pairs = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1)


@given(pairs)
def test_macro_f1_is_scikit_learns_over_the_labels_in_truth(rows: list[tuple[str, str]]) -> None:
    truth, output = map(list, zip(*rows, strict=True))
    expected = f1_score(truth, output, labels=sorted(set(truth)), average="macro", zero_division=0)
    assert macro_f1(truth, output) == pytest.approx(expected)


@given(pairs)
def test_confusion_is_scikit_learns(rows: list[tuple[str, str]]) -> None:
    truth, output = map(list, zip(*rows, strict=True))
    expected = confusion_matrix(truth, output, labels=LABELS)
    assert (confusion(pd.Series(truth), pd.Series(output), LABELS) == expected).all()


@given(st.integers(1, 40), st.integers(0, 2**31))
def test_score_agrees_with_scikit_learn_on_random_probabilities(rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.dirichlet(np.ones(4), rows)
    truth = pd.Series(rng.choice(LABELS, rows))
    found = score(truth, pd.DataFrame(table, columns=LABELS))
    said = np.array(LABELS)[table.argmax(axis=1)]
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, said))
    assert found["log_loss"] == pytest.approx(sklearn_log_loss(truth, table, labels=LABELS))
    assert 0 <= found["ece"] <= 1


def test_calibration_error_by_hand() -> None:
    right, confidence = [1, 0, 1, 1], [0.95, 0.95, 0.55, 0.55]
    curve = calibration_curve(right, confidence)
    assert curve["accuracy"].tolist() == [1.0, 0.5]
    assert curve["rows"].tolist() == [2, 2]
    assert expected_calibration_error(right, confidence) == pytest.approx((0.45 + 0.45) / 2)


def test_rows_without_truth_do_not_count() -> None:
    table = pd.DataFrame({"a": [0.9, 0.2, 0.9], "b": [0.1, 0.8, 0.1]})
    found = score(pd.Series(["a", None, "b"], dtype=object), table)
    assert found["rows"] == 2
    assert found["accuracy"] == 0.5


def test_a_truth_the_model_does_not_know_is_wrong_and_costs_log_loss() -> None:
    found = score(pd.Series(["z"]), pd.DataFrame({"a": [1.0]}))
    assert found["macro_f1"] == 0
    assert found["log_loss"] == pytest.approx(-np.log(1e-12))


def test_heads_are_averaged_and_named() -> None:
    table = pd.DataFrame({"a": [0.9, 0.2], "b": [0.1, 0.8]})
    truths = {
        "intent": pd.Series(["a", "b"]),
        "category": pd.Series(["b", "b"]),
        "empty": pd.Series([None, None], dtype=object),
    }
    found = score_heads(truths, dict.fromkeys(truths, table))
    assert found["intent.macro_f1"] == 1
    assert found["category.macro_f1"] == pytest.approx(2 / 3)
    assert found["macro_f1"] == pytest.approx((1 + 2 / 3) / 2)
    assert "empty.macro_f1" not in found
