"""Exercise files: what is read, and that every single mistake is refused with its line."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.course import reader
from engine.course.exercise_file import LONGEST, read_text
from engine.course.reader import SHIPPED, find_mistakes, read_exercises
from engine.errors import InputError
from engine.messages import LANGUAGES

SHOT = "shot:\n  task: search\n  ask: How much?\n"
GOOD = f"""---
slug: walk
number: 90
title: A walk
minutes: 10
question: What for?
picture: |
  digraph {{ a -> b }}
caption: From a to b.
formula: x = y
{SHOT}steps:
  - do: Go.
    page: search
    with: {{q: a walk, view: one}}
  - do: Train.
    page: tune
    with: {{task: search, epochs: 30}}
checks:
  - check: asked
    needs: {{call: search.predict, at_least: 2}}
    task: Ask.
    hint: Type.
    solution: Words.
    misconception: None.
  - check: trained
    needs: {{task: search, settings: {{epochs: {{at_least: 30}}, preset: quick}}}}
    task: Train.
    hint: Press.
    solution: There.
    misconception: Some.
---
## idea
An idea.

## symbols
x and y.

## reflect
Why?

## debrief
That is why.

## reading
A book.
"""
# What is replaced by what; the code of the mistake, and the text on whose line it is found.
MISTAKES = {
    "unknown key": ("minutes: 10", "minutes: 10\nminuts: 10", "unknown_key_near", "minuts"),
    "no such key": ("minutes: 10", "minutes: 10\nzebra: 10", "unknown_key", "zebra"),
    "metric of a shot": ("  ask: How", "  metric: MRR\n  ask: How", "shot_metric", "metric: MRR"),
    "missing key": ("title: A walk\n", "", "missing_key", "---"),
    "key twice": ("title: A walk", "title: A walk\ntitle: B", "key_twice", "title: B"),
    "too quick": ("minutes: 10", "minutes: 4", "too_small", "minutes"),
    "too slow": ("minutes: 10", "minutes: 41", "too_large", "minutes"),
    "no number": ("minutes: 10", "minutes: ten", "no_number", "minutes"),
    "number in quotes": ("number: 90", 'number: "90"', "no_number", "number"),
    "no place": ("number: 90", "number: 0", "too_small", "number: 0"),
    "bad slug": ("slug: walk", "slug: A Walk", "bad_slug", "slug"),
    "no text": ("title: A walk", "title: 12", "no_text", "title"),
    "empty text": ("question: What for?", "question:", "no_text", "question"),
    "long title": ("title: A walk", f"title: {'a' * 301}", "too_long", "title"),
    "no list": ("steps:\n  - do: Go.", "steps: Go.\nrest:\n  - do: Go.", "no_list", "steps"),
    "no mapping": ("needs: {call: search.predict, at_least: 2}", "needs: 2", "no_mapping", "needs"),
    "page": ("page: search", "page: serch", "unknown_page", "page: serch"),
    "short navigation": ("caption:", "pages: [serch]\ncaption:", "unknown_page", "pages"),
    "parameter": ("view: one", "vew: one", "unknown_parameter", "vew"),
    "view": ("view: one", "view: two", "bad_choice", "view: two"),
    "long link": ("q: a walk", f"q: {'a' * 301}", "long_parameter", "q: a"),
    "setting": ("epochs: 30}", "epoch: 30}", "bad_setting", "epoch: 30"),
    "setting's value": ("epochs: 30}", "epochs: many}", "bad_setting", "many"),
    "task of a shot": ("task: search\n  ask", "task: serch\n  ask", "unknown_task", "serch"),
    "key of a shot": ("  ask:", "  aks:", "unknown_key_near", "aks"),
    "check": ("check: asked", "check: aksed", "unknown_check", "aksed"),
    "check's parameter": ("at_least: 2", "at_lest: 2", "unknown_key_near", "at_lest"),
    "check's number": ("at_least: 2", "at_least: none", "no_number", "at_least: none"),
    "check's call": ("search.predict", "search.find", "bad_value", "search.find"),
    "check's task": ("needs: {task: search,", "needs: {task: serch,", "bad_value", "serch"),
    "check without call": ("call: search.predict, ", "", "missing_key", "needs: {at_least"),
    "check's setting": ("{epochs: {at_least", "{epoch: {at_least", "bad_setting", "{epoch"),
    "bounds": ("{at_least: 30}", "{least: 30}", "bad_value", "{least"),
    "no hint": ("    hint: Type.\n", "", "missing_key", "check: asked"),
    "broken YAML": ("title: A walk", "title: A: walk", "bad_yaml", "A: walk"),
    "tab": ("  - do: Go.", "\t- do: Go.", "bad_yaml", "do: Go."),
    "reference": ("title: A walk", "title: *walk", "alias", "*walk"),
    "object": ("title: A walk", "title: !!python/name:os.system", "bad_yaml", "python"),
    "nested": ("title: A walk", f"title: {'[' * 9}{']' * 9}", "too_deep", "title"),
    "no front matter": ("---\nslug", "slug", "no_front_matter", "slug"),
    "open front matter": ("---\n## idea", "## idea", "open_front_matter", "---"),
    "missing section": ("## reflect\nWhy?\n", "", "missing_section", ""),
    "unknown section": ("## reflect", "## reflekt", "unknown_section", "reflekt"),
    "section twice": ("## reflect", "## idea\nMore.\n## reflect", "section_twice", "## idea\nMore"),
    "empty section": ("Why?", "", "empty_section", "## reflect"),
    "outside": ("---\n## idea", "---\nSome words\n## idea", "outside_section", "Some words"),
}


@pytest.fixture(autouse=True)
def state_folder(home: Path) -> None:
    """Every test has a state folder of its own."""


def test_a_good_file_is_read() -> None:
    exercise, mistakes = read_text(GOOD, "walk.md")
    assert not mistakes
    assert exercise is not None
    assert exercise.pages == ("search", "tune")
    assert exercise.steps[1].parameters == {"task": "search", "epochs": "30"}
    assert exercise.shot is not None and exercise.shot.task == "search"
    assert exercise.reflection == "Why?"


@pytest.mark.parametrize("name", MISTAKES)
def test_a_single_mistake_is_refused_with_its_line(name: str) -> None:
    old, new, code, place = MISTAKES[name]
    assert GOOD.count(old) >= 1
    text = GOOD.replace(old, new, 1)
    exercise, mistakes = read_text(text, "walk.md")
    assert exercise is None
    found = [one for one in mistakes if one.code.endswith(f".{code}")]
    assert found, [one.code for one in mistakes]
    if place:
        lines = {text[:at].count("\n") + 1 for at in range(len(text)) if text.startswith(place, at)}
        assert found[0].row in lines | {line - 1 for line in lines if name == "outside"}
    for language in LANGUAGES:
        said = found[0].message(language)
        assert "walk.md" in said and str(found[0].row) in said
        assert "{" not in said.replace("{call: search.predict}", "")


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (GOOD.replace("A walk", "Spazierg\xe4nge").encode("latin-1"), "not_utf8", 4),
        (GOOD.encode() + b"a" * LONGEST, "file_too_long", 1),
        (b"\xff" * 5 * LONGEST, "file_too_long", 1),
        (b"", "no_front_matter", 1),
    ],
)
def test_files_that_are_no_text_are_refused(tmp_path, content, code, line) -> None:
    folder = own(tmp_path, {})
    (folder / "en" / "walk.md").write_bytes(content)
    (mistake,) = find_mistakes(folder)
    assert (mistake.code, mistake.row, mistake.file) == (f"course.{code}", line, "en/walk.md")


def own(tmp_path: Path, files: dict[str, str]) -> Path:
    (tmp_path / "en").mkdir()
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"en/b.md": GOOD}, {"slug_twice"}),
        ({"en/b.md": GOOD.replace("slug: walk", "slug: run")}, {"number_twice"}),
        ({"zh/b.md": GOOD.replace("slug: walk", "slug: run")}, {"other_language_missing"}),
        ({"zh/a.md": GOOD.replace("number: 90", "number: 91")}, {"other_number"}),
        ({"zh/a.md": GOOD.replace("at_least: 2", "at_least: 3")}, {"other_checks"}),
        (
            {
                "zh/a.md": GOOD.replace("- check: asked", "- check: chatted").replace(
                    "needs: {call: search.predict, at_least: 2}", "needs: {at_least: 2}"
                )
            },
            {"other_checks"},
        ),
        ({"en/b.md": GOOD.replace("slug: walk", "slug: run").replace("90", "4")}, {"number_twice"}),
        ({"zh/a.md": GOOD}, set()),
        ({}, set()),
    ],
)
def test_exercises_have_to_fit_each_other(tmp_path, changes, codes) -> None:
    mistakes = find_mistakes(own(tmp_path, {"en/a.md": GOOD, **changes}))
    assert {one.code.removeprefix("course.") for one in mistakes} == codes
    assert all(one.message("zh") and one.row for one in mistakes)


def test_a_folder_without_exercises_says_so(tmp_path) -> None:
    with pytest.raises(InputError, match="no folder"):
        find_mistakes(tmp_path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_facilitators_exercise_replaces_one_and_adds_one(tmp_path, monkeypatch, language) -> None:
    shipped = read_exercises(language)
    mine = GOOD.replace("slug: walk", f"slug: {shipped[0].slug}").replace("90", "1")
    own(tmp_path, {f"{language}/a.md": mine, f"{language}/b.md": GOOD})
    monkeypatch.setenv("SHOPLAB_COURSE", str(tmp_path))
    exercises = read_exercises(language)
    assert len(exercises) == len(shipped) + 1
    assert exercises[-1].slug == "walk"
    assert "A walk" in {one.title for one in exercises if one.slug == shipped[0].slug}
    (tmp_path / language / "b.md").write_text("broken", encoding="utf-8")
    assert len(read_exercises(language)) == len(shipped)


def test_the_shipped_exercises_are_without_mistakes() -> None:
    assert find_mistakes(SHIPPED) == []
    assert [one.slug for one in read_exercises("en", Path("none"))] == [
        one.slug for one in read_exercises("zh", Path("none"))
    ]


def test_files_are_read_once(tmp_path) -> None:
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
    reader._read.cache_clear()
    read_exercises("en", tmp_path)
    misses = reader._read.cache_info().misses
    read_exercises("en", tmp_path)
    assert reader._read.cache_info().misses == misses


@given(st.text(alphabet=st.sampled_from("-#: \n[]{}&*!|>'\"abslug0\t水\r"), max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    for document in (text, f"---\n{text}\n---\n{text}", GOOD.replace("A walk", text)):
        exercise, mistakes = read_text(document, "any.md")
        assert (exercise is None) == bool(mistakes)
        assert all(one.row and one.message("zh") for one in mistakes)
