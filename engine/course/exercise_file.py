"""One exercise file: read it, or say for every mistake where it is and how to mend it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from engine.course.checks import CHECKS
from engine.course.checks.base import Check
from engine.course.exercise import CheckSpec, Exercise, Shot, Step
from engine.course.fields import CheckFields, Fields, Place, ShotFields, StepFields, explain
from engine.course.front_matter import Document, FrontMatterError, read_document
from engine.course.links import PAGES, check_link, check_settings, nearest
from engine.course.sections import split_sections
from engine.errors import InputError, Problem
from engine.messages import DEFAULT_LANGUAGE, say
from engine.tasks import TASKS


@dataclass(frozen=True)
class Mistake(Problem):
    """A problem of an exercise's file; `row` is its line, `column` the key."""

    def message(self, language: str = DEFAULT_LANGUAGE) -> str:
        """The file, the line, the problem and its mend in `language`."""
        text = super().message(language)
        return say("course.at", language, file=self.file, line=self.row, text=text)


LONGEST = 40_000  # characters
MOST_BYTES = 4 * LONGEST
# The keys that may stand at each kind of place, for whoever wrote another.
_KEYS = {
    "steps": ("do", "page", "with"),
    "checks": tuple(CheckFields.model_fields),
    "shot": tuple(ShotFields.model_fields),
}


def read_file(path: Path, name: str) -> tuple[Exercise | None, list[Mistake]]:
    """The exercise in the file at `path`; None with its mistakes in the order of their lines.

    `name` is what people call the file.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError:
        return None, [Mistake("course.unreadable", name, 1)]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(content) <= MOST_BYTES:
            line = content[: error.start].count(b"\n") + 1
            return None, [Mistake("course.not_utf8", name, line)]
        text = ""
    if len(content) > MOST_BYTES or len(text) > LONGEST:
        return None, [Mistake("course.file_too_long", name, 1, params={"most": LONGEST})]
    return read_text(text, name)


def read_text(text: str, name: str) -> tuple[Exercise | None, list[Mistake]]:
    """As `read_file`, of the text of a file called `name`."""
    try:
        document = read_document(text.replace("\r\n", "\n"))
    except FrontMatterError as error:
        return None, [Mistake(error.code, name, error.line, params=error.params)]
    sections, mistakes = split_sections(document.body, document.body_line)
    problems = [Mistake(one.code, name, one.line, params=one.params) for one in mistakes]
    try:
        fields = Fields.model_validate(document.values)
    except ValidationError as error:
        for place, code, params in explain(error, _known_keys):
            problems.append(_problem(document, name, place, code, params))
        return None, _in_order(problems)
    for place, code, about in _mistakes(fields):
        problems.append(_problem(document, name, place, code, about))
    return (None if problems else _exercise(fields, sections, document)), _in_order(problems)


def _known_keys(place: Place) -> tuple[str, ...]:
    """The keys that may stand where the unknown one at `place` stands."""
    return _KEYS[str(place[0])] if len(place) > 1 else tuple(Fields.model_fields)


def _mistakes(fields: Fields) -> Iterator[tuple[Place, str, Mapping[str, object]]]:
    """What no type tells: pages, links and checks that there are not."""
    for place, page in enumerate(fields.pages):
        if page not in PAGES:
            yield ("pages", place), "course.unknown_page", _choice(page, PAGES)
    if fields.shot is not None and fields.shot.task not in TASKS:
        yield ("shot", "task"), "course.unknown_task", _choice(fields.shot.task, TASKS)
    for place, step in enumerate(fields.steps):
        if step.page not in PAGES:
            yield ("steps", place, "page"), "course.unknown_page", _choice(step.page, PAGES)
            continue
        try:
            check_link(step.page, _parameters(step))
        except InputError as error:
            yield ("steps", place, "with"), error.code, error.params
    for place, check in enumerate(fields.checks):
        kind = CHECKS.get(check.check)
        if kind is None:
            yield (
                ("checks", place, "check"),
                "course.unknown_check",
                _choice(check.check, tuple(CHECKS)),
            )
            continue
        needs = ("checks", place, "needs")
        try:
            kind.model_validate(check.needs)
        except ValidationError as error:
            yield from explain(error, _names_of(kind), needs)
            continue
        settings = check.needs.get("settings")
        if isinstance(settings, dict):
            try:
                check_settings({"task": str(check.needs["task"])} | _as_one_value(settings))
            except InputError as error:
                yield (*needs, "settings"), error.code, error.params


def _names_of(kind: type[Check]) -> Callable[[Place], tuple[str, ...]]:
    """The parameters of a check, wherever an unknown one stands."""
    return lambda _: tuple(kind.model_fields)


def _as_one_value(settings: Mapping[str, object]) -> dict[str, str]:
    """Settings with one of their bounds in place of bounds, to see whether they can be set so."""
    return {
        name: str(next(iter(value.values()), "")) if isinstance(value, dict) else str(value)
        for name, value in settings.items()
    }


def _choice(value: str, known: tuple[str, ...]) -> dict[str, object]:
    return {"value": value, "known": ", ".join(known), "near": nearest(value, known)}


def _problem(
    document: Document, name: str, place: Place, code: str, params: Mapping[str, object]
) -> Mistake:
    column = ".".join(map(str, place)) or None
    return Mistake(code, name, document.line_of(place), column, params)


def _in_order(problems: list[Mistake]) -> list[Mistake]:
    return sorted(problems, key=lambda problem: problem.row or 0)


def _parameters(step: StepFields) -> dict[str, str]:
    """What a link sets, as texts; YAML reads `yes` and `true` as a bool."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in step.parameters.items()
    }


def _exercise(fields: Fields, sections: Mapping[str, str], document: Document) -> Exercise:
    shot = fields.shot
    return Exercise(
        slug=fields.slug,
        number=fields.number,
        title=fields.title,
        minutes=fields.minutes,
        pages=tuple(fields.pages) or tuple(dict.fromkeys(step.page for step in fields.steps)),
        question=fields.question,
        idea=sections["idea"],
        picture=fields.picture,
        caption=fields.caption,
        formula=fields.formula,
        symbols=sections["symbols"],
        shot=Shot(shot.task, shot.ask) if shot else None,
        steps=tuple(Step(step.do, step.page, _parameters(step)) for step in fields.steps),
        checks=tuple(CheckSpec(**check.model_dump()) for check in fields.checks),
        reflection=sections["reflect"],
        debrief=sections["debrief"],
        reading=sections["reading"],
        lines={str(path[0]): line for path, line in document.lines.items() if len(path) == 1},
    )
