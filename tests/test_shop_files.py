"""Files as shops export them, in many languages: what a reader has to make of each."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from engine.errors import InputError
from engine.reading.load import load_files
from engine.storage.workspace import Workspace


@dataclass(frozen=True)
class ShopFile:
    """The text of a file, and some of what is in the table after the load."""

    table: str
    text: str
    columns: dict[str, list[object]]
    codes: list[str] = field(default_factory=list)
    encoding: str = "utf-8"
    ending: str = "csv"


WOO = """\
ID,Typ,Artikelnummer,Name,Regulärer Preis,Angebotspreis,Kategorien,Bilder,Übergeordnetes Produkt,\
Attribut 1 Name,Attribut 1 Wert(e)
44,variable,hoodie,Pulli,,,"Kleidung > Pullis, Neu",,,Farbe,"Blau, Grün"
45,variation,hoodie-b,Pulli - Blau,"1.045,00",,,,hoodie,Farbe,Blau
60,simple,cap,Mütze,"16,50",,Zubehör,,,,
"""
ERP = """\
SKU;Bezeichnung;Warengruppe;Hersteller;VK-Preis;MwSt
A-1;Kocher für Tee;Küche;WMF;1.299,00 €;19 %
A-2;Becher – “grün”;Küche;;8,50 €;19 %
A-3;Pfanne;Küche;Fissler;59,- €;19 %
"""
THAI = """\
รหัสสินค้า,ชื่อสินค้า,หมวดหมู่,ราคา
T1,กาต้มน้ำทองแดง 1.7 ลิตร,ครัว,"1,290.00"
T2,หม้อสแตนเลส,ครัว,590
T3,กระทะเหล็กหล่อ 26 ซม.,ครัว,เริ่มต้น 890 บาท
"""
KOREAN = """\
상품코드,상품명,카테고리,브랜드,판매가
KR-1,구리 주전자 1.7리터,주방 > 주전자,하로우,"39,900원"
KR-2,유리 찻주전자,주방 > 주전자,던모어,"24,000원"
"""
JAPANESE = """\
注文番号,注文日時,商品番号,商品名,個数,単価,会員番号
100-1,2024/01/31 10:00:00 JST,JP-001,やかん,1,"3,980円(税込)",77
100-1,2024/01/31 10:00:00 JST,JP-002,ガラスの茶器,2,2400円〜,77
"""
TURKISH = """\
Ürün Kodu;Ürün Adı;Kategori;Marka;Fiyat
TR-1;Bakır Çaydanlık Şık;Mutfak > Çaydanlık;İstanbul Ev;1.299,90 TL
TR-2;Cam Demlik ığdır;Mutfak > Demlik;Güneş;249,90 TL
"""
VIETNAMESE = """\
Mã sản phẩm,Tên sản phẩm,Danh mục,Giá
VN-1,Ấm đun nước đồng,Nhà bếp > Ấm,1.299.000 ₫
VN-2,Bình trà thủy tinh,Nhà bếp > Bình,249.000 ₫
"""
TAIWANESE = (
    "商品編號,商品名稱,類別,品牌,售價\nT1,不鏽鋼保溫杯,水杯,山月,590\nT2,玻璃茶壺,茶具,,880\n"
)
ARABIC = """\
رقم الطلب,رمز المنتج,التاريخ,الكمية,السعر
1,AR-1,٢٠٢٤-٠٣-٠٥,٢,١٬٢٩٩٫٥٠
2,AR-2,٢٠٢٤/٠٣/٠٦,١,١٢٩
"""
JD = """\
订单号,商品ID,订购数量,下单时间,京东价,下单帐号,客户姓名
\t2651,\t1000,1,2024/3/5 12:34:56,199.00,jd_abc,张*
\t2652,\t1001,2,2024/3/6 08:00:00,59.00,jd_def,张*
"""
REVIEWS = """\
商品编号,评价内容,评价,买家昵称
K-1,很好用,好评,匿名用户
K-2,一般般,中评,小红
K-3,坏了,差评,小刚
K-3,此用户没有填写评价。,好评,小刚
"""
GA4 = """\
# Search terms
# 20240201-20240229

