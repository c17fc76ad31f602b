"""Finds names, model numbers and places in a text: words that only facts can support."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from engine.claims.lexicon import CHINESE, Token, is_headline, starts_sentence
from engine.claims.vocabulary import word_list
from engine.text.words import tag

# How many characters before a name are searched for "made in" and the like.
BEFORE = 24
_MODEL = re.compile(r"(?=.*[a-z])(?=.*\d)[a-z0-9]{3,}|[a-z]\d")
_NO_MODEL = re.compile(r"\d+(?:st|nd|rd|th|s|x)")
_MADE_IN = re.compile(
    r"(?i)\b(?:made|designed|grown|imported|brewed|roasted|crafted|woven|produced|assembled|built)"
    r" (?:in|by|from) (?:the )?$"
)
_FROM = re.compile(r"(?:来自|产自|产于|源自|源于|选自|采自|出自|原产|进口自)[^，。；！？]{0,4}$")
_MADE = re.compile(
    r"[^，。；！？]{0,4}?(?:产|制造|工艺|进口|直采|直供|直邮|原装|货源|生产|制作|牧场|茶园|果园)"
)


def name_claims(text: str, tokens: Sequence[Token]) -> Iterator[tuple[Literal["name"], int, int]]:
    """Spans of model numbers ("IPX7", "D20"), acronyms, and words capitalised like names."""
    common = set(word_list("columns")["names"]["common"])
    latin = [token for token in tokens if token.form[0].isascii()]
    headline = is_headline(text, tokens)
    chinese = bool(CHINESE.search(text))
    shouted = text.isupper() and not chinese
    for token in latin:
        word = text[token.start : token.end]
        if _MODEL.fullmatch(token.form):
            named = not _NO_MODEL.fullmatch(token.form)
        elif not token.form.isalpha() or token.form in common or len(word) < 2:
            named = False
        elif word.isupper():
            named = not shouted
        elif word[1:].islower():
            # Capitals are a sign of names in Chinese texts and after "made in", wherever they are.
            anywhere = chinese or bool(
                _MADE_IN.search(text[max(0, token.start - BEFORE) : token.start])
            )
            meaningful = anywhere or not (headline or starts_sentence(text, token))
            named = word[0].isupper() and meaningful
        else:
            named = True  # "macOS"
        if named:
            yield "name", token.start, token.end


def place_claims(text: str) -> Iterator[tuple[Literal["origin"], int, int]]:
    """Spans of Chinese place names that are given as an origin (产自浙江, 德国工艺)."""
    start = 0
    for word, kind in tag(text):
        end = start + len(word)
        if (
            kind == "ns"
            and len(word) > 1
            and (_FROM.search(text[max(0, start - BEFORE) : start]) or _MADE.match(text, end))
        ):
            yield "origin", start, end
        start = end
