"""Names and model numbers in a text: words that can only come from a fact."""

import re
from collections.abc import Iterator, Sequence

from engine.claims.lexicon import Token, is_headline
from engine.claims.vocabulary import word_list

_MODEL = re.compile(r"(?=.*[a-z])(?=.*\d)[a-z0-9]{3,}")
_NO_MODEL = re.compile(r"\d+(?:st|nd|rd|th|s|x)")
_STARTS = ("", ".", "!", "?", ":", "。", "！", "？", "：", "•", '"', "“", "-", "–", "—", "#")


def name_claims(text: str, tokens: Sequence[Token]) -> Iterator[Token]:
    """Model numbers ("IPX7", "D20"), and words that only a name writes with a capital there."""
    common = set(word_list("columns")["names"]["common"])
    latin = [token for token in tokens if token.form[0].isascii()]
    headline = is_headline(text, tokens)
    for token in latin:
        if _MODEL.fullmatch(token.form):
            if not _NO_MODEL.fullmatch(token.form):
                yield token
        elif token.form.isalpha() and text[token.start].isupper() and token.form not in common:
            start = text[: token.start].rstrip(" ")[-1:] in _STARTS
            if len(token.form) > 1 and not headline and not start:
                yield token
