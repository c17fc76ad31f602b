"""Models as judges: how far they agree with people, and that none judges that agrees less."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.cli import main
from engine.commands import judging as command
from engine.course.grades import GradeTable, blind_grades
from engine.errors import ShoplabError
from engine.models.endpoint import Endpoint
from engine.models.permission import permitting
from engine.progress import Silent
from engine.reading.load import load_files
from engine.storage.workspace import Workspace
from engine.tasks.search import endpoint_judge
from engine.tasks.search.endpoint_judge import ask_grades
from engine.tasks.search.judging import (
    as_grades,
    measure_judge,
    open_scorer,
    people_alone,
    rater_grades,
    score_results,
)
from tests.test_endpoint import KEY, Handler, Server, server  # noqa: F401 - a fixture
from tests.tiny_shop import tiny_tables, tiny_workspace

QUERIES, PRODUCTS = 8, 20


def room(noise: float, people: int = 3) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Grades of people who see the truth through noise; and the truth, as a model would score."""
    rng = np.random.default_rng(4)
    results = pd.MultiIndex.from_product(
        [[f"q{n}" for n in range(QUERIES)], [f"p{n}" for n in range(PRODUCTS)]],
        names=["query", "product_id"],
    ).to_frame(index=False)
    truth = rng.uniform(0, 3, len(results))
    grades = [
        results.assign(
            rater=f"person {n}",
            grade=(truth + rng.normal(0, noise, len(truth))).clip(0, 3).round(),
        )
        for n in range(people)
    ]
    return pd.concat(grades, ignore_index=True), results.assign(score=truth * 7 - 2)


def test_a_model_that_knows_the_truth_agrees_more_than_people_who_guess() -> None:
    grades, scored = room(noise=0.8)
    found = measure_judge(grades, scored)
    assert found.alpha_among_people is not None and found.alpha_of_model is not None
    assert 0.2 < found.alpha_among_people < found.alpha_of_model < 0.9
    assert found.judges_as_people
    assert (found.people, found.queries) == (3, QUERIES)
    assert found.graded_products == found.graded_by_several == QUERIES * PRODUCTS


def test_models_that_guess_agree_as_by_chance() -> None:
    grades, scored = room(noise=0.3)
    rng = np.random.default_rng(1)
    guesses = [scored.assign(score=rng.normal(size=len(scored))) for _ in range(8)]
    found = [measure_judge(grades, one) for one in guesses]
    assert abs(np.mean([one.alpha_of_model for one in found])) < 0.07
    assert not any(one.judges_as_people for one in found)


def test_no_query_says_how_it_is_graded() -> None:
    """What people gave on one query changes the model's grades on the others alone."""
    grades, scored = room(noise=0.3)
    high = grades["grade"].where(grades["query"] != "q0", 3.0)
    own = grades["query"].eq("q0")
    before, after = (
        as_grades(scored["score"][:PRODUCTS], frame[~own].merge(scored))
        for frame in (grades, grades.assign(grade=high))
    )
    assert (before == after).all()
    one = grades[own]
    assert measure_judge(one, scored).alpha_of_model is None


def test_people_who_share_too_little_say_nothing_of_each_other() -> None:
    grades, scored = room(noise=0.3)
    alone = grades[grades["rater"].eq("person 0")]
    found = measure_judge(alone, scored)
    assert found.alpha_among_people is None and found.graded_by_several == 0
    assert found.alpha_of_model is not None and not found.judges_as_people


@given(
    st.lists(st.tuples(st.floats(-9, 9), st.integers(0, 3)), min_size=1, max_size=40),
    st.lists(st.floats(-20, 20), min_size=1, max_size=20),
)
def test_grades_keep_the_order_of_scores(
    known: list[tuple[float, int]], scores: list[float]
) -> None:
    frame = pd.DataFrame(known, columns=["score", "grade"])
    grades = as_grades(pd.Series(sorted(scores)), frame)
    assert (np.diff(grades) >= 0).all()
    assert set(grades) <= set(frame["grade"])


def test_raters_of_a_table_are_told_apart_and_models_left_out() -> None:
    table = pd.DataFrame(
        {
            "query": ["mug", "mug", "jug"],
            "product_id": ["1", "2", "1"],
            "relevance": [2.5, 1.0, 3.0],
            "raters": ['{"Ann": 3.0, "Bob": 2.0}', None, '{"model any": 3.0}'],
        }
    )
    grades = rater_grades(table)
    assert grades["rater"].tolist() == ["Ann", "Bob", "", "model any"]
    assert people_alone(grades)["grade"].tolist() == [3.0, 2.0, 1.0]
    assert rater_grades(table.drop(columns="raters"))["grade"].tolist() == [2.5, 1.0, 3.0]


def test_grades_of_a_room_are_those_before_it_talked(home: Path) -> None:
    shop = tiny_workspace(task="search")
    assert blind_grades(shop).empty
    with GradeTable(shop) as table:
        table.pool("mug", ["P1", "P2"])
        table.grade("mug", "ann", {"P1": 3, "P2": 0})
        table.show_disputes("mug")
        table.grade("mug", "ann", {"P1": 1, "P2": 1})
    assert blind_grades(shop)["grade"].tolist() == [3, 0]


def test_a_cross_encoder_reads_both_and_an_encoder_compares(model: str, tmp_path: Path) -> None:
    tables = tiny_tables("search")
    results = pd.DataFrame(
        {"query": ["red mug", "blue bowl"] * 2, "product_id": tables.product_ids[:4]}
    )
    for name in (model, tiny_cross_encoder(Path(model).parent / "tiny-bert", tmp_path)):
        with permitting(any_folder=True):
            scored = score_results(open_scorer(name, Silent()), tables, results, Silent())
        assert scored["score"].notna().all() and scored["score"].nunique() > 1


