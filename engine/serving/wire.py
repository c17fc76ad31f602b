"""How errors go from process to process."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from engine.errors import InputError, Problem, ShoplabError


def error_as_json(error: ShoplabError) -> dict[str, Any]:
    """An error in JSON's own kinds."""
    return {
        "input": isinstance(error, InputError),
        "code": error.code,
        "params": {name: _plain(value) for name, value in error.params.items()},
        "details": [asdict(problem) for problem in error.details],
    }


def read_error(record: Mapping[str, Any]) -> ShoplabError:
    """The error that `error_as_json` was made of."""
    kind = InputError if record["input"] else ShoplabError
    details = [Problem(**problem) for problem in record["details"]]
    return kind(record["code"], details, **record["params"])


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | None) else str(value)
