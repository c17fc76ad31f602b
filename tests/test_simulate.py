"""The simulator and the sample shops that it made."""

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.simulation.assortment import make_shop
from engine.simulation.queries import INTENT_SHARES, Query
from engine.simulation.query_writer import make_queries
from engine.simulation.simulate import simulate
from engine.simulation.word_lists import LANGUAGES, load_words
from engine.tables.schema import CATEGORY_SEPARATOR, EVENTS, SENTIMENTS, TABLES

SMALL = {"products": 300, "searches": 3000, "orders": 400, "reviews": 600}
SAMPLES = Path(__file__).parents[1] / "sample_data"
FILES = ("products.csv", "searches.csv.gz", "orders.csv", "reviews.csv")


def read_shop(folder: Path) -> dict[str, pd.DataFrame]:
    return {
        name.split(".")[0]: pd.read_csv(folder / name, dtype=str, keep_default_na=False)
        for name in FILES
    }


@pytest.fixture(scope="module", params=LANGUAGES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    simulate(folder, **SMALL, language=request.param, seed=5, truth=True)
    return folder


@pytest.mark.parametrize("language", LANGUAGES)
def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(
    tmp_path: Path, language: str
) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        simulate(tmp_path / name, **SMALL, language=language, seed=seed)
    for file in FILES:
        a, b, c = ((tmp_path / name / file).read_bytes() for name in "abc")
        assert a == b
        assert a != c


def test_the_columns_are_those_of_the_schema(made: Path) -> None:
    for name, frame in read_shop(made).items():
        known = set(TABLES[name].columns)
        assert set(TABLES[name].required) <= set(frame.columns)
        assert name == "products" or set(frame.columns) <= known
    assert len(set(read_shop(made)["products"].columns) - set(TABLES["products"].columns)) == 3


def test_the_tables_have_the_size_asked_for_and_name_real_products(made: Path) -> None:
    shop = read_shop(made)
    products = set(shop["products"].product_id)
    assert len(shop["products"]) == len(products) == SMALL["products"]
    assert SMALL["searches"] <= len(shop["searches"]) <= SMALL["searches"] * 1.02
    assert shop["orders"].order_id.nunique() == SMALL["orders"]
    assert shop["orders"].groupby("order_id").size().between(1, 5).all()
    assert len(shop["reviews"]) == SMALL["reviews"]
    for name in ("searches", "orders", "reviews"):
        assert set(shop[name].product_id) - {""} <= products


def test_every_click_follows_an_impression_and_position_matters(made: Path) -> None:
    log = read_shop(made)["searches"]
    assert set(log.event) - {""} == set(EVENTS)
    page = ["session_id", "query", "product_id", "position"]
    shown = set(log[log.event == "impression"][page].itertuples(index=False, name=None))
    acted = set(log[log.event.isin(EVENTS[1:])][page].itertuples(index=False, name=None))
    assert acted <= shown
    ranks = log[log.event != ""].assign(
        rank=lambda rows: rows.position.replace("", "0").astype(int)
    )
    rate = ranks[ranks.event == "click"].groupby("rank").size() / (
        ranks[ranks.event == "impression"].groupby("rank").size()
    )
    assert rate.loc[1:2].mean() > 1.3 * rate.loc[6:8].mean()


def test_a_session_moves_forward_in_time(made: Path) -> None:
    log = read_shop(made)["searches"]
    assert log.groupby("session_id").time.apply(lambda times: times.is_monotonic_increasing).all()
    assert log.groupby("session_id").user_id.nunique().max() == 1


def test_clicks_fall_on_what_the_truth_calls_relevant(made: Path) -> None:
    truth = pd.read_csv(made / "judgments.csv", dtype=str)
    good = set(
        truth[truth.relevance == "3"][["query", "product_id"]].itertuples(index=False, name=None)
    )
    log = read_shop(made)["searches"]

    def share(event: str) -> float:
        rows = log[log.event == event][["query", "product_id"]].itertuples(index=False, name=None)
        return float(np.mean([row in good for row in rows]))

    assert share("click") > 0.6
    assert share("click") > share("impression") + 0.2


def test_intents_are_labelled_for_half_and_mostly_right(made: Path) -> None:
    language = made.name[:2]
    shop = make_shop(load_words(language), 300, np.random.default_rng(1))
    queries = make_queries(shop, 400, np.random.default_rng(2))
    assert {query.intent for query in queries} == set(INTENT_SHARES)
    assert len({query.text for query in queries}) == len(queries)
    log = read_shop(made)["searches"].drop_duplicates(["session_id", "time", "query"])
    assert set(log.intent) - {""} == set(INTENT_SHARES)
    assert 0.4 < (log.intent != "").mean() < 0.6
    labels = log[log.intent != ""].groupby("query").intent.nunique()
    assert (labels == 1).mean() > 0.85


def test_the_sale_brings_deal_searches(tmp_path: Path) -> None:
    simulate(tmp_path, products=300, searches=20000, orders=1, reviews=1, seed=3)
    log = read_shop(tmp_path)["searches"].drop_duplicates(["session_id", "time", "query"])
    labelled = log[log.intent != ""]
    sale = labelled.time.str[:10].between("2025-11-09", "2025-11-13")
    deals = labelled.intent == "deal"
    assert deals[sale].mean() > 1.5 * deals[~sale].mean()
    per_day = log.groupby(log.time.str[:10]).size()
    assert per_day.idxmax() in {f"2025-11-{day:02d}" for day in range(9, 14)}


def test_baskets_hold_complements(made: Path) -> None:
    shop = read_shop(made)
    lexicon = load_words(made.name[:2])
    paths = [leaf.path for leaf in lexicon.categories]
    leaf_of = shop["products"].set_index("product_id").category.map(paths.index)
    hits = pairs = expected = 0.0
    for _, basket in shop["orders"].groupby("order_id").product_id:
        leaves = leaf_of[basket].tolist()
        for first, second in pairwise(leaves):
            linked = set(lexicon.categories[first].complements) | {first}
            pairs += 1
            hits += second in linked
            expected += len(linked) / len(paths)
    assert hits / pairs > 1.8 * expected / pairs


def test_stars_mostly_follow_the_text(made: Path) -> None:
    reviews = read_shop(made)["reviews"]
    assert 0.4 < (reviews.sentiment != "").mean() < 0.6
    assert set(reviews.sentiment) - {""} == set(SENTIMENTS)
    stars = reviews.rating.astype(int)
    wrong = ((reviews.sentiment == "positive") & (stars <= 2)) | (
        (reviews.sentiment == "negative") & (stars >= 4)
    )
    assert 0 < wrong.sum() < 0.15 * (reviews.sentiment != "").sum()


def test_words_of_praise_stand_in_bad_reviews_too_and_the_other_way_round(made: Path) -> None:
    """A denial, a frame or a turn decides, so that counting words is not enough."""
    rated = load_words(made.name[:2]).opinions["rated"]
    reviews = read_shop(made)["reviews"]
    known = reviews[reviews.sentiment.isin(["positive", "negative"])]
    for side in ("positive", "negative"):
        pattern = "|".join(re.escape(word) for word in rated[side] if len(word) > 1)
        here = known[known.text.str.contains(pattern)]
        assert len(here) > 50
        assert 0.15 < (here.sentiment != side).mean() < 0.7
    assert reviews.text.nunique() > 0.97 * len(reviews)
    assert not reviews.text.str.contains("[{}]", regex=True).any()


def test_every_frame_has_its_places() -> None:
    for language in LANGUAGES:
        opinions = load_words(language).opinions
        for frames in opinions["turned"].values():
            assert all("{more" in frame and "{less" not in frame for frame in frames)
        for frames in opinions["paired"].values():
            assert all("{more" in frame and "{less" in frame for frame in frames)


def test_grades_follow_category_needs_and_price() -> None:
    shop = make_shop(load_words("en"), 200, np.random.default_rng(1))
    leaf = int(shop.category[0])
    style = int(shop.style[0])
    numbers = np.arange(len(shop))
    query = Query("q", "deal", (leaf,), (("style", (style,)),), price=float(shop.price[0]))
    grades = query.grades(shop, numbers)
    here, fits = shop.category == leaf, shop.style == style
    cheap = shop.price <= shop.price[0]
    assert (grades[here & fits & cheap] == 3).all()
    assert (grades[here & fits & ~cheap] == 2).all()
    assert (grades[here & ~fits] == 1).all()
    assert (grades[~here] == 0).all()


def test_wrong_arguments_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no sample shop in 'fr'"):
        simulate(tmp_path, language="fr")
    with pytest.raises(ValueError, match="at least one"):
        simulate(tmp_path, products=0)


def test_both_lexicons_fill_every_template() -> None:
    for language in LANGUAGES:
        lexicon = load_words(language)
        assert set(lexicon.queries) == set(INTENT_SHARES)
        assert len({leaf.path for leaf in lexicon.categories}) >= 12
        assert all(leaf.path.count(CATEGORY_SEPARATOR) == 1 for leaf in lexicon.categories)
        for leaf in lexicon.categories:
            assert set(leaf.aspects) <= set(lexicon.opinions["aspects"])
            assert {brand.top for brand in lexicon.brands} >= {leaf.top}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sample_shop_is_complete_and_small(language: str) -> None:
    shop = read_shop(SAMPLES / language)
    assert len(shop["products"]) == 1500
    assert shop["products"].category.nunique() >= 12
    assert len(shop["searches"]) >= 20000
    assert shop["orders"].order_id.nunique() == 4000
    assert len(shop["reviews"]) == 5000
    assert 1700 <= shop["searches"]["query"].nunique() <= 2300
    chinese = shop["products"].title.map(lambda title: bool(re.search("[\u4e00-\u9fff]", title)))
    assert chinese.mean() == (1.0 if language == "zh" else 0.0)
    size = sum(len(frame.to_csv(index=False).encode()) for frame in shop.values())
    assert size < 7.5e6


def test_nicknames_stand_in_no_title_but_in_many_queries() -> None:
    for language in LANGUAGES:
        lexicon = load_words(language)
        slang = {word for leaf in lexicon.categories for word in leaf.slang}
        shop = read_shop(SAMPLES / language)
        text = " ".join(shop["products"].title + " " + shop["products"].description).lower()
        queries = shop["searches"]["query"].drop_duplicates()
        for word in slang:
            assert word not in text
            assert queries.str.contains(word, regex=False).sum() >= 5
