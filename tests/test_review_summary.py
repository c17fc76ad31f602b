"""What reviews agree on: shared sentences first, each traced to its review."""

import pandas as pd
import pytest

from engine.claims import ClaimChecker
from engine.claims.summary import opinions
from engine.tables.schema import REVIEWS
from engine.tables.tables import Tables


def shop(*reviews: tuple[str, float | None, str | None, str]) -> Tables:
    columns = ["review_id", "rating", "sentiment", "text"]
    frame = pd.DataFrame(reviews, columns=columns).assign(product_id="1")
    return Tables({"reviews": frame.reindex(columns=REVIEWS.columns)})


ENGLISH = shop(
    ("a", 5, None, "The battery lasts for days. Came in a blue box."),
    ("b", 4, None, "Battery lasts days, great. My dog likes it."),
    ("c", 5, None, "Such a long battery, lasts for days!"),
    ("d", 1, None, "The strap broke at once. Nobody answers my mail."),
    ("e", 2, None, "The strap broke after a week."),
    ("f", 3, None, "The strap broke, the battery lasts for days."),
)


def test_what_most_reviews_say_comes_first() -> None:
    found = opinions(ENGLISH, "1", most=1)
    assert [(opinion.polarity, opinion.reviews) for opinion in found] == [
        ("praise", 3),
        ("complaint", 2),
    ]
    assert "battery" in found[0].fact.value.lower()
    assert found[0].fact.source in {"review:a", "review:b", "review:c"}
    assert "strap" in found[1].fact.value


def test_no_two_sentences_say_the_same() -> None:
    texts = [opinion.fact.value for opinion in opinions(ENGLISH, "1", most=3)]
    assert sum("battery" in text.lower() for text in texts) == 1
    assert sum("strap" in text for text in texts) == 1
    assert len(texts) == 5


def test_the_label_outweighs_the_stars() -> None:
    found = opinions(shop(("a", 5, "negative", "It never worked at all.")), "1")
    assert [opinion.polarity for opinion in found] == ["complaint"]


def test_chinese_reviews_are_cut_into_words() -> None:
    tables = shop(
        ("a", 5, None, "续航很长，用三天没问题。"),
        ("b", 5, None, "续航真的很长！盒子好看。"),
        ("c", 1, None, "表带一周就断了。"),
    )
    found = opinions(tables, "1", most=1)
    assert [(o.polarity, o.reviews) for o in found] == [("praise", 2), ("complaint", 1)]


@pytest.mark.parametrize("product", ["1", "unknown"])
def test_nothing_to_say_gives_nothing(product: str) -> None:
    assert opinions(shop(("a", 3, None, "So so."), ("b", 5, None, "!!!")), product) == []


def test_claims_about_reviews_are_traced_to_them() -> None:
    check = ClaimChecker.from_tables(ENGLISH)
    facts = [opinion.fact for opinion in opinions(ENGLISH, "1")]
    (box,) = check.claims("It comes in a blue box.", facts)
    assert box.fact is not None and box.fact.source == "review:a"
    assert not check.supported("The strap broke after 2 weeks.", facts)
