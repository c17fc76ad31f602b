"""Questions that people ask in a workshop, with their answers: `faq/<language>.md`."""

import functools
from dataclasses import dataclass
from pathlib import Path

SHIPPED = Path(__file__).parent / "faq"


@dataclass(frozen=True)
class Question:
    """A question and its answer in Markdown."""

    question: str
    answer: str


@functools.cache
def read_faq(language: str) -> tuple[Question, ...]:
    """The questions in `language`: each is a heading, its answer stands below."""
    text = (SHIPPED / f"{language}.md").read_text(encoding="utf-8")
    parts = [part.partition("\n") for part in f"\n{text}".split("\n## ")[1:]]
    return tuple(Question(question.strip(), answer.strip()) for question, _, answer in parts)
