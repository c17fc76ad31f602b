"""What the course says: glossary and questions in both languages, and checks that can be passed."""

import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from engine.catalog.decisions import ACCEPTED, Decisions
from engine.course.checks.shop import Labelled
from engine.course.reader import SHIPPED, read_exercises
from engine.course.work import Work
from engine.storage.workspace import Workspace

COURSE = SHIPPED.parent


def test_a_decision_on_a_suggested_value_counts_as_a_label_of_attributes(home: Path) -> None:
    workspace = Workspace.create("decided")
    check = Labelled(task="attributes", at_least=1)
    assert not check.look(Work(workspace)).passed
    suggestion = {"product_id": "P1", "attribute": "color", "value": "Moss", "confidence": 0.9}
    Decisions(workspace.folder).decide(pd.DataFrame([suggestion]), ACCEPTED)
    assert check.look(Work(workspace)).passed


def test_terms_are_explained_alike_in_both_languages() -> None:
    files = (COURSE / "glossary" / f"terms_{language}.toml" for language in ("en", "zh"))
    english, chinese = (tomllib.loads(file.read_text(encoding="utf-8")) for file in files)
    assert list(english) == list(chinese)
    for term, entry in english.items():
        assert entry["see"] == chinese[term]["see"]
        assert set(entry["see"]) <= set(english) - {term}


def test_questions_are_answered_in_both_languages() -> None:
    texts = [(COURSE / "faq" / f"{one}.md").read_text(encoding="utf-8") for one in ("en", "zh")]
    english, chinese = (re.findall("^## ", text, re.M) for text in texts)
    assert len(english) == len(chinese) >= 20


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_course_goes_from_one_to_fourteen(language: str) -> None:
    assert [one.number for one in read_exercises(language)] == list(range(1, 15))
