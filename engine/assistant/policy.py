"""The shop's policy text: its passages, and the one that answers a question, or none."""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from engine.assistant.understanding import cues, language_of, pattern_of
from engine.claims.facts import sentences
from engine.models.vector_cache import VectorCache
from engine.text.words import STOPWORDS, words

# A longer paragraph is cut at sentence ends.
LONGEST = 420
# A passage is said from this score on; without a topic, from such a share of the question's words.
SURE, COVERED = 0.38, 0.5
# Another passage beside the best one must be nearly as good.
BESIDE = 0.85
_HEADING = re.compile(r"\s*#{1,6}\s(.*)$")
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)、])\s+")


@dataclass(frozen=True)
class Passage:
    """A paragraph or list item as it stands in the text, from `line` on, below its headings."""

    line: int
    heading: str
    text: str


@dataclass(frozen=True)
class Hit:
    """A passage, how well it answers (0 to 1), and whether that is enough to say it."""

    passage: Passage
    score: float
    sure: bool


class Policy:
    """The passages of a policy text, to be asked in the language that it is written in."""

    def __init__(self, text: str, language: str, vectors: VectorCache) -> None:
        self.text = text
        self.passages = split_passages(text)
        self.language = language_of(text, language)
        texts = [f"{one.heading}. {one.text}" for one in self.passages]
        self._topics = [topics_of(one, self.language) for one in texts]
        self._headed = [topics_of(one.heading, self.language) for one in self.passages]
        self._words = [Counter(_telling(one)) for one in texts]
        spread = Counter(word for some in self._words for word in some)
        self._idf = {word: np.log(1 + len(texts) / n) for word, n in spread.items()}
        self._unknown = float(np.log(1 + 2 * max(len(texts), 1)))
        self._vectors = vectors
        self._passage_vectors = (
            vectors.of(texts, "passage") if texts else np.empty((0, 1), dtype=np.float32)
        )

    def find(self, question: str, most: int = 2) -> list[Hit]:
        """The passages that answer a question best, the best first."""
        if not self.passages:
            return []
        topics = topics_of(question, self.language)
        weak = set(cues("weak", self.language)["topics"])
        narrow = topics & set(cues("narrow", self.language)["topics"])
        vector = self._vectors.of([question])[0]
        similar = self._passage_vectors @ vector
        spread = float(similar.std()) or 1.0
        standing = (similar - float(similar.mean())) / spread
        telling = _telling(question)
        total = sum(self._idf.get(word, self._unknown) for word in set(telling)) or 1.0
        hits = []
        for place, passage in enumerate(self.passages):
            shared = sum(self._idf[word] for word in set(telling) if word in self._words[place])
            covered = shared / total
            topic = len(topics & self._topics[place]) / max(len(topics), 1)
            headed = len(topics & self._headed[place]) / max(len(topics), 1)
            score = (
                0.34 * topic
                + 0.12 * headed
                + 0.24 * covered
                + 0.30 * float(np.clip(standing[place] / 3, 0, 1))
            )
            # A topic that the text never mentions is not answered by what sounds alike, and a
            # narrow one ("students") not by a passage on the wider one.
            strong = topics - weak
            sure = bool(strong & self._topics[place]) if strong else covered >= COVERED
            sure = sure and narrow <= self._topics[place]
            hits.append(Hit(passage, score, sure and score >= SURE))
        hits.sort(key=lambda hit: -hit.score)
        return [hit for hit in hits[:most] if hit.score >= BESIDE * hits[0].score]


def split_passages(text: str) -> list[Passage]:
    """The passages of a Markdown or plain text; headings stand above what follows them."""
    passages: list[Passage] = []
    headings: list[tuple[int, str]] = []
    block: list[str] = []
    started = 0

    def close() -> None:
        if block:
            heading = " › ".join(title for _, title in headings)
            passages.extend(Passage(started, heading, part) for part in _parts(" ".join(block)))
            block.clear()

    for number, line in enumerate(text.splitlines(), start=1):
        if match := _HEADING.match(line):
            close()
            level = len(line.strip()) - len(line.strip().lstrip("#"))
            title = match[1].strip().rstrip("#").rstrip()
            headings = [one for one in headings if one[0] < level] + [(level, title)]
            continue
        if not line.strip() or _BULLET.match(line):
            close()
        if line.strip():
            if not block:
                started = number
            block.append(_BULLET.sub("", line).strip())
    close()
    return passages


def topics_of(text: str, language: str) -> set[str]:
    """The topics of service that a text mentions."""
    return {
        topic
        for topic, listed in cues("topic", language).items()
        if pattern_of(tuple(listed)).search(text)
    }


def _parts(text: str) -> list[str]:
    if len(text) <= LONGEST:
        return [text]
    parts: list[str] = []
    for sentence in sentences(text):
        if parts and len(parts[-1]) + len(sentence) < LONGEST:
            joiner = " " if sentence.isascii() or parts[-1][-1:].isascii() else ""
            parts[-1] = f"{parts[-1]}{joiner}{sentence}"
        else:
            parts.append(sentence)
    return parts


def _telling(text: str) -> list[str]:
    return [word for word in words(text) if word not in STOPWORDS and len(word) > 1]