Search term,Views,Active users,Event count per active user
,"1,344",210,1.64
red kettle,400,39,1
(not set),300,10,1
1984,12,3,1

Day,Views,Active users,Event count per active user
20240201,3,2,1
"""
AMAZON_ORDERS = """\
amazon-order-id\tpurchase-date\tsku\tquantity\titem-price
112-1\t2024-03-05T10:00:00+00:00\tK-1\t1\t39.90
112-2\t2024-03-05T11:00:00+00:00\tK-3\t0\t
"""
AMAZON_REVIEWS = """\
asin,body,stars,date
K-1,Works well,5.0 out of 5 stars,"Reviewed in the United States on March 5, 2024"
K-2,It is fine,Average,"Reviewed in Germany on 7 March 2024"
"""
AMAZON_PRODUCTS = """\
{"asin":"B01","title":"Kettle","description":["Nice","for tea"],"imageURL":["https://x.com/1.jpg"]}
{"asin":"B02","title":"Mug","description":[],"imageURL":[]}
"""
HITS = """\
{"_id":"77","_source":{"name":"Kettle","price":{"amount":39.9,"currency":"EUR"}}}
{"_id":"78","_source":{"name":"Mug","price":{"amount":8,"currency":"EUR"}}}
"""
GUESTS = """\
order_id,product_id,customer_id,created_at
1,K-1,0,2024-03-05 10:00:00
2,K-2,77,Mar 5 2024 10:00 PM PST
3,K-2,\\N,0000-00-00 00:00:00
"""
SUBTOTALS = """\
类目,商品编码,商品名称,售价
水杯,1,保温杯,59
水杯 小计,,,59
锅具,3,炒锅,199
锅具 小计,,,199
"""
TWEETS = """\
"0","1467810369","Mon Apr 06 22:19:45 PDT 2009","NO_QUERY","special","that is a bummer, really"
"4","1467822272","Mon Apr 06 22:22:45 PDT 2009","NO_QUERY","ersle","I love you, you are the best"
"0","1467811372","Mon Apr 06 22:20:00 PDT 2009","NO_QUERY","joy_w","my body feels like on fire"
"""
DATES_IN_WORDS = """\
order_id,sku,date
1,A,5. März 2024
2,B,[05/Mar/2024:10:00:00 +0000]
3,C,5 de marzo de 2024
4,D,13/03/2567
"""
ITEMS = """\
[{"order_id":1,"user":"u1","items":[{"sku":"K-1","qty":2},{"sku":"K-2","qty":1}]}]
"""
TYPES = "sku,name,price\nvarchar(20),string,decimal\nA1,Kettle,59\nA2,Mug,8\n"
MOJIBAKE = "sku,name\nA1,æ°´å£¶\nA2,ä¿\u009dæ¸©æ\u009d¯\n"
WIDE_IDS = "sku,name,price\nＡ－１,Kettle,￥３９．９０\nA-2,Mug,24\n"
DATES = {"2024-03-05": pd.Timestamp("2024-03-05"), "2024-03-06": pd.Timestamp("2024-03-06")}

FILES = {
    "a German WooCommerce export": ShopFile(
        "products",
        WOO,
        {
            "title": ["Pulli", "Mütze"],
            "price": [1045, 16.5],
            "category": ["Kleidung > Pullis", "Zubehör"],
        },
        ["other_rows"],
    ),
    "a German list with Windows' dashes": ShopFile(
        "products",
        ERP,
        {
            "title": ["Kocher für Tee", "Becher – “grün”", "Pfanne"],
            "price": [1299, 8.5, 59],
            "brand": ["WMF", None, "Fissler"],
        },
        ["encoding_guessed"],
        "cp1252",
    ),
    "a Thai list": ShopFile(
        "products",
        THAI,
        {
            "title": ["กาต้มน้ำทองแดง 1.7 ลิตร", "หม้อสแตนเลส", "กระทะเหล็กหล่อ 26 ซม."],
            "price": [1290, 590, 890],
        },
        ["encoding_guessed", "language_unknown"],
        "cp874",
    ),
    "a Korean list": ShopFile(
        "products",
        KOREAN,
        {"price": [39900, 24000], "brand": ["하로우", "던모어"], "category": ["주방 > 주전자"] * 2},
        ["encoding_guessed", "language_unknown"],
        "euc_kr",
    ),
    "Japanese orders": ShopFile(
        "orders",
        JAPANESE,
        {
            "order_id": ["100-1"] * 2,
            "product_id": ["JP-001", "JP-002"],
            "quantity": [1, 2],
            "price": [3980, 2400],
            "user_id": ["77"] * 2,
            "time": [pd.Timestamp("2024-01-31 01:00")] * 2,
        },
        ["encoding_guessed"],
        "cp932",
    ),
    "a Turkish list": ShopFile(
        "products",
        TURKISH,
        {"price": [1299.9, 249.9], "brand": ["İstanbul Ev", "Güneş"]},
        ["encoding_guessed", "language_unknown"],
        "cp1254",
    ),
    "a Vietnamese list": ShopFile(
        "products", VIETNAMESE, {"price": [1299000, 249000]}, ["language_unknown"]
    ),
    "a list from Taiwan": ShopFile(
        "products",
        TAIWANESE,
        {"price": [590, 880], "category": ["水杯", "茶具"], "brand": ["山月", None]},
        ["encoding_guessed"],
        "big5",
    ),
    "orders with Arabic dates": ShopFile(
        "orders", ARABIC, {"time": list(DATES.values()), "quantity": [2, 1], "price": [1299.5, 129]}
    ),
    "orders of JD": ShopFile(
        "orders",
        JD,
        {
            "order_id": ["2651", "2652"],
            "product_id": ["1000", "1001"],
            "user_id": ["jd_abc", "jd_def"],
        },
        encoding="gb18030",
    ),
    "reviews with a column of kinds": ShopFile(
        "reviews",
        REVIEWS,
        {
            "text": ["很好用", "一般般", "坏了"],
            "sentiment": ["positive", "neutral", "negative"],
            "user_id": [None, "小红", "小刚"],
        },
        ["words_for_missing", "words_for_missing", "labels_read", "no_words"],
    ),
    "a report of GA4 with a second table": ShopFile(
        "searches",
        GA4,
        {"query": ["red kettle", "1984"], "user_id": [None] * 2, "event": [None] * 2},
        [
            "header_below",
            "not_a_record",
            "not_records",
            "words_for_missing",
            "no_term",
            "counts_unused",
        ],
    ),
    "orders of Amazon": ShopFile(
        "orders", AMAZON_ORDERS, {"order_id": ["112-1"]}, ["no_pieces"], ending="txt"
    ),
    "reviews of Amazon": ShopFile(
        "reviews",
        AMAZON_REVIEWS,
        {"rating": [5, 3], "time": [DATES["2024-03-05"], pd.Timestamp("2024-03-07")]},
    ),
    "listings of Amazon in Japan": ShopFile(
        "products",
        "商品名\t出品ID\t出品者SKU\t価格\t商品ID\tASIN 1\n鉄フライパン\t01\tJP-003\t5980\tB3\tB3\n",
        {"product_id": ["JP-003"], "title": ["鉄フライパン"], "price": [5980]},
        ["encoding_guessed", "language_unknown"],
        "cp932",
        "txt",
    ),
    "products of Amazon": ShopFile(
        "products",
        AMAZON_PRODUCTS,
        {"description": ["Nice for tea", None], "image": ["https://x.com/1.jpg", None]},
        ending="jsonl",
    ),
    "a dump with prices in objects": ShopFile(
        "products", HITS, {"product_id": ["77", "78"], "price": [39.9, 8]}, ending="json"
    ),
    "orders of guests": ShopFile(
        "orders",
        GUESTS,
        {
            "user_id": [None, "77", None],
            "time": [pd.Timestamp("2024-03-05 10:00"), pd.Timestamp("2024-03-06 06:00"), None],
        },
        ["words_for_missing", "words_for_missing"],
    ),
    "subtotals of groups": ShopFile(
        "products", SUBTOTALS, {"product_id": ["1", "3"]}, ["not_a_record", "not_records"]
    ),
    "types below the names": ShopFile(
        "products", TYPES, {"product_id": ["A1", "A2"]}, ["not_a_record"]
    ),
    "units below the names": ShopFile(
        "products",
        "商品编码,商品名称,售价,重量\n,,元,kg\nA1,壶,59,1.2\nA2,杯,8,0.3\n",
        {"product_id": ["A1", "A2"], "price": [59, 8]},
        ["not_a_record"],
    ),
    "Chinese that was read as Latin": ShopFile(
        "products", MOJIBAKE, {"title": ["水壶", "保温杯"]}, ["mojibake"]
    ),
    "full-width ids": ShopFile(
        "products", WIDE_IDS, {"product_id": ["A-1", "A-2"], "price": [39.9, 24]}
    ),
    "a catalog that calls titles descriptions": ShopFile(
        "products",
        "StockCode,Description\n85123A,HOLDER\n22423,CAKESTAND\n",
        {"title": ["HOLDER", "CAKESTAND"]},
    ),
    "negative grades": ShopFile(
        "judgments",
        "red kettle\t0\tK-1\t3\nred kettle\t0\tK-2\t-1\nmug\t0\tK-3\t2\n",
        {"relevance": [3, 0, 2]},
        ["no_header", "grades_negative"],
        ending="qrels",
    ),
    "a short file of five stars": ShopFile(
        "judgments",
        "query,sku,rating\nkettle,K-1,5\nkettle,K-2,1\nmug,K-3,4\n",
        {"relevance": [3, 0, 2.25]},
        ["grades_scaled"],
    ),
    "pieces with three decimals": ShopFile(
        "orders", 'order_id,sku,Menge\n1,K-1,"2,000"\n2,K-2,"1,000"\n', {"quantity": [2, 1]}
    ),
    "prices with a point before three digits": ShopFile(
        "products",
        "sku,name,price\nA,Pot,1.299\nB,Pan,2.499\n",
        {"price": [1.299, 2.499]},
        ["thousands_or_point"],
    ),
    "labelled tweets without names of columns": ShopFile(
        "reviews",
        TWEETS,
        {
            "text": [line.split('","')[5].rstrip('"') for line in TWEETS.splitlines()],
            "time": [
                pd.Timestamp(f"2009-04-07 05:{clock}") for clock in ("19:45", "22:45", "20:00")
            ],
        },
        ["no_header"],
    ),
    "dates in words": ShopFile(
        "orders",
        DATES_IN_WORDS,
        {
            "time": [
                DATES["2024-03-05"],
                pd.Timestamp("2024-03-05 10:00"),
                DATES["2024-03-05"],
                pd.Timestamp("2024-03-13"),
            ]
        },
    ),
    "orders with lists of ids": ShopFile(
        "orders",
        'order_id,products\n1,"K-1,K-2, K-3"\n2,K-2\n',
        {"order_id": ["1", "1", "1", "2"], "product_id": ["K-1", "K-2", "K-3", "K-2"]},
        ["products_split"],
    ),
    "orders with items": ShopFile(
        "orders", ITEMS, {"product_id": ["K-1", "K-2"], "quantity": [2, 1]}, ending="json"
    ),
    "pieces in words": ShopFile(
        "orders",
        "订单号,商品编号,数量\n1,gid://shopify/Product/12,2件\n2,13,x3\n3,14,1 pcs\n",
        {"product_id": ["12", "13", "14"], "quantity": [2, 3, 1]},
    ),
    "ratings in percent": ShopFile(
        "reviews", "review;rating\nlovely;80%\nbad;1,5\n", {"rating": [4, 1.5]}
    ),
    "labels of a classifier": ShopFile(
        "reviews",
        "text,label\nlovely thing,LABEL_1\nbad thing,LABEL_0\n",
        {"sentiment": ["positive", "negative"]},
        ["labels_read"],
    ),
    "brands that are none": ShopFile(
        "products",
        "sku,name,brand\nA,Unknown,Unknown\nB,Mug,无品牌\nC,Pan,Acme\n",
        {"title": ["Unknown", "Mug", "Pan"], "brand": [None, None, "Acme"]},
        ["words_for_missing"],
    ),
    "queries without a name above them": ShopFile(
        "searches",
        "red kettle\nglass teapot\nmug\n",
        {"query": ["red kettle", "glass teapot", "mug"]},
        ["no_header"],
        ending="txt",
    ),
    "queries below their name": ShopFile(
        "searches", "Search queries\n保温杯\n水壶\n", {"query": ["保温杯", "水壶"]}, ending="txt"
    ),
    "levels of categories in columns of their own": ShopFile(
        "products",
        "编号,名称,一级类目,二级类目,三级类目\n1,壶,厨房,水具,壶\n2,杯,厨房,水具,\n",
        {"category": ["厨房 > 水具 > 壶", "厨房 > 水具"]},
    ),
    "levels of categories with numbers": ShopFile(
        "products",
        "sku,name,Category Level 1,Category Level 2\nA,Jug,Kitchen,Jugs\nB,Mug,Kitchen,Mugs\n",
        {"category": ["Kitchen > Jugs", "Kitchen > Mugs"]},
    ),
    "numbers where words belong": ShopFile(
        "products",
        "id,name,brand\n1,Kettle,12\n2,Mug,13\n",
        {"brand": ["12", "13"]},
        ["numbers_for_words"],
    ),
}


def load(folder: Path, file: ShopFile) -> tuple[Workspace, list[str]]:
    path = folder / f"export.{file.ending}"
    path.write_bytes(file.text.encode(file.encoding))
    shop = Workspace.create("shop")
    report = load_files(shop, {file.table: path})
    return shop, [problem.code.split(".")[1] for problem in report.tables[file.table].problems]


@pytest.mark.parametrize("name", FILES)
def test_what_a_shop_exports_is_read_as_it_was_meant(home: Path, tmp_path: Path, name: str) -> None:
    file = FILES[name]
    shop, codes = load(tmp_path, file)
    frame = shop.tables()[file.table]
    for column, values in file.columns.items():
        cells = [None if pd.isna(cell) else cell for cell in frame[column]]
        assert cells == values, column
    assert codes == file.codes


def test_a_dotted_name_chooses_a_value_inside_json(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"code":"A","labels":{"en":"Pot"},"cost":{"gross":{"eur":"8.50"}}}\n')
    shop = Workspace.create("shop")
    chosen = {"product_id": "code", "title": "labels.en", "price": "cost.gross.eur"}
    load_files(shop, {"products": path}, {"products": chosen})
    product = shop.tables().products.iloc[0]
    assert product[["product_id", "title", "price"]].tolist() == ["A", "Pot", 8.5]


def test_ids_that_differ_in_capitals_are_those_of_the_catalog(home: Path, tmp_path: Path) -> None:
    shop, _ = load(tmp_path, ShopFile("products", "sku,name\nab-1,Kettle\nab-2,Mug\n", {}))
    orders = tmp_path / "orders.csv"
    orders.write_text("order_id,sku\n1,AB-1\n1,ab-2\n", encoding="utf-8")
    report = load_files(shop, {"orders": orders})
    assert shop.tables().orders["product_id"].tolist() == ["ab-1", "ab-2"]
    assert [problem.code for problem in report.tables["orders"].problems] == ["data.case_restored"]


def test_bytes_of_another_encoding_in_qrels_are_named(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.qrels"
    path.write_bytes("红茶\t0\tK-1\t2\n绿茶\t0\tK-2\t0\nred cu".encode() + b"\xe1\xff\t0\tK-2\t1\n")
    with pytest.raises(InputError) as caught:
        load_files(Workspace.create("shop"), {"judgments": path})
    assert [p.code for p in caught.value.details if p.severity == "error"] == [
        "reader.mixed_encoding"
    ]


def test_columns_without_names_are_listed_with_an_example(home: Path, tmp_path: Path) -> None:
    orders = "10001,K-1,2024-03-05,1\n10001,K-3,2024-03-05,2\n10003,K-4,2024-03-07,1\n"
    with pytest.raises(InputError) as caught:
        load(tmp_path, ShopFile("orders", orders, {}))
    assert "column_1 (10001), column_2 (K-1)" in caught.value.message("en")
    assert "reader.no_header" in [problem.code for problem in caught.value.details]
