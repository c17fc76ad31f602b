"""Reviews that give orders to a machine ("ignore your instructions"): counted, never quoted."""

import re
import tomllib
from functools import cache
from pathlib import Path


def is_prompt_injection(text: str) -> bool:
    """Whether a review says what only somebody who writes for a machine says, in any language."""
    return _forms().search(text) is not None


@cache
def _forms() -> re.Pattern[str]:
    path = Path(__file__).with_name("prompt_injection.toml")
    found = tomllib.loads(path.read_text(encoding="utf-8"))["forms"]
    return re.compile("|".join(found), re.IGNORECASE | re.MULTILINE)
