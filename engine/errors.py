"""What can go wrong, as codes that both languages can say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from engine.messages import DEFAULT_LANGUAGE, say


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a file, with its place and its mend.

    `row` counts as a spreadsheet does: the header is row 1, the first record row 2. `code` names a
    text of the engine; `params` fill its placeholders. A warning keeps its row.
    """

    code: str
    file: str = ""
    row: int | None = None
    column: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    severity: Literal["error", "warning"] = "error"

    def message(self, language: str = DEFAULT_LANGUAGE) -> str:
        """The problem and its mend in `language`."""
        place = {"file": self.file, "row": self.row, "column": self.column}
        return say(self.code, language, **place, **self.params)

    def as_json(self, language: str = DEFAULT_LANGUAGE) -> dict[str, object]:
        """The problem as the command line prints it."""
        return {
            "file": self.file,
            "row": self.row,
            "column": self.column,
            "code": self.code,
            "severity": self.severity,
            "message": self.message(language),
        }


class ShoplabError(Exception):
    """An error with a code that both languages can say, and the problems behind it."""

    def __init__(self, code: str, details: Sequence[Problem] = (), **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = list(details)
        self.params = params

    def message(self, language: str = DEFAULT_LANGUAGE) -> str:
        """What happened and what to do next, in `language`."""
        return say(self.code, language, **self.params)

    def __str__(self) -> str:
        return self.message()


class InputError(ShoplabError):
    """The user's input is at fault: the command line exits with 2."""


class Cancelled(ShoplabError):
    """The user asked for a stop."""

    def __init__(self) -> None:
        super().__init__("jobs.cancelled")
