"""From a text to the words it is found by, in Chinese, English or both at once."""

import functools
import re
import unicodedata
from collections.abc import Iterable

import rjieba
import Stemmer
from bm25s.stopwords import STOPWORDS_CHINESE, STOPWORDS_EN

# Words that match everywhere and explain nothing.
STOPWORDS = frozenset(STOPWORDS_EN) | frozenset(STOPWORDS_CHINESE)

_RUN = re.compile(r"(?P<cjk>[\u3400-\u9fff]+)|(?P<word>[^\W_\u3400-\u9fff]+)")


def normalise(text: str) -> str:
    """The text in one form: full-width letters narrowed (NFKC), lower case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def words(text: str) -> list[str]:
    """The words of a text: jieba's search-mode words for Chinese, Snowball stems for the rest.

    Chinese and other scripts are told apart run by run, so mixed titles keep both.
    """
    found: list[str] = []
    for run in _RUN.finditer(normalise(text)):
        if run.lastgroup == "cjk":
            found.extend(rjieba.cut_for_search(run.group()))
        else:
            found.append(run.group())
    return _stemmer().stemWords(found)


def segment(text: str) -> list[str]:
    """The text cut into consecutive words that together are as long as the text.

    They are the text again, but for halves of surrogate pairs, which become question marks.
    """
    return list(rjieba.cut(_encodable(text)))


def tag(text: str) -> list[tuple[str, str]]:
    """The words of `segment`, each with jieba's part of speech (`ns` is a place)."""
    return list(rjieba.tag(_encodable(text)))


def words_of_all(texts: Iterable[str]) -> list[list[str]]:
    """The words of every text."""
    return [words(text) for text in texts]


def left_out(query: str) -> list[tuple[str, str]]:
    """Each word of the query with the query that is left without it."""
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