def tiny_cross_encoder(bert: Path, folder: Path) -> str:
    """A random cross-encoder on top of the tiny encoder's transformer."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    AutoModelForSequenceClassification.from_pretrained(bert, num_labels=1).save_pretrained(folder)
    AutoTokenizer.from_pretrained(bert).save_pretrained(folder)
    return str(folder)


@pytest.fixture
def judged(home: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A shop whose results two people graded, by whether the colour fits, and now and then not."""
    monkeypatch.setenv("SHOPLAB_LANGUAGE", "en")
    monkeypatch.setattr("engine.tasks.search.task.default_encoder", lambda language: model)
    shop = tiny_workspace(task="search")
    frames = dict(shop.tables().frames)
    log = frames["searches"]
    frames["searches"] = pd.concat(
        [log.assign(session_id=log["session_id"] + str(n)) for n in range(3)]
    )
    shop.replace_tables(frames, {})
    rng = np.random.default_rng(2)
    rows = [
        (f"{colour} {thing}", name, rater, grade if rng.random() < 0.9 else 1)
        for colour in ("red", "blue", "green")
        for thing in ("mug", "pan")
        for name in shop.tables().product_ids[:24]
        for grade in [3 * name.startswith(thing) * name.endswith(colour)]
        for rater in ("Ann", "Bob")
    ]
    file = home / "judgments.csv"
    frame = pd.DataFrame(rows, columns=["query", "product_id", "rater", "relevance"])
    frame.to_csv(file, index=False)
    load_files(shop, {"judgments": file})
    return shop


def test_a_model_below_people_is_refused_with_both_figures(
    judged: Workspace, model: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "more.csv"
    assert main(["judge", judged.name, "--model", model, "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert not found["judges_as_people"] and found["alpha_of_model"] < found["alpha_among_people"]
    assert main(["judge", judged.name, "--model", model, "--out", str(out), "--json"]) == 2
    error = json.loads(capfd.readouterr().out)["error"]
    assert error["code"] == "search.judge.below"
    for name in ("alpha_of_model", "alpha_among_people"):
        assert f"{found[name]:.2f}" in error["message"]
    assert not out.exists()


def test_a_model_as_good_as_people_judges_what_nobody_judged(
    judged: Workspace, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch
) -> None:
    def see(query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.float32([len(set(query.split()) & set(text.split())) for text in texts])

    monkeypatch.setattr(command, "open_scorer", lambda *_: see)
    out = tmp_path / "more.csv"
    judge = ["judge", judged.name, "--model", "clear sight", "--json"]
    assert main([*judge, "--out", str(out), "--queries", "5"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["judges_as_people"] and found["judged"] == 50
    rows = pd.read_csv(out)
    own = rows[rows["rater"] == "model clear sight"]
    assert own["query"].nunique() == 5 and own["relevance"].isin(range(4)).all()
    assert not set(own["query"]) & set(judged.tables().judgments["query"])
    # What was written can be loaded, loses nothing, and is never taken for what people said.
    before = rater_grades(judged.tables().judgments)
    load_files(judged, {"judgments": out})
    after = rater_grades(judged.tables().judgments)
    assert len(after) == len(before) + 50
    assert len(people_alone(after)) == len(before)


def answer_grades(handler: Handler) -> None:
    """Grades by how many words of the query a product has, as a chat model might put them."""
    about = json.loads(handler.server.seen[-1][1]["messages"][1]["content"])
    words = set(about["query"].split())
    grades = [3 * (words <= set(one["text"].split())) for one in about["products"]]
    handler.document(f"Here you are: {grades}")


def test_a_model_at_an_address_judges_with_a_key_of_the_environment(
    judged: Workspace,
    server: Server,  # noqa: F811
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.reply = answer_grades
    monkeypatch.setenv("SHOPLAB_JUDGE_KEY", KEY)
    address = ["--endpoint", server.url, "--model", "chat"]
    assert main(["judge", judged.name, *address, "--json"]) == 0
    told = capfd.readouterr()
    found = json.loads(told.out)
    assert found["judges_as_people"] and found["model"] == "chat"
    assert KEY not in told.out + told.err
    asked = server.seen
    assert all(headers["Authorization"] == f"Bearer {KEY}" for *_, headers in asked)
    products = [json.loads(body["messages"][1]["content"])["products"] for _, body, _ in asked]
    assert max(map(len, products)) <= endpoint_judge.MOST
    assert sum(map(len, products)) == found["graded_products"]


@pytest.mark.parametrize(
    "said",
    ["I like them.", "[1, 2]", "[1, 2, 9]", '["1", 2, 3]', "[true, 1, 2]", "[[1], 2, 3]", "]["],
)
def test_an_answer_without_grades_is_asked_for_again_and_then_refused(
    said: str,
    server: Server,  # noqa: F811
) -> None:
    answers = iter([said, "[0, 2.5, 3]", said, said])
    server.reply = lambda handler: handler.document(next(answers))
    endpoint = Endpoint(server.url, "chat")
    texts = ["mug", "pan", "jug"]
    assert ask_grades(endpoint, "mug", texts).tolist() == [0, 2.5, 3]
    with pytest.raises(ShoplabError, match="chat"):
        ask_grades(endpoint, "mug", texts)


def test_without_grades_there_is_nothing_to_measure_against(home: Path, capfd) -> None:
    shop = tiny_workspace(task="search")
    assert main(["judge", shop.name, "--json"]) == 2
    assert json.loads(capfd.readouterr().out)["error"]["code"] == "search.judge.no_grades"
