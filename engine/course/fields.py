"""The keys of an exercise's front matter, and what each of them may hold."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from engine.course.links import nearest

FEWEST_MINUTES, MOST_MINUTES, MOST_NUMBER = 5, 40, 99
Line = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4_000, strip_whitespace=True)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
Scalar = str | int | float | bool
# Once accepted, and never used: a run compares its systems by its primary metric alone.
_OLD_METRIC = "shot.metric"


class _Fields(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ShotFields(_Fields):
    """What each person forecasts."""

    task: Line
    ask: Line


class StepFields(_Fields):
    """A step and its link."""

    do: Line
    page: Line
    parameters: dict[str, Scalar] = Field(default_factory=dict, alias="with", max_length=20)


class CheckFields(_Fields):
    """A check, with what people read about it."""

    check: Line
    needs: dict[str, object] = Field(default_factory=dict)
    task: Line
    hint: Text
    solution: Text
    misconception: Text


class Fields(_Fields):
    """The front matter of an exercise."""

    slug: Slug
    number: int = Field(ge=1, le=MOST_NUMBER)
    title: Line
    minutes: int = Field(ge=FEWEST_MINUTES, le=MOST_MINUTES)
    pages: list[Line] = Field(default_factory=list, max_length=20)
    question: Text
    picture: Text
    caption: Text
    formula: Text
    shot: ShotFields | None = None
    steps: list[StepFields] = Field(min_length=1, max_length=20)
    checks: list[CheckFields] = Field(min_length=1, max_length=20)


Place = tuple[str | int, ...]


def explain(
    error: ValidationError, known: Callable[[Place], tuple[str, ...]], place: Place = ()
) -> Iterator[tuple[Place, str, dict[str, object]]]:
    """Where each mistake is, the code of its text, and the text's values.

    `known` gives the keys that may stand in the place of an unknown one; `place` is where the
    values stand that were read.
    """
    for mistake in error.errors(include_url=False):
        here = (*place, *mistake["loc"])
        yield here, *_explain_one(mistake, known(mistake["loc"]), ".".join(map(str, here)))


def _explain_one(
    mistake: Mapping[str, Any], known: tuple[str, ...], key: str
) -> tuple[str, dict[str, object]]:
    context = mistake.get("ctx", {})
    name = str(mistake["loc"][-1]) if mistake["loc"] else key
    match mistake["type"]:
        case "extra_forbidden" if key == _OLD_METRIC:
            return "course.shot_metric", {"key": key}
        case "extra_forbidden" | "invalid_key":
            near = nearest(name, known)
            return (
                ("course.unknown_key_near", {"key": key, "near": near})
                if near
                else ("course.unknown_key", {"key": key, "known": ", ".join(known) or "-"})
            )
        case "missing":
            return "course.missing_key", {"key": key}
        case "string_type" | "string_too_short":
            return "course.no_text", {"key": key}
        case "string_too_long" | "too_long":
            return "course.too_long", {"key": key, "most": context["max_length"]}
        case "too_short":
            return "course.empty_list", {"key": key}
        case "string_pattern_mismatch":
            return "course.bad_slug", {"key": key}
        case "list_type" | "tuple_type":
            return "course.no_list", {"key": key}
        case "dict_type" | "model_type" | "model_attributes_type":
            return "course.no_mapping", {"key": key}
        case "greater_than_equal":
            return "course.too_small", {"key": key, "least": context["ge"]}
        case "less_than_equal":
            return "course.too_large", {"key": key, "most": context["le"]}
        case "int_type" | "int_parsing" | "int_from_float":
            return "course.no_number", {"key": key}
        case "literal_error":
            return "course.bad_value", {"key": key, "known": context["expected"]}
        case "value_error":
            return "course.bad_value", {"key": key, "known": str(context["error"])}
    return "course.does_not_fit", {"key": key, "why": mistake["msg"]}
