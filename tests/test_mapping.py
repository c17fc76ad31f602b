"""Guessing which column is which, in both languages, and the exports of well-known systems."""

import json

import pandas as pd
import pytest

from engine.errors import InputError
from engine.reading.headers import aliases
from engine.reading.mapping import ColumnMapping, edit, guess
from engine.reading.presets import expand, presets, recognise
from engine.tables.schema import TABLES


def frame(**columns: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype="str")


def test_chinese_product_headers() -> None:
    found = guess(
        "products",
        pd.DataFrame(
            {
                "商品编号": ["001", "002"],
                "商品名称": ["红色连衣裙", "蓝色牛仔裤"],
                "商品详情": ["夏季新款，雪纺面料，透气舒适", "高腰显瘦，弹力面料"],
                "所属类目": ["女装/裙装", "女装/裤装"],
                "品牌": ["甲", "乙"],
                "售价": ["¥129.00", "199元"],
                "商品图片": ["https://x.cn/1.jpg", "https://x.cn/2.jpg"],
                "材质": ["雪纺", "棉"],
            },
            dtype="str",
        ),
    )
    assert found.fields == {
        "product_id": "商品编号",
        "title": "商品名称",
        "description": "商品详情",
        "category": "所属类目",
        "brand": "品牌",
        "price": "售价",
        "image": "商品图片",
    }
    assert found.unused == ["材质"]
    assert not found.missing


def test_title_beats_name_and_a_model_code_is_left_over() -> None:
    found = guess(
        "products",
        frame(
            id=["3", "4", "5"],
            name=["DV7", "X200", "Z9"],
            title=["HP Pavilion notebook 17", "Lenovo laptop 12", "Nikon camera"],
            supplier=["HP", "Lenovo", "Nikon"],
            img_low=["http://a/1.jpg", "http://a/2.jpg", "http://a/3.jpg"],
            attributes=['{"ram": 4}', '{"ram": 8}', '{"lens": "Z"}'],
        ),
    )
    assert found.fields["title"] == "title"
    assert found.fields["brand"] == "supplier"
    assert found.fields["attributes"] == "attributes"
    assert found.unused == ["name"]


def test_booleans_are_events_and_ids_are_not() -> None:
    found = guess(
        "searches",
        frame(
            sess_id=["1", "1", "2"],
            query=["ipad", "ipad", "dvd"],
            rank=["0.0", "1.0", "0.0"],
            clicked_doc_id=["926", "635", "885"],
            clicked=["False", "True", "False"],
        ),
    )
    assert found.fields == {
        "session_id": "sess_id",
        "query": "query",
        "product_id": "clicked_doc_id",
        "event": "clicked",
        "position": "rank",
    }


def test_review_columns_in_both_languages() -> None:
    chinese = guess(
        "reviews", frame(cat=["书", "书"], label=["1", "0"], review=["很好看", "太差了"])
    )
    assert chinese.fields == {"text": "review", "sentiment": "label"}
    english = guess(
        "reviews",
        frame(
            sentence=["works fine for me", "it broke at once"],
            aspects=["size:+2", None],
            polarity=["positive", "negative"],
        ),
    )
    assert english.fields == {"text": "sentence", "sentiment": "polarity"}


def test_content_names_columns_whose_headers_say_nothing() -> None:
    found = guess(
        "products",
        frame(
            c1=["A-1", "A-2", "A-3"],
            c2=["Garden chair", "Garden table", "Parasol"],
            c3=["A comfortable folding chair for long evenings, made of oak and steel."] * 2
            + ["Shade for four people at the table, with a foot of concrete, in green."],
            c4=["$12.50", "$99.00", "$45.10"],
            c5=["https://x.com/1.png", "https://x.com/2.png", "https://x.com/3.png"],
        ),
    )
    assert found.fields == {
        "product_id": "c1",
        "title": "c2",
        "description": "c3",
        "price": "c4",
        "image": "c5",
    }
    assert max(found.confidence.values()) < 0.5


def test_a_header_whose_cells_do_not_fit_is_not_believed() -> None:
    found = guess("searches", frame(query=["cup", "jug"], type=["web", "shop"]))
    assert found.fields == {"query": "query"}


