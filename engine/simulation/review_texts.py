"""Reviews: what buyers write about aspects of a product, and the stars they give."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from engine.simulation.assortment import SimulatedShop
from engine.simulation.draws import DAYS, START, pick, stamp
from engine.tables.schema import SENTIMENTS

Opinions = Mapping[str, Any]
COLUMNS = ("review_id", "product_id", "user_id", "rating", "text", "sentiment", "time")
LABELLED = 0.5
"""The share of reviews that have a sentiment."""
DISAGREEMENT = 0.08
"""The share of reviews whose stars are independent of the text."""
_SHARES = {"negative": 0.3, "neutral": 0.2, "positive": 0.5}
_STARS = {"negative": (1, 1, 2, 2, 3), "neutral": (2, 3, 3, 3, 4), "positive": (4, 5, 5, 5)}
RATED, DENIED = 0.75, 0.4
"""The share of sentences with a word of praise or blame, and the share of these negated."""
TURNED = 0.15
"""The share of remarks in a frame that makes their sentence mean the opposite."""
PAIRED, PAIRED_NEUTRAL = 0.3, 0.5
"""The share of reviews that weigh praise against blame in one sentence."""
SLIPS = 0.08
"""The share of reviews with a typing mistake."""
_OTHER = {"positive": "negative", "negative": "positive"}
_ALWAYS = ("quality", "price", "delivery", "service")


def review_rows(
    shop: SimulatedShop, users: int, reviews: int, rng: np.random.Generator
) -> Iterator[list[str]]:
    """The rows of `reviews` reviews; better products get more good ones."""
    days = np.sort(rng.random(reviews) * DAYS)
    products = rng.choice(len(shop), size=reviews, p=shop.popularity)
    shares = np.array([_SHARES[sentiment] for sentiment in SENTIMENTS])
    for number, (day, product) in enumerate(zip(days, products, strict=True), start=1):
        lean = np.exp(0.5 * shop.quality[product] * np.array([-1.0, 0.0, 1.0])) * shares
        sentiment = SENTIMENTS[rng.choice(3, p=lean / lean.sum())]
        text = _text(shop, int(product), sentiment, rng)
        basis = pick(SENTIMENTS, rng) if rng.random() < DISAGREEMENT * 1.5 else sentiment
        yield [
            f"R{number:06d}",
            shop.product_id(int(product)),
            f"U{int(rng.random() ** 1.5 * users) + 1:04d}",
            str(pick(_STARS[basis], rng)),
            text,
            sentiment if rng.random() < LABELLED else "",
            stamp(START + np.timedelta64(int(day * 86400), "s").item()),
        ]


def _text(shop: SimulatedShop, product: int, sentiment: str, rng: np.random.Generator) -> str:
    """One to five remarks on aspects, sometimes with a verdict, sarcasm or a typing mistake.

    In some frames, a remark means the opposite of its sentence. A minority of the remarks
    contradicts the sentiment; a neutral review has equally many of both polarities.
    """
    shop_words, leaf = shop.words, shop.words.categories[shop.category[product]]
    opinions = shop_words.opinions
    words = {"noun": pick(leaf.nouns, rng), "brand": shop_words.brands[shop.brand[product]].name}
    if shop_words.language == "en":
        words["noun"] = words["noun"].lower()
    aspects = list(dict.fromkeys([*leaf.aspects, *_ALWAYS]))
    rng.shuffle(aspects)
    remarks = _remarks(opinions, aspects, sentiment, rng)
    if sentiment == "negative" and rng.random() < 0.12:
        remarks[int(rng.integers(len(remarks)))] = pick(opinions["sarcasm"], rng)
    if rng.random() < 0.3:
        remarks.insert(0, pick(opinions["openers"], rng))
    if rng.random() < 0.15:
        remarks.append(pick(opinions["verdicts"][sentiment], rng))
    text = ("" if shop_words.language == "zh" else " ").join(remarks[:5])
    text = text.replace("{noun}", words["noun"]).replace("{brand}", words["brand"])
    return _slip(text, rng) if rng.random() < SLIPS else text


def _remarks(
    opinions: Opinions, aspects: Sequence[str], sentiment: str, rng: np.random.Generator
) -> list[str]:
    """The remarks of a review, each about a different aspect."""
    count = int(rng.integers(1, 3))
    if rng.random() < (PAIRED_NEUTRAL if sentiment == "neutral" else PAIRED):
        return _pair(opinions, aspects, sentiment, rng) + [
            _remark(opinions, aspect, sentiment, rng)
            for aspect in aspects[2 : 1 + count]
            if sentiment != "neutral"
        ]
    polarities = _polarities(sentiment, max(count, 2 if sentiment == "neutral" else 1), rng)
    remarks = [
        _remark(opinions, aspect, polarity, rng)
        for aspect, polarity in zip(aspects, polarities, strict=False)
    ]
    for at in range(1, len(remarks)):
        if polarities[at] != polarities[at - 1] and rng.random() < 0.6:
            turn = pick(opinions["turns"], rng)
            begins = turn.startswith("{") or turn.split("{")[0].endswith(". ")
            remarks[at] = turn.replace("{sentence}", remarks[at] if begins else _small(remarks[at]))
    return remarks


def _remark(opinions: Opinions, aspect: str, polarity: str, rng: np.random.Generator) -> str:
    """A sentence of `polarity`, or one of the other polarity in a frame that reverses it."""
    if rng.random() >= TURNED:
        return _statement(opinions, aspect, polarity, rng)
    frames = [*opinions["turned"]["any"], *opinions["turned"][polarity]]
    return _fill(pick(frames, rng), "", _statement(opinions, aspect, _OTHER[polarity], rng))


def _pair(
    opinions: Opinions, aspects: Sequence[str], sentiment: str, rng: np.random.Generator
) -> list[str]:
    """Praise and blame in one sentence; the review's sentiment is the one that outweighs."""
    if sentiment == "neutral":
        sides = ["positive", "negative"]
        rng.shuffle(sides)
        frame = pick(opinions["paired"]["even"], rng)
    else:
        sides = [_OTHER[sentiment], sentiment]
        frame = pick(opinions["paired"]["outweighed"], rng)
    less, more = (
        _statement(opinions, aspect, side, rng)
        for aspect, side in zip(aspects, sides, strict=False)
    )
    return [_fill(frame, less, more)]


