"""What queries ask of brand, category, price, colour and other columns, in both languages."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.retrieval.bm25 import BM25Index
from engine.retrieval.dense import DenseIndex
from engine.retrieval.filter_reader import FilterReader
from engine.retrieval.filters import Filter
from engine.retrieval.price import price_range
from engine.tables.schema import TABLES
from engine.tables.tables import Tables

ENGLISH = [
    (
        "Rain Jacket, navy",
        "Clothing > Rain Jackets",
        "Nimbus",
        89,
        {"color": "Navy", "hood": "yes"},
    ),
    ("Rain Jacket, moss", "Clothing > Rain Jackets", "Nimbus", 120, {"color": "Moss"}),
    ("Summit Fleece", "Clothing > Fleece", "Summit", 60, {"color": "Anthracite"}),
    ("Tent for the summit", "Camping > Tents", "Nimbus", 210, {"color": "Green"}),
    ("Stove for a summit day", "Camping > Stoves", "Brasserel", 45, {"color": "Silver"}),
    (
        "Mug for the summit",
        "Kitchen > Mugs",
        "Brasserel",
        14,
        {"color": "Red", "fabric": "ceramic"},
    ),
    (
        "Summit view mug",
        "Kitchen > Mugs",
        "Brasserel",
        19,
        {"color": "Cream", "style": "stackable"},
    ),
    ("Shirt", "Clothing > Shirts", "Loom & Co", 35, {"color": "White", "fabric": "cotton"}),
    ("Shirt", "Clothing > Shirts", "Loom & Co", 39, {"color": "Light Blue", "fabric": "linen"}),
    ("Face cream", "Beauty > Creams", "Sanavo", 25, {"style": "family pack"}),
]
CHINESE = [
    ("冲锋衣 藏青", "服装 > 冲锋衣", "北岸线", 499, {"颜色": "藏青", "帽子": "有"}),
    ("冲锋衣 苔绿", "服装 > 冲锋衣", "北岸线", 399, {"颜色": "苔绿"}),
    ("马克杯", "杯具 > 马克杯", "陶也", 45, {"颜色": "樱粉", "材质": "陶瓷"}),
    ("马克杯 象牙白", "杯具 > 马克杯", "暖屿", 65, {"颜色": "象牙白", "款式": "带盖款"}),
    ("保温杯", "杯具 > 保温杯", "暖屿", 129, {"颜色": "深灰色", "材质": "不锈钢"}),
    ("洗发水", "个护 > 洗发水", "花汐语", 59, {"规格": "家庭装"}),
    ("耳机", "数码 > 耳机", "澈电", 299, {"颜色": "黑色", "款式": "头戴式"}),
    ("手机壳", "数码 > 手机壳", "极沐", 39, {"颜色": "红色"}),
]

# A query, what is left to search for, and its filters.
IN_ENGLISH = [
    ("navy rain jacket", "rain jacket", ["color=Navy", "category=Rain Jackets"]),
    ("blue rain jacket", "rain jacket", ["color=blue", "category=Rain Jackets"]),
    ("nimbus tent", "tent", ["brand=Nimbus", "category=Tents"]),
    ("Brasserel mugs under 20", "mugs", ["brand=Brasserel", "category=Mugs", "price=0-20"]),
    ("mug between 10 and 20", "mug", ["category=Mugs", "price=10-20"]),
    ("mug from 10 to 15 dollars", "mug", ["category=Mugs", "price=10-15"]),
    ("$20-$40 shirt", "shirt", ["price=20-40", "category=Shirts"]),
    ("shirt less than £40", "shirt", ["category=Shirts", "price=0-40"]),
    ("a tent for over 100", "a tent", ["category=Tents", "price=100-inf"]),
    ("gift around 50", "gift", ["price=40-60"]),
    ("max 35 shirt", "shirt", ["price=0-35", "category=Shirts"]),
    ("stove, 50 bucks or less", "stove", ["category=Stoves", "price=0-50"]),
    ("cheap mug", "cheap mug", ["category=Mugs"]),
    ("nike air max 90", "nike air max 90", []),
    ("tent under 2 kg", "tent under 2 kg", []),
    ("mug 300 ml", "mug 300 ml", []),
    ("jacket that is not red", "jacket that is not red", []),
    ("tent for a summit", "tent for a summit", ["category=Tents"]),
    ("face cream", "face cream", []),
    ("cotton shirt", "shirt", ["fabric=cotton", "category=Shirts"]),
    ("red or silver mug", "mug", ["color=Red", "color=Silver", "category=Mugs"]),
    ("mug in grey by Brasserel", "mug", ["category=Mugs", "color=grey", "brand=Brasserel"]),
    ("stackable mug", "mug", ["style=stackable", "category=Mugs"]),
    ("family pack", "family pack", ["style=family pack"]),
    ("light blue linen shirt", "shirt", ["color=Light Blue", "fabric=linen", "category=Shirts"]),
    ("rain jacket with hood", "rain jacket", ["category=Rain Jackets", "hood=hood"]),
    ("camping", "camping", ["category=Camping"]),
    (
        "camping for beginners over 100",
        "camping for beginners",
        ["category=Camping", "price=100-inf"],
    ),
    ("红色 mug", "mug", ["color=红色", "category=Mugs"]),
    ("something dry for the trail", "something dry for the trail", []),
]
IN_CHINESE = [
    ("藏青冲锋衣", "冲锋衣", ["颜色=藏青", "category=冲锋衣"]),
    ("蓝色冲锋衣", "冲锋衣", ["颜色=蓝色", "category=冲锋衣"]),
    ("绿色的冲锋衣", "冲锋衣", ["颜色=绿色", "category=冲锋衣"]),
    ("暖屿马克杯", "马克杯", ["brand=暖屿", "category=马克杯"]),
    ("50元以内的马克杯", "马克杯", ["price=0-50", "category=马克杯"]),
    ("马克杯50块以下", "马克杯", ["category=马克杯", "price=0-50"]),
    ("不超过两百元的保温杯", "保温杯", ["price=0-200", "category=保温杯"]),
    ("两百以内的保温杯", "保温杯", ["price=0-200", "category=保温杯"]),
    ("100到300元的耳机", "耳机", ["price=100-300", "category=耳机"]),
    ("耳机200-300元", "耳机", ["category=耳机", "price=200-300"]),
    ("预算300 耳机", "耳机", ["price=0-300", "category=耳机"]),
    ("五十左右的礼物", "礼物", ["price=40-60"]),
    ("200元以上的耳机", "耳机", ["price=200-inf", "category=耳机"]),
    ("至少100元的杯子", "杯子", ["price=100-inf"]),
    ("便宜的耳机", "便宜的耳机", ["category=耳机"]),
    ("500ml保温杯", "500ml保温杯", ["category=保温杯"]),
    ("2公斤以内的帐篷", "2公斤以内的帐篷", []),
    ("不要红色的手机壳", "不要红色的手机壳", ["category=手机壳"]),
    ("花汐语家庭装洗发水", "洗发水", ["brand=花汐语", "规格=家庭装", "category=洗发水"]),
    ("头戴式耳机", "耳机", ["款式=头戴式", "category=耳机"]),
    ("灰色保温杯", "保温杯", ["颜色=灰色", "category=保温杯"]),
    ("白色带盖款马克杯", "马克杯", ["颜色=白色", "款式=带盖款", "category=马克杯"]),
    ("不锈钢保温杯", "保温杯", ["材质=不锈钢", "category=保温杯"]),
    ("樱粉或红色手机壳", "手机壳", ["颜色=樱粉", "颜色=红色", "category=手机壳"]),
    ("送女友的马克杯", "送女友的马克杯", ["category=马克杯"]),
    ("黑色耳机三百元以下", "耳机", ["颜色=黑色", "category=耳机", "price=0-300"]),
    ("red 手机壳", "手机壳", ["颜色=red", "category=手机壳"]),
    ("陶瓷", "陶瓷", ["材质=陶瓷"]),
    ("一年四季能穿的衣服", "一年四季能穿的衣服", []),
    ("下雨天骑车怎么不湿", "下雨天骑车怎么不湿", []),
]


def reader_of(rows: list, language: str) -> FilterReader:
    frame = pd.DataFrame(rows, columns=["title", "category", "brand", "price", "attributes"])
    frame["product_id"] = [f"P{n}" for n in range(len(frame))]
    frame["price"] = frame["price"].astype(float)
    frame["attributes"] = frame["attributes"].map(lambda cell: json.dumps(cell, ensure_ascii=False))
    return FilterReader(
        Tables({"products": frame.reindex(columns=TABLES["products"].columns)}, language)
    )


@pytest.fixture(scope="module")
def readers() -> dict[str, FilterReader]:
    return {"en": reader_of(ENGLISH, "en"), "zh": reader_of(CHINESE, "zh")}


def said(one: Filter) -> str:
    return f"{one.field}={one.name if one.kind == 'price' else one.value}"


@pytest.mark.parametrize(
    ("language", "query", "rest", "filters"),
    [("en", *case) for case in IN_ENGLISH] + [("zh", *case) for case in IN_CHINESE],
)
def test_a_query_is_taken_apart(readers, language, query, rest, filters) -> None:
    understood = readers[language].read(query)
    assert [said(one) for one in understood.filters] == filters
    assert understood.rest() == rest


def kept(reader: FilterReader, query: str) -> list[int]:
    return np.flatnonzero(reader.keep(one.as_json() for one in reader.read(query).filters)).tolist()


def test_filters_narrow_and_values_of_one_field_are_alternatives(readers) -> None:
    assert kept(readers["en"], "blue rain jacket under 100") == [0]
    assert kept(readers["en"], "green or blue rain jacket") == [0, 1]
    assert kept(readers["en"], "red or silver mug between 10 and 30") == [5]
    assert kept(readers["zh"], "白色马克杯") == [3]
    assert kept(readers["en"], "something dry") == list(range(len(ENGLISH)))


def test_a_filter_that_is_taken_off_is_searched_for_again(readers) -> None:
    understood = readers["en"].read("navy rain jacket under 100")
    price = next(one for one in understood.filters if one.kind == "price")
    assert understood.rest({price.mark}) == "rain jacket under 100"
    assert understood.rest({one.mark for one in understood.filters}) == understood.query


def test_the_mark_of_a_filter_survives_other_words(readers) -> None:
    first = readers["en"].read("navy jacket").filters[0]
    second = readers["en"].read("a jacket that must be navy").filters[0]
    assert first.mark == second.mark and readers["en"].count(first) == 1


def test_a_shop_without_prices_or_attributes_has_no_such_filters() -> None:
    reader = reader_of([("Mug", None, None, None, None)], "en")
    assert not reader.read("red mug under 20").filters
    empty = reader_of([], "en")
    assert not empty.read("red mug under 20").filters and len(empty.keep([])) == 0


@given(st.text(max_size=40) | st.text(alphabet="0123456789$€ -到元以内underv块百万,.", max_size=16))
def test_any_text_is_read(readers, text) -> None:
    price = price_range(text)
    if price:
        assert 0 <= price.start < price.end <= len(text) and price.low <= price.high
    for reader in readers.values():
        understood = reader.read(text)
        assert len(understood.rest()) <= len(text)
        for one in understood.filters:
            assert 0 <= one.start < one.end <= len(text)


def test_word_and_vector_search_find_only_what_is_kept() -> None:
    keep = np.array([False, True, True, False])
    names = list("abcd")
    words = BM25Index.of_texts(names, ["red mug", "red jacket", "blue mug", "mug"])
    assert words.search("mug", 4, keep).product_ids == ["c"]
    vectors = np.eye(4, dtype=np.float32)
    dense = DenseIndex(names, names, vectors)
    assert sorted(dense.search(vectors[:1], 4, keep)[0].product_ids) == ["b", "c"]
    assert dense.search(vectors[:1], 4, np.zeros(4, dtype=bool))[0].product_ids == []