def test_attributes_are_json_or_pairs_and_a_plain_word_is_an_attribute_of_its_own() -> None:
    plain = guess(
        "products", frame(id=["1", "2"], title=["红杯", "蓝壶"], 规格=["家庭装", "旅行装"])
    )
    assert plain.unused == ["规格"]
    pairs = guess("products", frame(id=["1", "2"], title=["杯", "壶"], 规格=["色：红", "色：蓝"]))
    assert pairs.fields["attributes"] == "规格"


def test_a_plain_header_is_believed_so_that_its_cells_are_complained_about() -> None:
    found = guess("products", frame(id=["1", "2"], title=["a b", "c d"], price=["NaN", "soon"]))
    assert found.fields["price"] == "price"


def test_edit_overrides_drops_and_frees_columns() -> None:
    found = guess("products", frame(id=["1", "2"], title=["Red cup", "Jug"], name=["R1", "J1"]))
    edited = edit(
        found, {"title": "name", "description": "title"}, ["id", "title", "name"], "p.csv"
    )
    assert edited.fields == {"product_id": "id", "title": "name", "description": "title"}
    assert edited.unused == []
    dropped = edit(found, {"title": ""}, ["id", "title", "name"], "p.csv")
    assert dropped.missing == ["title"]
    assert dropped.unused == ["title", "name"]


@pytest.mark.parametrize(
    ("changes", "code", "named"),
    [
        ({"titel": "id"}, "data.unknown_field", "title"),
        ({"title": "nom"}, "data.unknown_column", "id"),
    ],
)
def test_edit_names_what_there_is(changes: dict[str, str], code: str, named: str) -> None:
    mapping = ColumnMapping("products", {"product_id": "id"}, {"product_id": 1.0}, [])
    with pytest.raises(InputError) as caught:
        edit(mapping, changes, ["id"], "p.csv")
    assert caught.value.code == code
    for language in ("zh", "en"):
        assert named in caught.value.message(language)
        assert "p.csv" in caught.value.message(language)


def test_aliases_and_presets_name_only_fields_of_the_schema() -> None:
    assert set(aliases()) == set(TABLES)
    for table, names in aliases().items():
        assert set(names) == set(TABLES[table].columns)
    for preset in presets().values():
        assert {*preset.fields, *preset.join, *preset.carry} <= set(TABLES[preset.table].columns)


HEADERS = {
    "google_merchant_center": "id,title,description,link,image link,availability,price,brand,gtin",
    "shopify": "Handle,Title,Body (HTML),Vendor,Type,Tags,Variant SKU,Variant Price,Image Src",
    "woocommerce": "ID,Type,SKU,Name,Published,Description,Regular price,Categories,Images",
    "personalize_interactions": "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE",
    "vertex_products": "id,title,categories,priceInfo,brands,images",
    "vertex_events_searches": "eventType,visitorId,eventTime,searchQuery,productDetails",
    "vertex_events_orders": "eventType,visitorId,eventTime,productDetails,purchaseTransaction",
    "ga4_searches": "event_date,event_timestamp,event_name,event_params,user_pseudo_id,items",
    "ga4_orders": "event_date,event_timestamp,event_name,ecommerce,user_pseudo_id,items",
    "esci_products": "product_id,product_title,product_bullet_point,product_brand,product_locale",
    "esci_judgments": "example_id,query,query_id,product_id,product_locale,esci_label,split",
    "wands_products": "product_id,product_name,product_class,category hierarchy,product_features",
    "wands_judgments": "id,query_id,query,product_id,label",
    "beir": "query-id,corpus-id,score",
    "shopify_orders_json": "id,name,email,created_at,line_items",
    "woocommerce_orders_json": "id,number,date_created,billing,line_items",
    "shopify_json": "id,title,body_html,vendor,product_type,handle,variants,images",
    "shopify_orders": "Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem price",
    "magento": "sku,store_view_code,attribute_set_code,product_type,categories,name,price",
    "amazon_listings": "item-name,item-description,listing-id,seller-sku,price,quantity,asin1",
    "judgeme": "title,body,rating,review_date,reviewer_name,product_id,product_handle",
    "yotpo": "Review ID,Review Title,Review Content,Review Score,Product ID",
    "trustpilot": "Review Id,Review Title,Review Content,Review Stars,Review Username",
    "quepid": "query,docid,rating",
    "ubi_queries": "timestamp,query_id,client_id,user_query",
    "ubi_events": "action_name,query_id,client_id,timestamp,event_attributes",
    "recbole_orders": "user_id:token,item_id:token,timestamp:float",
    "orders_with_items": "order_id,customer,created_at,items",
}


