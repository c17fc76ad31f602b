"""Texts that a spreadsheet would run as formulas, and how to stop it."""

import unicodedata

_STARTS = ("=", "+", "-", "@")
_LINE_STARTS = ("\t", "\r", "\n")
# Marks without width, before which a spreadsheet sees nothing.
_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff"


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may read a text as a formula, after spaces and in full width too."""
    first = text.lstrip().lstrip(_UNSEEN).lstrip()[:1]
    folded = unicodedata.normalize("NFKC", first)
    return folded.startswith(_STARTS) or text.startswith(_LINE_STARTS)


def disarm(value: object) -> object:
    """`value` with an apostrophe before a text that could be a formula, as OWASP advises."""
    return f"'{value}" if isinstance(value, str) and is_formula(value) else value
