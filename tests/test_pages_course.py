"""The page of the course in both languages, over a double of the model process."""

import pytest

from engine.course import activity
from engine.course.forecasts import Forecasts
from engine.course.glossary import read_terms
from engine.course.grades import GradeTable
from engine.course.links import VIEWS
from engine.course.progress import Progress
from engine.course.reader import read_exercises
from engine.course.reflections import Reflections
from engine.messages import LANGUAGES
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n
from pages.ui.parts import terms
from tests.runs_double import make_run, make_shop
from tests.shop_double import clean, open_page, said_on, small_shop


def press(app, key: str):
    return clean(next(one for one in app.button if one.key == key).click().run())


def said_in(language: str, code: str, **values: object) -> str:
    return i18n.catalog().say(code, language, **values)


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
    assert said_in(language, "course.checks.misconception") not in said
    result = Progress(shop).of(exercise).results[0]
    assert not result.passed and result.message.say(language) in said
    app = press(app, "back")
    assert exercise.caption not in said_on(app)
    assert not app.session_state["course_pages"]


def test_every_exercise_is_shown_without_an_error(models) -> None:
    shop = small_shop("en")
    app = open_page("course", shop, "en")
    for exercise in read_exercises("en"):
        app.session_state["exercise"] = exercise.slug
        assert exercise.title in said_on(clean(app.run()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_to_an_exercise_counts_as_opening_it_once(models, language) -> None:
    shop = small_shop(language)
    app = clean(open_page("course", shop, language, exercise="search"))
    clean(app.run())
    opened = [act for act in activity.read_acts(shop) if act.act == "opened"]
    assert [act.details["slug"] for act in opened] == ["search"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_debrief_waits_until_it_is_asked_for(models, language) -> None:
    app = clean(open_page("course", small_shop(language), language, exercise="search"))
    exercise = next(one for one in read_exercises(language) if one.slug == "search")
    line = exercise.debrief.splitlines()[0]
    assert line not in "\n".join(one.value for one in app.markdown)
    app = clean(
        next(one for one in app.toggle if one.key == "debrief_search").set_value(True).run()
    )
    assert line in "\n".join(one.value for one in app.markdown)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reflection_is_kept_for_its_person(models, language) -> None:
    shop = small_shop(language)
    app = clean(open_page("course", shop, language, exercise="search", p="a" * 16))
    box = next(one for one in app.text_area if one.key == "reflection_search")
    clean(box.set_value("Because *words* fail.").run())
    assert Reflections(shop).read("search", "a" * 16) == "Because *words* fail."
    again = clean(open_page("course", shop, language, exercise="search", p="a" * 16))
    assert [one.value for one in again.text_area] == ["Because *words* fail."]
    other = clean(open_page("course", shop, language, exercise="search", p="b" * 16))
    assert [one.value for one in other.text_area] == [""]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_result_stays_closed_until_the_shot_is_called(models, language) -> None:
    shop = make_shop(language)
    run = make_run(shop, "search", "search-1", rows=30)
    app = clean(open_page("course", shop, language, exercise="search"))
    assert said_in(language, "course.shot.withheld") in said_on(app)
    assert not [one for one in app.button if one.key == f"result_{run.run_id}"]
    next(one for one in app.number_input if one.key == "shot_low_search").set_value(0.06)
    app = press(app, "call_shot_search")
    assert app.error and not Forecasts(shop).all()
    next(one for one in app.number_input if one.key == "shot_low_search").set_value(-1.0)
    next(one for one in app.text_input if one.key == "person_name").set_value("<b>Ann</b> $x$")
    app = press(app, "call_shot_search")
    assert said_in(language, "course.shot.withheld") not in said_on(app)
    app = press(app, f"result_{run.run_id}")
    (scored,) = Forecasts(shop).scored("search")
    assert scored.forecast.name == "<b>Ann</b> $x$"
    said = said_on(app)
    assert said_in(language, "course.shot.held", n=int(scored.holds), all=1) in said
    assert not [act for act in activity.read_acts(shop) if "<b>" in act.person]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_step_arrives_at_the_settings_of_a_training(models, language) -> None:
    shop = make_shop(language)
    app = clean(open_page("course", shop, language))
    app.session_state["task"] = "intent"
    app = press(press(app, "open_limits"), "step_link_1")
    (step,) = (one.steps[0] for one in read_exercises(language) if one.slug == "limits")
    values = {one.key: one.value for one in app.number_input}
    start = f"set_{step.parameters['task']}_{step.parameters['preset']}"
    for name in ("epochs", "max_examples"):
        assert values[f"{start}_{name}"] == int(step.parameters[name])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_view_that_a_link_may_open_exists(language) -> None:
    texts = i18n.catalog().texts[language]
    for page, views in VIEWS.items():
        prefix = f"{page}.views."
        names = {code.removeprefix(prefix) for code in texts if code.startswith(prefix)}
        assert set(views) == names, page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_step_arrives_at_its_query_and_tab(models, language) -> None:
    shop = small_shop(language)
    (exercise,) = (one for one in read_exercises(language) if one.slug == "search")
    queries = {
        step.parameters["view"]: (number, step)
        for number, step in enumerate(exercise.steps, start=1)
        if step.page == "search" and "q" in step.parameters
    }
    assert queries.keys() == {"one", "judge"}
    for number, step in queries.values():
        app = open_page("course", shop, language, exercise="search")
        app.session_state["q"] = "teapot"
        there = press(app, f"step_link_{number}")
        assert there.text_input[0].value == step.parameters["q"]
        view = i18n.catalog().say(f"search.views.{step.parameters['view']}", language)
        assert there.session_state["search_view"] == view


def acts_of(shop: Workspace, act: str) -> list[activity.Act]:
    return [one for one in activity.read_acts(shop) if one.act == act]


def test_what_a_page_asks_is_noted_once(models) -> None:
    shop = small_shop()
    app = clean(open_page("search", shop, q="rain jacket"))
    clean(app.run())
    (act,) = acts_of(shop, "asked")
    assert act.details == {"call": "search.predict", "run": "untuned", "inputs": ["rain jacket"]}
    assert act.person


def test_the_example_that_a_page_answers_is_nobodys_question_until_somebody_takes_it(
    models,
) -> None:
    shop = small_shop()
    app = clean(open_page("search", shop))
    example = app.text_input[0].value
    assert example and "q" not in app.query_params
    assert not acts_of(shop, "asked")
    pills = next(one for one in app.get("button_group") if one.key == "example")
    app = clean(pills.set_value(example).run())
    assert app.text_input[0].value == example
    assert [act.details["inputs"] for act in acts_of(shop, "asked")] == [[example]]


def test_the_queries_of_a_log_are_nobodys_questions(models) -> None:
    shop = small_shop()
    app = open_page("intent", shop)
    app.session_state["intent_view"] = said_in("en", "intent.views.mix")
    clean(app.run())
    assert not acts_of(shop, "asked")


@pytest.mark.parametrize("language", LANGUAGES)
def test_opening_a_comparison_is_noted(models, language) -> None:
    shop = make_shop(language)
    make_run(shop, "intent", "intent-1", rows=30)
    clean(open_page("compare", shop, language, task="intent"))
    assert [act.details["runs"] for act in acts_of(shop, "compared")] == [["intent-1"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_grading_together_goes_from_blind_to_the_shops_judgments(models, language) -> None:
    shop = small_shop(language)
    app = open_page("search", shop, language, q="rain jacket", p="a" * 16)
    app.session_state["search_view"] = said_in(language, "search.views.judge")
    app.session_state["judge_mode"] = "together"
    app = clean(app.run())
    with GradeTable(shop) as table:
        names = table.pool("rain jacket")
        assert 10 <= len(names) <= 20
        assert not [one for one in app.button if one.key == "next_round"]
        for grade, person in ((0, "b"), (3, "c")):
            table.grade("rain jacket", person, dict.fromkeys(names, grade) | {names[0]: 1})
    app = press(clean(app.run()), "next_round")
    said = said_on(app)
    assert said_in(language, "search.together.talk") in said
    assert {one.label for one in app.metric} == {
        said_in(language, "search.together.alpha_first", n=2)
    }
    with GradeTable(shop) as table:
        for person in "bc":
            table.grade("rain jacket", person, dict.fromkeys(names, 2) | {names[0]: 1})
    app = press(clean(app.run()), "next_round")
    assert said_in(language, "search.together.intro_3") in said_on(app)
    labels = shop.corrections().set_index("head")["label"]
    assert labels[names[0]] == "1" and set(labels[names[1:]]) == {"2"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_terms_are_explained_where_they_stand(models, language) -> None:
    shop = make_shop(language)
    make_run(shop, "search", "search-1", rows=30)
    ndcg = read_terms(language)["ndcg"]
    assert ndcg.text in said_on(clean(open_page("compare", shop, language, task="search")))
    assert ndcg.text in said_on(clean(open_page("tune", shop, language)))


def test_the_terms_of_both_languages_are_the_same_and_name_each_other() -> None:
    chinese, english = (read_terms(language) for language in LANGUAGES)
    assert chinese.keys() == english.keys() >= set(terms.METRICS.values())
    for one in (*chinese.values(), *english.values()):
        assert one.name and one.text and set(one.see) <= english.keys() - {one.key}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_glossary_finds_a_term(models, language) -> None:
    app = open_page("course", small_shop(language), language)
    app.session_state["course_view"] = said_in(language, "course.views.glossary")
    app = clean(app.run())
    wanted, other = list(read_terms(language).values())[:2]
    assert wanted.text in said_on(app)
    box = next(one for one in app.text_input if one.key == "find_term")
    said = said_on(clean(box.set_value(wanted.text[:30]).run()))
    assert wanted.text in said and other.text not in said
