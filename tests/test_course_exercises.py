"""Each exercise of the course is undone in an untouched shop and done after its work."""

from pathlib import Path

import pytest

from engine.course.exercise import Exercise
from engine.course.progress import Progress
from engine.course.reader import read_exercises
from engine.messages import LANGUAGES
from engine.storage.workspace import Workspace
from tests.runs_double import make_shop
from tests.team_double import WORK, change_policy, chat

EXERCISES = [(language, one) for language in LANGUAGES for one in read_exercises(language)]


@pytest.fixture(autouse=True)
def state_folder(home: Path) -> None:
    """Every test has a state folder of its own."""


def passed(shop: Workspace, exercise: Exercise) -> list[bool]:
    return [result.passed for result in Progress(shop).of(exercise).results]


def do(shop: Workspace, exercise: Exercise) -> None:
    for spec in exercise.checks:
        WORK[spec.check](shop, spec.needs)


@pytest.mark.parametrize(
    ("language", "exercise"), EXERCISES, ids=[f"{lang}-{one.slug}" for lang, one in EXERCISES]
)
def test_each_check_of_an_exercise_fails_before_its_work_and_passes_after_it(
    language: str, exercise: Exercise
) -> None:
    shop = make_shop(language, queries=3)
    assert not any(passed(shop, exercise))
    Progress(shop).open(exercise.slug, "ann")
    assert not any(passed(shop, exercise))
    for place, spec in enumerate(exercise.checks):
        WORK[spec.check](shop, spec.needs)
        assert passed(shop, exercise)[place], spec.check
    assert Progress(shop).of(exercise).done


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_exercise_is_done_by_what_those_before_it_left(language: str) -> None:
    shop = make_shop(language, queries=3)
    for exercise in read_exercises(language):
        Progress(shop).open(exercise.slug, "ann")
        assert not Progress(shop).of(exercise).done, exercise.slug
        do(shop, exercise)
        assert Progress(shop).of(exercise).done, exercise.slug
        if exercise.slug == "assistant":
            # A step has the team change the policy and ask on; no check looks.
            change_policy(shop)
            chat(shop, *["hand_over"] * 12)
