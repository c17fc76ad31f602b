"""The property tests' own rules: the same examples every time, new ones when asked for."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

# What is settled once for all, in tests/conftest.py.
SETTLED = {"max_examples", "deadline", "derandomize", "database"}


def drawn() -> list[tuple[str, int]]:
    """The examples that a property test made just now is tried with."""
    found: list[tuple[str, int]] = []

    @given(st.text(), st.integers())
    def keep(text: str, number: int) -> None:
        found.append((text, number))

    keep()
    return found


@pytest.fixture
def fixed() -> Iterator[None]:
    """Examples as in the README's command, also at night."""
    current = settings.get_current_profile_name()
    settings.load_profile("fixed")
    yield
    settings.load_profile(current)


def test_the_examples_are_the_same_whatever_was_loaded(
    fixed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = drawn()
    constants = [f"constant {n}" for n in range(99)] + [10_000_000 + n for n in range(99)]
    (tmp_path / "constants_of_ours.py").write_text(f"FOUND = {constants}\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("constants_of_ours")
    assert drawn() == before
    assert len(before) == settings.get_profile("fixed").max_examples


def test_no_test_settles_for_itself_how_its_examples_are_drawn() -> None:
    for file in sorted(Path(__file__).parent.rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("settings"):
                assert not {keyword.arg for keyword in node.keywords} & SETTLED, file
