"""Cuts texts into the words they are found by, in Chinese, English or both at once."""

import functools
import re
from collections.abc import Iterable

import rjieba
import Stemmer
from bm25s.stopwords import STOPWORDS_CHINESE, STOPWORDS_EN

from engine.text.normal_form import normal_form

# Words that match nearly everything and explain nothing.
STOPWORDS = frozenset(STOPWORDS_EN) | frozenset(STOPWORDS_CHINESE)

# Thai, Lao, Burmese, Khmer and Japanese have no spaces between words, and jieba cannot cut them.
_RUN = re.compile(
    r"(?P<cjk>[\u3400-\u9fff]+)"
    r"|(?P<unspaced>[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff]+)"
    r"|(?P<word>[^\W_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+)"
)


def normalise(text: str) -> str:
    """The text in one form: full-width letters narrowed (NFKC), lower case, single spaces."""
    return " ".join(normal_form("NFKC", text).lower().split())


def words(text: str) -> list[str]:
    """The words of a text: jieba's search-mode words for Chinese, Snowball stems for the rest.

    Of other scripts without spaces, pairs of neighbouring characters stand for words.

    Each run of one script is handled on its own, so that titles in both languages work.
    """
    forms: list[str] = []
    for run in _RUN.finditer(normalise(text)):
        if run.lastgroup == "cjk":
            forms.extend(rjieba.cut_for_search(run.group()))
        elif run.lastgroup == "unspaced":
            forms.extend(_pairs(run.group()))
        else:
            forms.append(run.group())
    stems: list[str] = _stemmer().stemWords(forms)
    return stems


def finding_words(query: str) -> set[str]:
    """The words of a query that find products: all but stop words, unless it has no others."""
    asked = set(words(query))
    return asked - STOPWORDS or asked


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(max(1, len(run) - 1))]


def segment(text: str) -> list[str]:
    """The text cut into consecutive words that together are as long as the text.

    Joined they are the text again, except that unpaired surrogates become question marks.
    """
    return list(rjieba.cut(_encodable(text)))


def tag(text: str) -> list[tuple[str, str]]:
    """The words of `segment`, each with jieba's part of speech (`ns` is a place)."""
    return list(rjieba.tag(_encodable(text)))


def words_of_all(texts: Iterable[str]) -> list[list[str]]:
    """The words of every text."""
    return [words(text) for text in texts]


def leave_one_out(query: str) -> list[tuple[str, str]]:
    """Each word of the query, with the rest of the query."""
    parts = query.split()
    if len(parts) > 1:
        return [
            (part, " ".join(parts[:place] + parts[place + 1 :])) for place, part in enumerate(parts)
        ]
    parts = segment(query)
    return [
        (part, "".join(parts[:place] + parts[place + 1 :]) or " ")
        for place, part in enumerate(parts)
    ]


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


@functools.cache
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")