def _statement(opinions: Opinions, aspect: str, polarity: str, rng: np.random.Generator) -> str:
    """A sentence of `polarity` on an aspect: an event, a rating, or a negated rating."""
    if rng.random() >= RATED:
        return str(pick(opinions["aspects"][aspect][polarity], rng))
    rated, denied = opinions["rated"], rng.random() < DENIED
    frame = pick(rated["denied" if denied else "plain"], rng)
    word = pick(rated[_OTHER[polarity] if denied else polarity], rng)
    return str(
        frame.replace("{thing}", pick(opinions["things"][aspect], rng)).replace("{word}", word)
    )


def _fill(frame: str, less: str, more: str) -> str:
    """`frame` with sentences filled in, `{more}` as it is and `{more_said}` inside another."""
    inside = {"less_said": _within(less), "more_said": _within(more)}
    for place, sentence in ({"less": less, "more": more} | inside).items():
        frame = frame.replace(f"{{{place}}}", sentence)
    return frame


def _within(sentence: str) -> str:
    """A sentence as part of another, without a full stop and in lower case."""
    return _small(sentence.rstrip(".。"))


def _small(sentence: str) -> str:
    """A sentence after a comma or colon, in lower case unless it begins with I."""
    keep = sentence.split(" ")[0].split("'")[0] == "I"
    return sentence if keep else sentence[:1].lower() + sentence[1:]


def _slip(text: str, rng: np.random.Generator) -> str:
    """A typing mistake: two letters of a word swapped, or a Chinese character missing."""
    places = [at for at in range(1, len(text) - 1) if text[at].isalpha() and text[at + 1].isalpha()]
    if not places:
        return text
    at = pick(places, rng)
    if text[at].isascii():
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + text[at + 1 :]


def _polarities(sentiment: str, count: int, rng: np.random.Generator) -> list[str]:
    """The polarity of each remark."""
    if sentiment == "neutral":
        first = int(rng.integers(2))
        return [("positive", "negative")[(first + at) % 2] for at in range(2 * (count // 2))]
    against = (count - 1) // 2 if rng.random() < 0.45 else 0
    polarities = [sentiment] * (count - against) + [_OTHER[sentiment]] * against
    rng.shuffle(polarities)
    return polarities
