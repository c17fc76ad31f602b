"""Detects a shop's language from its catalog or its customers' words."""

import functools
import importlib.util
import re
import runpy
from pathlib import Path

import pandas as pd

_CHINESE = r"[\u3400-\u4dbf\u4e00-\u9fff]"
_SHARE = 0.3
SAMPLE_TEXTS = 500
# How the languages of other scripts call themselves, by ISO code, and their letters. Japanese comes
# first, since its texts have Chinese characters as well.
_SCRIPTS = {
    "ja": ("日本語", r"[\u3041-\u30ff]"),
    "ko": ("한국어", r"[\uac00-\ud7a3\u1100-\u11ff]"),
    "th": ("ไทย", r"[\u0e00-\u0e7f]"),
    "lo": ("ລາວ", r"[\u0e80-\u0eff]"),
    "km": ("ខ្មែរ", r"[\u1780-\u17ff]"),
    "my": ("မြန်မာ", r"[\u1000-\u109f]"),
    "ar": ("العربية", r"[\u0600-\u06ff]"),
    "he": ("עברית", r"[\u0590-\u05ff]"),
    "ru": ("русский", r"[\u0400-\u04ff]"),
    "el": ("Ελληνικά", r"[\u0370-\u03ff]"),
    "hi": ("हिन्दी", r"[\u0900-\u097f]"),
    "bn": ("বাংলা", r"[\u0980-\u09ff]"),
    "ta": ("தமிழ்", r"[\u0b80-\u0bff]"),
    "vi": ("Tiếng Việt", r"[\u01a1\u01b0\u0111\u1ea0-\u1ef9]"),
    "tr": ("Türkçe", r"[ğışİŞĞ]"),
    "pl": ("polski", r"[ąęłńśźż]"),
}
# Languages of Latin letters are told from English by their commonest words: what their speakers
# call them, and the list of these words.
_WORDS = {
    "fr": ("français", "STOPWORDS_FRENCH"),
    "de": ("Deutsch", "STOPWORDS_GERMAN"),
    "es": ("español", "STOPWORDS_SPANISH"),
    "pt": ("português", "STOPWORDS_PORTUGUESE"),
    "it": ("italiano", "STOPWORDS_ITALIAN"),
    "nl": ("Nederlands", "STOPWORDS_DUTCH"),
    "sv": ("svenska", "STOPWORDS_SWEDISH"),
}
_FEWEST_WORDS = 5
# Of English titles, fewer words are common ones of another language.
_LEAST_WORDS = 0.05
_WORD = re.compile(r"[^\W\d_]+")


def detect_language(texts: pd.Series, other: str | None) -> str:
    """`zh` if at least three in ten texts contain Chinese characters and none Japanese, else `en`.

    These are the languages that a shop can have. If the texts are in the language `other`, as
    `other_language` found, it is `en`.
    """
    filled = texts.dropna()
    if not len(filled) or other is not None:
        return "en"
    return "zh" if filled.str.contains(_CHINESE, regex=True).mean() >= _SHARE else "en"


def other_language(texts: pd.Series) -> str | None:
    """The ISO code of the language of most texts, if it is neither Chinese nor English."""
    filled = texts.dropna().head(SAMPLE_TEXTS)
    if not len(filled):
        return None
    for code, (_, letters) in _SCRIPTS.items():
        if filled.str.contains(letters, regex=True).mean() >= _SHARE:
            return code
    words = [word for text in filled for word in _WORD.findall(text.lower())]
    common = _common_words()
    english = sum(word in common["en"] for word in words)
    counts = {code: sum(word in common[code] for word in words) for code in _WORDS}
    best = max(counts, key=lambda code: counts[code])
    least = max(_FEWEST_WORDS, _LEAST_WORDS * len(words), 2 * english + 1)
    return best if counts[best] >= least else None


@functools.cache
def _common_words() -> dict[str, frozenset[str]]:
    """The commonest words of each language, from bm25s, but without scipy, which bm25s imports."""
    package = importlib.util.find_spec("bm25s")
    folders = [] if package is None else package.submodule_search_locations
    lists = runpy.run_path(str(Path(next(iter(folders or []))) / "stopwords.py"))
    names = {"en": "STOPWORDS_EN"} | {code: name for code, (_, name) in _WORDS.items()}
    return {code: frozenset(lists[name]) for code, name in names.items()}


def own_name(code: str) -> str:
    """What the speakers of a language call it."""
    return (_SCRIPTS.get(code) or _WORDS[code])[0]
