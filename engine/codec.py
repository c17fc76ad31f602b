"""Typed values as JSON and back: the one codec for all that crosses a border between processes.

A `Call` says what a service can be asked. The page that asks, the process that answers, the command
line and the doubles of the tests share it, so a field that one side misspells does not type-check.
"""

import functools
import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar, cast

from pydantic import BeforeValidator, Field, StringConstraints, TypeAdapter, ValidationError

from engine.errors import InputError
from engine.settings import LONGEST_NAME, LONGEST_TEXT

T = TypeVar("T")
Body = TypeVar("Body")
Answer = TypeVar("Answer")


def _readable(value: object) -> object:
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


# A text of a user. JSON may bring halves of characters, which no tokenizer and no file takes.
Text = Annotated[str, BeforeValidator(_readable), StringConstraints(max_length=LONGEST_TEXT)]
# A query or a name, which says something.
FilledText = Annotated[Text, StringConstraints(max_length=LONGEST_NAME, pattern=r"\S")]
# How many of something are wanted: no text and no fraction, however it is written.
Count = Annotated[int, Field(ge=1, strict=True)]

Service = Literal["tasks", "training", "pictures", "assistant"]


@dataclass(frozen=True)
class Call(Generic[Body, Answer]):
    """One thing that `service` can be asked to do: the types of what it gets and what it gives.

    `task` names the task of the service `tasks`, and is empty elsewhere.
    """

    service: Service
    verb: str
    body: type[Body]
    answer: type[Answer]
    task: str = ""


def encode(value: object) -> Any:
    """`value` in JSON's own kinds; numbers that are none (NaN, infinite) become null."""
    return _finite(_adapter(object).dump_python(value, mode="json", fallback=_plain))


def decode(kind: type[T], value: object, row: int = 1) -> T:
    """`value`, made of JSON's own kinds, as a `kind`.

    Raises InputError with the field and the reason where it does not fit. `row` is the number of
    the input, from 1; of a list of inputs it is that of the first.
    """
    try:
        return cast(T, _adapter(cast(Hashable, kind)).validate_python(value))
    except ValidationError as error:
        raise _as_input_error(error.errors(include_url=False)[0], row) from error


@functools.cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    adapter: TypeAdapter[Any] = TypeAdapter(cast(Any, kind))
    return adapter


def _as_input_error(error: Mapping[str, Any], row: int) -> InputError:
    place = list(error["loc"])
    if place and isinstance(place[0], int):
        row += place[0]
        place = place[1:]
    field = ".".join(map(str, place))
    match error["type"]:
        case "missing" | "string_type" | "string_pattern_mismatch":
            return InputError("codec.no_text", row=row, field=field)
        case "string_too_long" | "too_long":
            most = error["ctx"]["max_length"]
            return InputError("codec.too_long", row=row, field=field, most=f"{most:,}")
        case "int_type" | "int_from_float" | "int_parsing":
            return InputError("codec.no_count", row=row, field=field)
        case "greater_than_equal" if error["ctx"]["ge"] == 1:
            return InputError("codec.no_count", row=row, field=field)
        case "list_type" | "tuple_type" | "frozen_set_type":
            return InputError("codec.no_list", row=row, field=field)
        case "literal_error":
            known = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
            value = str(error["input"])
            return InputError("codec.bad_choice", row=row, field=field, value=value, known=known)
    return InputError("codec.does_not_fit", row=row, field=field, why=error["msg"])


def _plain(value: Any) -> Any:
    # Numbers of numpy and torch know how to become Python's own.
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"not a JSON value: {value!r}")


def _finite(value: Any) -> Any:
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {name: _finite(item) for name, item in value.items()}
        case list():
            return [_finite(item) for item in value]
    return value
