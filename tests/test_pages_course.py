"""The page of the course in both languages, over a double of the model process."""

import pytest

from engine.course.progress import Progress
from engine.course.reader import read_exercises
from engine.messages import LANGUAGES
from pages.ui.frame import i18n
from tests.shop_double import clean, open_page, said_on, small_shop


def press(app, key: str):
    return clean(next(one for one in app.button if one.key == key).click().run())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_shows_every_exercise_with_its_minutes(models, language) -> None:
    app = clean(open_page("course", small_shop(language), language))
    exercises = read_exercises(language)
    said = said_on(app)
    assert all(one.title in said for one in exercises)
    assert len([one for one in app.button if (one.key or "").startswith("open_")]) == len(exercises)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_exercise_opens_with_its_checks_and_a_short_navigation(models, language) -> None:
    shop = small_shop(language)
    app = press(open_page("course", shop, language), "open_search")
    exercise = next(one for one in read_exercises(language) if one.slug == "search")
    said = said_on(app)
    assert exercise.title in said and exercise.caption in said
    assert app.query_params["exercise"] in ("search", ["search"])
    assert app.session_state["course_pages"] == tuple(dict.fromkeys(("course", *exercise.pages)))
    current = Progress(shop).current()
    assert current is not None and current[0] == "search"
    said = said_on(press(app, "check_now_search_1"))
    assert i18n.catalog().say("course.checks.misconception", language) not in said
    result = Progress(shop).of(exercise).results[0]
    assert not result.passed and result.message.say(language) in said
