"""Reads a stream of short texts, pasted or from a file, with their times if there are any."""

import io
import itertools
import re
from pathlib import Path

import pandas as pd

from engine.errors import InputError
from engine.reading.layout import Place
from engine.reading.load import clean_file
from engine.reading.reader import read_table
from engine.storage.scratch import scratch_folder
from engine.text.words import normalise, words

MOST, LONGEST = 5_000, 2_000
_DATED = re.compile(
    r"^\s*[\[(]?(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?)[\])]?"
    r"\s*[,;:：\t|]?\s*(.+)$"
)


def read_lines(pasted: str) -> pd.DataFrame:
    """Pasted texts, one per line: columns `time` (null if the line begins without) and `text`."""
    rows: list[tuple[str | None, str]] = []
    for line in itertools.islice(io.StringIO(pasted, newline=None), MOST):
        line = line[: 2 * LONGEST]
        if dated := _DATED.match(line):
            rows.append((re.sub(r"[/.年月]", "-", dated[1]).replace("日", ""), dated[2].strip()))
        elif line.strip():
            rows.append((None, line.strip()))
    frame = pd.DataFrame(rows, columns=["time", "text"])
    frame["time"] = pd.to_datetime(frame["time"], errors="coerce", format="mixed")
    return _bounded(frame)


def read_stream(data: bytes, name: str) -> pd.DataFrame:
    """The texts of a file, in the form of `read_lines`; the file can be any table with texts.

    Raises InputError for a file that cannot be read or has no text.
    """
    if name.lower().endswith(".txt"):
        with scratch_folder() as folder:
            path = folder / "stream"
            path.write_bytes(data)
            raw = read_table(path, name=name, place=Place(lines=MOST))
        return read_lines("\n".join(raw.frame["text"]))
    with scratch_folder() as folder:
        path = folder / Path(name).name
        path.write_bytes(data)
        frame = clean_file("reviews", path, {}, skip_bad_rows=True, most=4 * MOST)
    return _bounded(frame[["time", "text"]])


def unknown_words(texts: pd.Series, learned: frozenset[str]) -> float:
    """The share (0 to 1) of the words in `texts` that are not among those `learned`."""
    all_words = [word for text in texts for word in words(text)]
    return sum(word not in learned for word in all_words) / len(all_words) if all_words else 0.0


def _bounded(frame: pd.DataFrame) -> pd.DataFrame:
    texts = frame["text"].map(lambda text: " ".join(str(text).split())[:LONGEST])
    frame = frame.assign(text=texts)[texts.map(normalise) != ""].head(MOST)
    if frame.empty:
        raise InputError("sentiment.no_texts")
    return frame.reset_index(drop=True)
