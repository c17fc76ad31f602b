"""Detects reviews with prompt injection ("ignore your instructions"), which are never quoted."""

import re
import tomllib
from functools import cache
from pathlib import Path


def is_prompt_injection(text: str) -> bool:
    """Whether a review contains instructions for a language model, in any language."""
    return _forms().search(text) is not None


@cache
def _forms() -> re.Pattern[str]:
    path = Path(__file__).with_name("prompt_injection.toml")
    forms = tomllib.loads(path.read_text(encoding="utf-8"))["forms"]
    return re.compile("|".join(forms), re.IGNORECASE | re.MULTILINE)
