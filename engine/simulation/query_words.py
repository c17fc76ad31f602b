"""Splits texts into words for the simulated shop's own search."""

import re

_WORD = re.compile(r"[a-z0-9]+|[\u4e00-\u9fff]+")


def split_words(text: str) -> list[str]:
    """Latin words and numbers in lower case, and overlapping pairs of Chinese characters."""
    words = []
    for run in _WORD.findall(text.lower()):
        if run[0] < "\u4e00" or len(run) == 1:
            words.append(run)
        else:
            words += [run[at : at + 2] for at in range(len(run) - 1)]
    return words