@pytest.mark.parametrize("name", presets())
def test_every_preset_is_recognised_from_its_headers(name: str) -> None:
    found = recognise(presets()[name].table, HEADERS[name].split(","))
    assert found is not None
    assert found.name == name
    assert recognise(presets()[name].table, ["id", "title"]) is None


def test_shopify_keeps_one_row_a_product_and_names_its_options() -> None:
    rows = pd.DataFrame(
        {
            "Handle": ["cup", "cup", "jug"],
            "Title": ["Cup", None, "Jug"],
            "Body (HTML)": ["<p>Holds tea</p>", None, "<p>Holds water</p>"],
            "Vendor": ["Acme", None, "Acme"],
            "Variant Price": ["3.00", "4.00", "9.00"],
            "Option1 Name": ["Colour", None, "Size"],
            "Option1 Value": ["Red", "Blue", "Large"],
        },
        dtype="str",
    )
    mapping = guess("products", rows)
    assert mapping.preset == "shopify"
    assert mapping.fields["product_id"] == "Handle"
    expanded = expand(rows, presets()["shopify"])
    assert expanded["Title"].tolist() == ["Cup", "Jug"]
    assert expanded.index.tolist() == [0, 2]
    assert expanded["Colour"].iloc[0] == "Red"
    assert expanded["Size"].iloc[1] == "Large"


def test_vertex_events_give_clicks_the_query_of_their_search() -> None:
    details = [{"product": {"id": "p1"}, "quantity": 2}, {"product": {"id": "p2"}}]
    rows = pd.DataFrame(
        {
            "eventType": ["search", "detail-page-view", "home-page-view", "detail-page-view"],
            "visitorId": ["v", "v", "v", "other"],
            "eventTime": [
                "2024-01-01T10:00:00Z",
                "2024-01-01T10:01:00Z",
                "2024-01-01T10:02:00Z",
                "2024-01-01T10:03:00Z",
            ],
            "searchQuery": ["tea cup", None, None, None],
            "productDetails": [
                json.dumps(details),
                json.dumps(details[:1]),
                None,
                json.dumps(details[1:]),
            ],
        },
        dtype="str",
    )
    mapping = guess("searches", rows)
    expanded = expand(rows, presets()[mapping.preset or ""])
    seen = expanded[[mapping.fields[name] for name in ("event", "query", "product_id")]]
    assert seen.to_numpy().tolist() == [
        ["search", "tea cup", "p1"],
        ["search", "tea cup", "p2"],
        ["detail-page-view", "tea cup", "p1"],
    ]


def test_ga4_purchases_become_order_lines() -> None:
    items = [
        {"item_id": "a", "price": 2.5, "quantity": 3},
        {"item_id": "b", "price": 1, "quantity": 1},
    ]
    rows = pd.DataFrame(
        {
            "event_name": ["page_view", "purchase"],
            "event_timestamp": ["1704430800000000", "1704430900000000"],
            "user_pseudo_id": ["u", "u"],
            "event_params": [
                None,
                json.dumps(
                    [{"key": "transaction_id", "value": {"string_value": "T9", "int_value": None}}]
                ),
            ],
            "items": ["[]", json.dumps(items)],
        },
        dtype="str",
    )
    mapping = guess("orders", rows)
    lines = expand(rows, presets()[mapping.preset or ""])
    named = lines[[mapping.fields[n] for n in ("order_id", "product_id", "quantity", "price")]]
    assert named.to_numpy().tolist() == [["T9", "a", "3", "2.5"], ["T9", "b", "1", "1"]]
