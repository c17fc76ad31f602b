"""What reviews say without a model: aspects, words, trends, trust, quotes, streams."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.errors import InputError
from engine.messages import LANGUAGES, engine_catalog
from engine.reviews.aspects import (
    Aspects,
    clauses,
    find_mentions,
    keep_aspects,
    read_aspects,
    seed_aspects,
    seed_terms,
)
from engine.reviews.keyphrases import keyphrases, new_terms
from engine.reviews.quotes import best_quotes, count_aspects, verdicts
from engine.reviews.sentiment_lexicon import lexicon_probabilities, score_words
from engine.reviews.stream import read_lines, read_stream, unknown_words
from engine.reviews.trends import count_periods, find_alerts, find_changes, usual_period
from engine.reviews.trust import prior_strength, score_products, star_moods
from engine.storage.workspace import Workspace


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("I love it, excellent quality", 1),
        ("This is not good at all", -1),
        ("It doesn't break and never fails", 1),
        ("terrible, broken and useless", -1),
        ("It arrived on Tuesday.", 0),
        ("质量很好，非常喜欢", 1),
        ("不好用，太失望了", -1),
        ("不错，推荐", 1),
        ("一点也不满意", -1),
        ("昨天收到的", 0),
    ],
)
def test_words_are_counted_and_turned_by_negation(text: str, sign: int) -> None:
    assert np.sign(score_words(text)) == sign


def test_where_words_do_not_decide_the_most_frequent_sentiment_does() -> None:
    texts = ["great", "awful", "on Tuesday"]
    two = lexicon_probabilities(texts, ["negative", "positive"], [0.3, 0.7])
    assert two.argmax(axis=1).tolist() == [1, 0, 1]
    three = lexicon_probabilities(texts, ["negative", "neutral", "positive"], [0.3, 0.1, 0.6])
    assert three.argmax(axis=1).tolist() == [2, 0, 1]
    np.testing.assert_allclose(three.sum(axis=1), 1.0)


def test_a_text_is_cut_where_it_turns() -> None:
    assert clauses("The battery is great, but the screen broke. Wow!") == [
        "The battery is great",
        "but the screen broke",
        "Wow",
    ]
    assert clauses("质量很好，但是物流太慢了。") == ["质量很好", "但是物流太慢了"]
    assert clauses("") == []
    assert clauses("...!?") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The batteries last long, but the screen is dim.", {"battery", "durability", "screen"}),
        ("电池很耐用，不过快递太慢", {"battery", "durability", "delivery"}),
        ("I like it", set()),
        ("The Dutch prince", set()),
    ],
)
def test_aspects_are_found_by_their_words(text: str, expected: set[str]) -> None:
    assert {mention.aspect for mention in find_mentions(text, seed_aspects())} == expected


def test_each_aspect_is_read_in_its_own_clause() -> None:
    found = find_mentions("Great price but the box was crushed", seed_aspects())
    by_aspect = {mention.aspect: mention.clause for mention in found}
    assert by_aspect["price"] == "Great price"
    assert "crushed" in by_aspect["packaging"]


def test_hostile_texts_are_only_text() -> None:
    for text in ("<script>alert(1)</script>", "=cmd|'/c calc'!A0", "size" * 30_000, "((((" * 999):
        assert len(find_mentions(text, seed_aspects())) < 10
        assert np.isfinite(score_words(text[:5000]))
    odd = Aspects({"(": ["(a+)+$", "c++", ""], "empty": []})
    assert find_mentions("Plain (code) +++", odd) == []


def test_every_seed_aspect_has_a_name_in_both_languages() -> None:
    for language in LANGUAGES:
        texts = engine_catalog().texts[language]
        assert all(f"sentiment.aspects.{name}" in texts for name in seed_terms())


def test_a_workspace_keeps_its_own_aspects(home: Path) -> None:
    workspace = Workspace.create("shop")
    assert read_aspects(workspace) == seed_terms()
    kept = keep_aspects(workspace, {"zip": [" zipper ", "zipper", ""], " ": ["x"], "none": []})
    assert kept == {"zip": ["zipper"]}
    assert read_aspects(workspace) == kept
    found = find_mentions("The zippers jam", Aspects(kept))
    assert [mention.aspect for mention in found] == ["zip"]


def series(shares: list[float], per_period: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "n": np.full(len(shares), float(per_period)),
            "hits": rng.binomial(per_period, shares).astype(float),
        },
        index=pd.date_range("2025-01-05", periods=len(shares), freq="W"),
    )


def test_a_lasting_change_is_found_where_it_is() -> None:
    counts = series([0.2] * 12 + [0.5] * 12)
    changes = find_changes(counts)
    assert len(changes) == 1
    assert abs((changes[0].when - counts.index[12]).days) <= 7
    assert changes[0].before < 0.3 < 0.4 < changes[0].after


def test_chance_is_no_change_and_no_alert() -> None:
    rng = np.random.default_rng(0)
    false_changes = false_alerts = 0
    for _ in range(60):
        counts = pd.DataFrame(
            {"n": np.full(30, 30.0), "hits": rng.binomial(30, 0.25, 30).astype(float)},
            index=pd.date_range("2025-01-05", periods=30, freq="W"),
        )
        false_changes += bool(find_changes(counts))
        false_alerts += bool(find_alerts(counts))
    assert false_changes <= 6
    assert false_alerts <= 4


def test_one_bad_week_is_an_alert_and_thin_weeks_are_none() -> None:
    counts = series([0.15] * 20)
    counts.loc[counts.index[7], "hits"] = 24.0
    assert [alert.when for alert in find_alerts(counts)] == [counts.index[7]]
    counts.loc[counts.index[7], ["n", "hits"]] = [3.0, 3.0]
    assert find_alerts(counts) == []


def test_periods_without_texts_are_there_and_texts_without_time_are_not() -> None:
    times = pd.Series(["2025-03-03", "2025-03-04", "2025-03-20", None, "never"])
    counts = count_periods(times, pd.Series([True, False, True, True, True]), "week")
    assert counts["n"].tolist() == [2, 0, 1]
    assert counts["hits"].tolist() == [1, 0, 1]
    assert find_changes(counts) == []
    assert count_periods(pd.Series([None]), pd.Series([True]), "day").empty
    assert usual_period(times) == "day"
    assert usual_period(pd.Series(["2024-01-01", "2025-03-01"])) == "week"


def test_few_reviews_stay_near_the_shops_mean() -> None:
    products = pd.Series(["many"] * 60 + ["one"] + ["bad"] * 60)
    stars = pd.Series([5.0] * 61 + [1.0] * 20 + [3.0] * 40)
    found = score_products(products, star_moods(stars), star_moods(stars))
    mean = float(star_moods(stars).mean())
    assert found.index[0] == "many"
    assert found.loc["bad", "trust"] < mean < found.loc["one", "trust"] < found.loc["many", "trust"]
    widths = found["high"] - found["low"]
    assert widths["one"] > widths["many"]
    assert ((found["low"] < found["trust"]) & (found["trust"] < found["high"])).all()
    assert score_products(pd.Series([None]), pd.Series([1.0]), pd.Series([1.0])).empty


def test_the_prior_is_strong_where_products_are_alike() -> None:
    rng = np.random.default_rng(1)
    products = pd.Series(np.repeat(np.arange(50), 20))
    alike = pd.Series(rng.binomial(1, 0.6, 1000).astype(float))
    unlike = pd.Series(rng.binomial(1, rng.beta(0.5, 0.5, 50)[products]).astype(float))
    assert prior_strength(alike, products) > 5 * prior_strength(unlike, products)


def test_text_and_stars_that_disagree_meet_in_the_middle() -> None:
    products = pd.Series(["a"] * 30 + ["b"] * 30 + ["c"] * 30)
    texts = pd.Series([1.0] * 30 + [0.0] * 30 + [1.0] * 30)
    stars = pd.Series([1.0] * 60 + [0.0] * 30)
    trust = score_products(products, texts, stars)["trust"]
    assert trust["a"] > trust["b"] == pytest.approx(trust["c"])


def test_keyphrases_tell_two_groups_apart() -> None:
    bad = ["the battery drains overnight"] * 5 + ["battery drains in an hour"] * 4
    good = ["the screen is bright"] * 9
    assert "battery drains" in keyphrases(bad, good)["phrase"].tolist()
    assert "battery" not in keyphrases(good, bad)["phrase"].tolist()
    both = ["电池很好"] * 3
    chinese = keyphrases(["屏幕碎了"] * 6 + both, ["包装很好"] * 6 + both)
    assert chinese["phrase"].tolist() == ["屏幕"]
    assert keyphrases([], ["a"]).empty


def test_new_terms_are_those_no_aspect_names() -> None:
    texts = ["The zipper jams and the price is good"] * 6
    found = new_terms(texts, seed_aspects())["phrase"].tolist()
    assert "zipper" in found
    assert "price" not in found
    assert "good" not in found


def test_quotes_are_sure_and_of_different_reviews() -> None:
    mentions = pd.DataFrame(
        [
            (0, "price", "price", "great price", "positive", 0.9),
            (0, "price", "cost", "low cost", "positive", 0.8),
            (1, "price", "price", "fair price indeed", "positive", 0.95),
            (2, "price", "price", "price too high", "negative", 0.7),
            (3, "size", "size", "wrong size", "negative", 0.99),
        ],
        columns=["row", "aspect", "term", "clause", "sentiment", "confidence"],
    )
    counts = count_aspects(mentions)
    assert counts.loc["price", ["positive", "negative", "mentions"]].tolist() == [2, 1, 3]
    quotes = best_quotes(mentions, "price", "positive")
    assert quotes["clause"].tolist() == ["fair price indeed", "great price"]
    assert verdicts(counts, fewest=3)["good"].tolist() == [pytest.approx(2 / 3)]
    assert verdicts(counts, fewest=4).empty


def test_pasted_lines_bring_their_times() -> None:
    found = read_lines("2025-03-01, shares fall\n\n2025年3月2日 股价上涨\nno time here")
    assert found["text"].tolist() == ["shares fall", "股价上涨", "no time here"]
    assert found["time"].dt.day.tolist()[:2] == [1, 2]
    assert pd.isna(found["time"][2])
    with pytest.raises(InputError):
        read_lines(" \n ")


def test_a_file_of_posts_is_a_stream() -> None:
    data = b"date,post,text\n2025-01-02,1,Shares fall\n2025-01-03,2,Shares rise\n"
    found = read_stream(data, "../../news.csv")
    assert found["text"].tolist() == ["Shares fall", "Shares rise"]
    assert found["time"].dt.day.tolist() == [2, 3]
    assert read_stream(b"one\ntwo\n", "a.txt")["text"].tolist() == ["one", "two"]


def test_words_that_were_never_learned_are_counted() -> None:
    learned = frozenset({"good", "mug"})
    assert unknown_words(pd.Series(["good mug", "Good shares"]), learned) == pytest.approx(0.25)
    assert unknown_words(pd.Series([], dtype=str), learned) == 0.0
