"""Reviews: what buyers say about the aspects of a product, and the stars they give."""

from collections.abc import Iterator

import numpy as np

from engine.data.schema import SENTIMENTS
from engine.data.simulation.draws import DAYS, START, pick, stamp
from engine.data.simulation.shop import Shop

COLUMNS = ("review_id", "product_id", "user_id", "rating", "text", "sentiment", "time")
LABELLED = 0.3
"""The share of reviews whose sentiment is filled in."""
DISAGREEMENT = 0.08
"""The share of reviews whose stars do not follow from the text."""
_SHARES = {"negative": 0.3, "neutral": 0.2, "positive": 0.5}
_STARS = {"negative": (1, 1, 2, 2, 3), "neutral": (2, 3, 3, 3, 4), "positive": (4, 5, 5, 5)}
_ALWAYS = ("quality", "price", "delivery", "service")


def review_rows(
    shop: Shop, users: int, reviews: int, rng: np.random.Generator
) -> Iterator[list[str]]:
    """The lines of `reviews` reviews; better products get more good ones."""
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


def _text(shop: Shop, product: int, sentiment: str, rng: np.random.Generator) -> str:
    """Two to five sentences: statements on aspects, now and then a verdict or sarcasm.

    A minority of the statements goes against the whole; a neutral review has as many of each.
    """
    opinions, leaf = shop.lexicon.opinions, shop.lexicon.categories[shop.category[product]]
    words = {"noun": pick(leaf.nouns, rng), "brand": shop.lexicon.brands[shop.brand[product]].name}
    if shop.lexicon.language == "en":
        words["noun"] = words["noun"].lower()
    aspects = list(dict.fromkeys([*leaf.aspects, *_ALWAYS]))
    rng.shuffle(aspects)
    count = int(rng.integers(2, 5))
    polarities = _polarities(sentiment, count, rng)
    sentences = [
        pick(opinions["aspects"][aspect][polarity], rng)
        for aspect, polarity in zip(aspects, polarities, strict=False)
    ]
    for at in range(1, len(sentences)):
        if polarities[at] != polarities[at - 1] and rng.random() < 0.6:
            sentences[at] = pick(opinions["turns"], rng).format(sentence=sentences[at])
    if sentiment == "negative" and rng.random() < 0.25:
        sentences[int(rng.integers(len(sentences)))] = pick(opinions["sarcasm"], rng)
    if rng.random() < 0.35:
        sentences.insert(0, pick(opinions["openers"], rng))
    if rng.random() < 0.5:
        sentences.append(pick(opinions["verdicts"][sentiment], rng))
    joiner = "" if shop.lexicon.language == "zh" else " "
    return joiner.join(sentence.format(**words) for sentence in sentences[:5])


def _polarities(sentiment: str, count: int, rng: np.random.Generator) -> list[str]:
    """The polarity of each statement."""
    if sentiment == "neutral":
        first = int(rng.integers(2))
        return [("positive", "negative")[(first + at) % 2] for at in range(count)]
    other = "negative" if sentiment == "positive" else "positive"
    against = (count - 1) // 2 if rng.random() < 0.45 else 0
    polarities = [sentiment] * (count - against) + [other] * against
    rng.shuffle(polarities)
    return polarities
