"""The plan of a workshop: boxes of time, each with a title and perhaps an exercise."""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

# Those that come ready, each a file in `agendas/`.
READY = ("half_day", "ninety_minutes")
# More boxes nobody follows, and a longer one is a day.
MOST_BOXES, MOST_MINUTES = 30, 480
_FOLDER = Path(__file__).parent / "agendas"


@dataclass(frozen=True)
class TimeBox:
    """A stretch of time; `exercise` is the number of an exercise of the course, 0 for none."""

    title: str
    minutes: int
    exercise: int = 0


Agenda = tuple[TimeBox, ...]


def ready_agenda(name: str, language: str) -> Agenda:
    """One of the agendas that come ready, in `language`."""
    text = (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    return tuple(
        TimeBox(box[language], box["minutes"], box.get("exercise", 0))
        for box in tomllib.loads(text)["box"]
    )


def total_minutes(agenda: Sequence[TimeBox]) -> int:
    """How long all boxes take together."""
    return sum(box.minutes for box in agenda)


def write_agenda(agenda: Sequence[TimeBox]) -> str:
    """An agenda as JSON."""
    return json.dumps([asdict(box) for box in agenda], ensure_ascii=False)


def read_agenda(text: str) -> Agenda:
    """The agenda that `write_agenda` wrote."""
    return tuple(TimeBox(**box) for box in json.loads(text))
