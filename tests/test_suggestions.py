"""Suggestions while typing: what is found, why, and what is never told."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.retrieval.past_queries import past_queries
from engine.retrieval.pinyin import has_chinese, spells, units
from engine.retrieval.prefixes import Prefixes
from engine.retrieval.query_suggestions import (
    KINDS,
    Suggester,
    Suggestion,
    key_of,
    shop_suggester,
    word_starts,
)
from engine.retrieval.spelling import allowed, mistakes
from engine.tables.schema import TABLES
from engine.tables.tables import Tables
from engine.text.private import is_private

PRODUCTS = [
    ("Nimbus Rain Jacket, navy", "Clothing > Rain Jackets", "Nimbus"),
    ("Nimbus Fleece Jacket", "Clothing > Jackets", "Nimbus"),
    ("Brasserel Tea Mug", "Kitchen > Mugs", "Brasserel"),
    ("华为手机壳 防摔", "数码 > 手机壳", "华为"),
    ("马克杯 大容量", "杯具 > 马克杯", "暖屿"),
]
QUERIES = {
    "rain jacket under 50": 6,
    "jacket sale": 4,
    "tea mug": 3,
    "手机壳透明": 5,
    "only mine": 2,
}


def log_of(counts: dict[str, int], *, clicks: bool = True) -> pd.DataFrame:
    rows = [
        {
            "query": query, "session_id": f"S{query}{n}", "user_id": f"U{query}{n}",
            "event": event, "product_id": "P0",
        }
        for query, count in counts.items()
        for n in range(count)
        for event in (("impression", "click") if clicks else ("impression",))
    ]  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=TABLES["searches"].columns)


def shop(searches: pd.DataFrame) -> Tables:
    products = pd.DataFrame(PRODUCTS, columns=["title", "category", "brand"])
    products["product_id"] = [f"P{n}" for n in range(len(products))]
    return Tables(
        {"products": products.reindex(columns=TABLES["products"].columns), "searches": searches}
    )


@pytest.fixture(scope="module")
def suggester() -> Suggester:
    return shop_suggester(shop(log_of(QUERIES)))


def texts(found: list[Suggestion], match: str = "") -> list[str]:
    return [one.text for one in found if not match or one.match == match]


def test_a_beginning_is_found_at_the_start_and_at_later_words(suggester) -> None:
    found = suggester.suggest("ja")
    assert texts(found, "start") == ["jacket sale", "Jackets"]
    assert {"rain jacket under 50", "Rain Jackets"} <= set(texts(found, "word"))
    assert {one.match for one in suggester.suggest("acket")} == {"typo"}


def test_each_suggestion_says_what_it_is_and_leads_to(suggester) -> None:
    found = {one.text: one for one in suggester.suggest("rain j")}
    query = found["rain jacket under 50"]
    assert (query.kind, query.searches, query.products) == ("query", 6, 1)
    assert (found["Rain Jackets"].kind, found["Rain Jackets"].products) == ("category", 1)
    nimbus = suggester.suggest("nim")[0]
    assert (nimbus.kind, nimbus.products) == ("brand", 2)


def test_before_typing_the_most_useful_queries_come_first(suggester) -> None:
    popular = suggester.suggest("")
    assert texts(popular)[:3] == ["rain jacket under 50", "手机壳透明", "jacket sale"]
    assert {one.kind for one in popular} == {"query", "category"}
    assert {one.match for one in popular} == {"popular"}


@pytest.mark.parametrize(
    "typed", ["shouji", "sj", "shouj", "手ji", "手j", "sjk", "shoujike", "首级"]
)
def test_chinese_is_found_by_sound(suggester, typed) -> None:
    found = suggester.suggest(typed)
    assert {"手机壳透明", "手机壳"} <= set(texts(found, "sound"))


def test_what_begins_with_the_sound_comes_first() -> None:
    entries = [Suggestion("翻来覆去睡不着", "query", 9, 9), Suggestion("水杯学生价", "query", 1, 1)]
    assert texts(Suggester(entries).suggest("shuib"))[0] == "水杯学生价"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("jaket", "jacket sale"), ("rian jacket", "rain jacket under 50"),
        ("brasserle", "Brasserel"), ("tea mgu s", ""), ("马克背", "马克杯"),
        ("手机可透", "手机壳透明"),
    ],
)  # fmt: skip
def test_a_typing_mistake_is_forgiven(suggester, typed, meant) -> None:
    found = suggester.suggest(typed)
    assert (meant in texts(found)) if meant else not found


def test_a_category_that_is_searched_for_too_is_shown_once_with_both_counts() -> None:
    found = shop_suggester(shop(log_of({"jackets": 4}))).suggest("jackets")
    assert [(one.kind, one.searches, one.products) for one in found[:1]] == [("category", 4, 1)]
    assert texts(found).count("Jackets") == 1 and "jackets" not in texts(found)


def test_a_query_that_leads_to_clicks_comes_before_one_that_does_not() -> None:
    searches = pd.concat(
        [log_of({"blue mug": 5}), log_of({"blue pot": 6}, clicks=False)], ignore_index=True
    )
    assert texts(shop_suggester(shop(searches)).suggest("blue")) == ["blue mug", "blue pot"]


def test_a_shop_without_a_log_suggests_from_its_catalog() -> None:
    alone = Tables({"products": shop(log_of({})).products.astype({"title": "str"})})
    assert texts(shop_suggester(alone).suggest("rain")) == ["Rain Jackets", PRODUCTS[0][0]]
    assert shop_suggester(Tables({})).suggest("") == []


# What must never be told to others.


def test_what_fewer_than_three_people_typed_is_never_suggested(suggester) -> None:
    for typed in ("", "o", "only", "only mine", "mine", "onyl mine"):
        assert "only mine" not in texts(suggester.suggest(typed, most=50))


@pytest.mark.parametrize(
    "query",
    ["jane.doe@example.com", "call 0171 555 1234", "+86 138-1234-5678", "13812345678",
     "www.me.org/a", "ｊane＠example.com", "(020) 7946 0958 please"],
)  # fmt: skip
def test_addresses_and_numbers_are_private_however_many_typed_them(query) -> None:
    assert is_private(query)
    found = shop_suggester(shop(log_of({query: 50})))
    assert not [one for one in found.entries if one.kind == "query"]


@pytest.mark.parametrize(
    "query", ["iphone 15 pro", "usb-c 100w 2 m", "50元以内的杯子", "nike air max 90"]
)
def test_ordinary_numbers_are_not_private(query) -> None:
    assert not is_private(query)


def test_one_person_in_many_sessions_is_one_person() -> None:
    searches = log_of({"my own words": 9}).assign(user_id="U1")
    assert past_queries(shop(searches)).empty


def test_one_session_of_many_names_is_one_session() -> None:
    searches = log_of({"my own words": 9}).assign(session_id="S1")
    assert past_queries(shop(searches)).empty


def test_rows_that_name_nobody_are_one_person() -> None:
    searches = log_of({"my own words": 9}).assign(session_id=None, user_id=None)
    assert past_queries(shop(searches)).empty


def test_sessions_without_users_are_people() -> None:
    searches = log_of({"tea mug": 3}).assign(user_id=None)
    assert past_queries(shop(searches))["query"].tolist() == ["tea mug"]


# What holds for any input.

TYPED = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="abcdefghijkmnorstu 手机壳马克杯'’-\n,", max_size=12),
    st.sampled_from(
        ["rain jaket", "shouji", "s j", "Nimbus!", "\x00", "İ", "ﬁ", "\ud800", "手" * 300]
    ),
)


def by_its_kind(typed: str, one: Suggestion) -> bool:
    """Whether a suggestion matches in the way that it says."""
    key, text = key_of(typed[:100]), key_of(one.text)
    tails = [text[start:] for start in word_starts(text)]
    if one.match == "popular":
        return not typed.strip()
    if one.match == "start":
        return text.startswith(key)
    if one.match == "word":
        return any(tail.startswith(key) for tail in tails[1:])
    if one.match == "sound":
        named, starts = units(text)
        signs = key.replace(" ", "")
        return any(_spelled(signs, named[start:]) for start in starts)
    words = key.split()
    if not key.isascii():
        return any(mistakes(key, tail[: len(key)]) == 1 for tail in tails)
    return any(_mended(words, tail.split()[: len(words)]) for tail in tails)


def _spelled(signs: str, named: list) -> bool:
    if has_chinese(signs) and all(map(has_chinese, signs)):
        heard, _ = units(signs)
        return spells([unit.sound for unit in heard], named) or signs[0] != heard[0].sound
    if not signs or not named:
        return not signs
    return any(
        spells([signs[:end]], named[:1]) and _spelled(signs[end:], named[1:])
        for end in range(1, len(signs) + 1)
    )


def _mended(words: list[str], meant: list[str]) -> bool:
    if len(words) != len(meant):
        return False
    last, most = meant[-1], allowed(words[-1])
    lengths = range(len(words[-1]) - most, len(words[-1]) + most + 1)
    return all(
        mistakes(a, b) <= allowed(a) for a, b in zip(words[:-1], meant[:-1], strict=True)
    ) and any(mistakes(words[-1], last[:length]) <= most for length in lengths)


@given(TYPED, st.integers(1, 12))
def test_suggestions_hold_what_they_promise(suggester, typed, most) -> None:
    found = suggester.suggest(typed, most)
    assert found == suggester.suggest(typed, most)
    assert len(found) <= most
    assert len({(one.kind, key_of(one.text)) for one in found}) == len(found)
    for one in found:
        assert by_its_kind(typed, one), (typed, one)


@given(st.lists(st.text(max_size=30), max_size=12), st.text(max_size=5))
def test_any_catalog_can_be_searched(titles, typed) -> None:
    entries = [Suggestion(text, KINDS[n % 4], n, n) for n, text in enumerate(titles)]
    for one in Suggester(entries).suggest(typed, 20):
        assert one.text in titles


@given(
    st.lists(st.text(alphabet="ab c", max_size=8), max_size=8), st.text(alphabet="abc ", max_size=3)
)
def test_a_suffix_array_finds_what_a_scan_finds(written, wanted) -> None:
    starts = [word_starts(text) for text in written]
    prefixes = Prefixes(written, starts)
    rows = prefixes.find(wanted)
    found = set(zip(prefixes.owners[rows].tolist(), prefixes.starts[rows].tolist(), strict=True))
    assert found == {
        (owner, start)
        for owner, places in enumerate(starts)
        for start in places
        if written[owner][start:].startswith(wanted)
    }
