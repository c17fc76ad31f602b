"""The exercises of the course: those that come with Shoplab, and a facilitator's laid over them."""

import functools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.course.exercise import Exercise
from engine.course.exercise_file import Mistake, read_file
from engine.errors import InputError
from engine.messages import LANGUAGES
from engine.settings import home

SHIPPED = Path(__file__).parent / "exercises"
MOST_FILES = 100
Stamps = tuple[tuple[Path, int, int], ...]
# An exercise and the name of its file, with its language's folder.
Named = tuple[Exercise, str]


def own_folder() -> Path:
    """The facilitator's folder, which need not exist: `SHOPLAB_COURSE`, or `course` in the home."""
    chosen = os.environ.get("SHOPLAB_COURSE")
    return Path(chosen).expanduser() if chosen else home() / "course"


def read_exercises(language: str, folder: Path | None = None) -> tuple[Exercise, ...]:
    """The exercises in `language`, by number; an own one replaces the shipped one of its slug.

    `folder` is `own_folder()` where none is given. Files with mistakes are left out:
    `find_mistakes` names them.
    """
    folder = folder or own_folder()
    shipped = _read(_stamps(SHIPPED / language))[0]
    own = _read(_stamps(folder / language))[0]
    exercises = {one.slug: one for one, _ in (*shipped, *own)}
    return tuple(sorted(exercises.values(), key=lambda one: (one.number, one.slug)))


def find_mistakes(folder: Path) -> list[Mistake]:
    """Every mistake in the exercises of a facilitator's folder, by file and line.

    Raises InputError for a folder that holds none.
    """
    languages = [language for language in LANGUAGES if (folder / language).is_dir()]
    stamps = {language: _stamps(folder / language) for language in languages}
    if not any(stamps.values()):
        raise InputError("course.no_folder", folder=str(folder))
    mistakes: list[Mistake] = []
    exercises: dict[str, tuple[Named, ...]] = {}
    for language in languages:
        if len(stamps[language]) > MOST_FILES:
            raise InputError("course.too_many_files", folder=language, most=MOST_FILES)
        exercises[language], own = _read(stamps[language])
        mistakes += own
        mistakes += _twice(exercises[language], _shipped_beside(language, exercises[language]))
    if len(languages) > 1 and not mistakes:
        # A file with a mistake would be missing in its language as well.
        for here, there in (languages, reversed(languages)):
            mistakes += _apart(exercises[here], exercises[there], there)
    return sorted(mistakes, key=lambda one: (one.file, one.row or 0))


def _stamps(folder: Path) -> Stamps:
    """The exercise files of one language with their last change, in the order of their names."""
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix == ".md")
    except OSError:
        return ()
    rows = []
    for file in files[: MOST_FILES + 1]:
        try:
            about = file.stat()
        except OSError:  # deleted meanwhile
            continue
        rows.append((file, about.st_mtime_ns, about.st_size))
    return tuple(rows)


@functools.lru_cache(maxsize=16)
def _read(stamps: Stamps) -> tuple[tuple[Named, ...], tuple[Mistake, ...]]:
    """The exercises in these files, and the mistakes of those that have some."""
    exercises: list[Named] = []
    mistakes: list[Mistake] = []
    for file, *_ in stamps:
        name = f"{file.parent.name}/{file.name}"
        exercise, own = read_file(file, name)
        mistakes += own
        if exercise is not None:
            exercises.append((exercise, name))
    return tuple(exercises), tuple(mistakes)


def _shipped_beside(language: str, own: Sequence[Named]) -> tuple[Named, ...]:
    """The shipped exercises that none of `own` replaces."""
    slugs = {exercise.slug for exercise, _ in own}
    shipped = _read(_stamps(SHIPPED / language))[0]
    return tuple(named for named in shipped if named[0].slug not in slugs)


def _twice(own: Sequence[Named], shipped: Sequence[Named]) -> list[Mistake]:
    """A mistake for every own exercise with the number or slug of another."""
    mistakes = []
    numbers = {exercise.number: exercise.title for exercise, _ in shipped}
    slugs: dict[str, str] = {}
    for exercise, file in own:
        if exercise.slug in slugs:
            about: Mapping[str, object] = {"slug": exercise.slug, "other": slugs[exercise.slug]}
            mistakes.append(_at("course.slug_twice", file, exercise, "slug", about))
        elif exercise.number in numbers:
            about = {"number": exercise.number, "other": numbers[exercise.number]}
            mistakes.append(_at("course.number_twice", file, exercise, "number", about))
        slugs.setdefault(exercise.slug, file)
        numbers.setdefault(exercise.number, file)
    return mistakes


def _apart(here: Sequence[Named], there: Sequence[Named], language: str) -> list[Mistake]:
    """A mistake for every exercise of `here` that differs in `language` (`there`)."""
    others = {exercise.slug: exercise for exercise, _ in there}
    mistakes = []
    for exercise, file in here:
        other = others.get(exercise.slug)
        about: dict[str, object] = {"slug": exercise.slug, "where": language}
        if other is None:
            mistakes.append(_at("course.other_language_missing", file, exercise, "slug", about))
        elif (exercise.number, exercise.minutes) != (other.number, other.minutes):
            mistakes.append(_at("course.other_number", file, exercise, "number", about))
        elif _needs(exercise) != _needs(other):
            about |= {"here": _names(exercise), "there": _names(other)}
            mistakes.append(_at("course.other_checks", file, exercise, "checks", about))
    return mistakes


def _needs(exercise: Exercise) -> list[tuple[str, Mapping[str, object]]]:
    """What both languages have to share: the words that are looked for may differ."""
    return [
        (one.check, {name: need for name, need in one.needs.items() if name != "contains"})
        for one in exercise.checks
    ]


def _names(exercise: Exercise) -> str:
    return ", ".join(one.check for one in exercise.checks)


def _at(
    code: str, file: str, exercise: Exercise, key: str, params: Mapping[str, object]
) -> Mistake:
    return Mistake(code, file, exercise.lines[key], key, params)
