"""Files as shop systems export them, each with what it has to become."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from engine.cli import BAD_INPUT, DONE, main
from engine.errors import InputError
from engine.reading.load import load_files
from engine.reading.load_report import LoadReport
from engine.storage.export import zipped_tables
from engine.storage.workspace import Workspace

Load = Callable[..., LoadReport]


@pytest.fixture
def shop(home: Path) -> Workspace:
    return Workspace.create("shop")


@pytest.fixture
def load(shop: Workspace, tmp_path: Path) -> Load:
    """Load texts by table; a table's text is CSV, or JSON if it begins as such."""

    def load(maps: Mapping[str, Mapping[str, str]] | None = None, **texts: str) -> LoadReport:
        files = {}
        for table, text in texts.items():
            files[table] = tmp_path / f"{table}{'.json' if text[0] in '{[' else '.csv'}"
            files[table].write_text(text, encoding="utf-8")
        return load_files(shop, files, maps)

    return load


def codes(report: LoadReport, table: str) -> list[str]:
    return [problem.code.removeprefix("data.") for problem in report.tables[table].problems]


def attributes(frame: pd.DataFrame) -> list[dict[str, str]]:
    return [json.loads(text) if isinstance(text, str) else {} for text in frame["attributes"]]


SHOPIFY = """\
Handle,Title,Body (HTML),Vendor,Type,Option1 Name,Option1 Value,Variant SKU,Variant Price
red-cup,Red cup,<p>Red.</p>,Acme,Cups,Size,S,RC-S,3.00
red-cup,,,,,,L,RC-L,4.00
jug,Blue jug,<p>Blue.</p>,Acme,Jugs,Size,M,BJ-M,9.00
"""
SHOPIFY_ORDERS = """\
Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku
#1,a@x.com,2024-03-05 09:00:00 +0800,1,Red cup - L,4.00,RC-L
#1,,,2,Blue jug - M,9.00,BJ-M
#2,b@x.com,2024-03-06 09:00:00 +0800,1,Red cup - S,3.00,RC-S
"""


def test_shopify_orders_meet_the_catalog_by_the_sku_of_a_variant(
    load: Load, shop: Workspace
) -> None:
    load(products=SHOPIFY)
    report = load(orders=SHOPIFY_ORDERS)
    orders = shop.tables().orders
    assert orders["product_id"].tolist() == ["red-cup", "jug", "red-cup"]
    assert orders["user_id"].tolist() == ["a@x.com", "a@x.com", "b@x.com"]
    assert orders["time"].tolist()[:2] == [pd.Timestamp("2024-03-05 01:00")] * 2
    assert codes(report, "orders") == ["catalog_key"]


def test_reviews_take_the_product_column_that_is_in_the_catalog(
    load: Load, shop: Workspace
) -> None:
    reviews = (
        "comment,stars,product_id,product_handle,curated\nNice,5,81,red-cup,ok\nBad,1,82,jug,ok\n"
    )
    report = load(products=SHOPIFY, reviews=reviews)
    assert shop.tables().reviews["product_id"].tolist() == ["red-cup", "jug"]
    assert shop.tables().reviews["sentiment"].isna().all()
    assert codes(report, "reviews") == ["product_key"]


def test_a_column_that_the_user_chose_stays_and_the_better_one_is_named(load: Load) -> None:
    reviews = "comment,product_handle,item\nNice,red-cup,81\nBad,jug,82\n"
    report = load({"reviews": {"product_id": "item"}}, products=SHOPIFY, reviews=reviews)
    assert codes(report, "reviews") == ["other_product_key", "unknown_products"]


PRODUCT = {
    "id": 7719293847562,
    "title": "Red cup",
    "body_html": "<p>Red.</p>",
    "vendor": "Acme",
    "product_type": "Cups",
    "variants": [{"price": "3.90", "sku": "RC-S"}, {"price": "4.90", "sku": "RC-L"}],
    "images": [{"src": "https://x.com/1.jpg"}],
}


@pytest.mark.parametrize("indent", [None, 2])
def test_the_answer_of_an_api_is_read_in_one_line_or_several(
    load: Load, shop: Workspace, indent: int | None
) -> None:
    load(products=json.dumps({"products": [PRODUCT]}, indent=indent))
    product = shop.tables().products.iloc[0]
    assert product["product_id"] == "7719293847562"
    assert (product["category"], product["brand"], product["description"]) == (
        "Cups",
        "Acme",
        "Red.",
    )
    assert (product["price"], product["image"]) == (3.9, "https://x.com/1.jpg")
    assert json.loads(product["attributes"]) == {"Variant SKU": "RC-S, RC-L"}


def test_hits_of_a_search_engine_are_records(load: Load, shop: Workspace) -> None:
    hits = [{"_id": "x", "_source": {"sku": "1", "title": "Cup"}}]
    load(products=json.dumps({"took": 1, "hits": {"total": {"value": 1}, "hits": hits}}))
    assert shop.tables().products["product_id"].tolist() == ["1"]
    load(products="\n".join(json.dumps(hit) for hit in [*hits, *hits]))
    assert shop.tables().products["title"].tolist() == ["Cup"]


def test_magento_has_one_product_for_all_store_views(load: Load, shop: Workspace) -> None:
    header = "sku,store_view_code,attribute_set_code,product_type,categories,name,price"
    report = load(
        products=f"""{header},additional_attributes
A1,,Default,simple,"Default/Gear,Default/Gear/Bags",Bag,34.00,"color=Red,material=Nylon, soft"
A1,de,Default,simple,,Reisetasche,,
"""
    )
    products = shop.tables().products
    assert products["title"].tolist() == ["Bag"]
    assert products["category"].tolist() == ["Default > Gear > Bags"]
    facts = attributes(products)[0]
    assert (facts["color"], facts["material"]) == ("Red", "Nylon, soft")
    assert codes(report, "products") == ["other_rows"]


def ga4(time: int, name: str, term: str | None = None, *items: str) -> str:
    params = [{"key": "ga_session_id", "value": {"string_value": None, "int_value": "1"}}]
    if term:
        params.append({"key": "search_term", "value": {"string_value": term, "int_value": None}})
    listed = [{"item_id": item, "item_list_index": str(n)} for n, item in enumerate(items, start=1)]
    event = {"event_timestamp": str(1709630062000000 + time), "event_name": name}
    return json.dumps({**event, "event_params": params, "user_pseudo_id": "7.1", "items": listed})


def test_ga4_clicks_take_the_term_of_their_session(load: Load, shop: Workspace) -> None:
    events = [
        ga4(0, "page_view"),
        ga4(1, "view_item", None, "K-9"),
        ga4(2, "view_search_results", "red kettle"),
        ga4(3, "view_item_list", None, "K-1", "(not set)"),
        ga4(4, "select_item", None, "K-1"),
    ]
    load(searches="\n".join(events))
    log = shop.tables().searches
    assert set(log["query"]) == {"red kettle"}
    assert log["product_id"].dropna().tolist() == ["K-1", "K-1"]
    assert log["event"].tolist()[-1] == "click"


def test_encoded_queries_are_decoded_and_counted(load: Load, shop: Workspace) -> None:
    report = load(
        searches="q\nred+cup\ncaf%C3%A9+mug\n%E4%BF%9D%E6%B8%A9%E6%9D%AF\n%B1%A3%CE%C2%B1%AD\n"
    )
    assert shop.tables().searches["query"].tolist() == ["red cup", "café mug", "保温杯", "保温杯"]
    assert report.tables["searches"].problems[0].params == {"count": 4}
    load(searches="q\nred cup\n100%25 cotton\nc++ book\n")
    assert shop.tables().searches["query"].tolist() == ["red cup", "100%25 cotton", "c++ book"]


def test_a_text_read_in_the_wrong_encoding_is_mended(load: Load, shop: Workspace) -> None:
    report = load(products="id,title\n1,cafÃ© mug\n2,保温杯\n3,Châteauneuf Àèé\n")
    assert shop.tables().products["title"].tolist() == ["café mug", "保温杯", "Châteauneuf Àèé"]
    assert codes(report, "products")[0] == "mojibake"


def judgments(*grades: str) -> str:
    rows = [f"q{n},{n},{grade}" for n, grade in enumerate(grades)]
    return "\n".join(["query,docid,rating", *rows]) + "\n"


SCALES = [
    ("0 1 1", [0, 3, 3], "grades_binary"),
    ("1 1 1", [3, 3, 3], "grades_equal"),
    ("0 0.5 1", [0, 1.5, 3], "grades_scaled"),
    ("0 1 2 3", [0, 1, 2, 3], None),
    ("4 4 4 0 2", [3, 3, 3, 0, 1.5], "grades_scaled"),
    ("5 5 4 4 1", [3, 3, 2.25, 2.25, 0], "grades_scaled"),
    ("10 8 5 0", [3, 2.4, 1.5, 0], "grades_scaled"),
]


@pytest.mark.parametrize(("grades", "expected", "code"), SCALES)
def test_every_scale_of_grades_becomes_0_to_3(
    load: Load, shop: Workspace, grades: str, expected: list[float], code: str | None
) -> None:
    report = load(judgments=judgments(*grades.split()))
    assert shop.tables().judgments["relevance"].tolist() == pytest.approx(expected)
    assert codes(report, "judgments") == ([code] if code else [])


def test_one_grade_beyond_the_scale_is_a_mistake(load: Load) -> None:
    with pytest.raises(InputError):
        load(judgments=judgments("3", "2", "1", "4"))


def test_a_pair_of_several_raters_gets_their_mean(load: Load, shop: Workspace) -> None:
    rows = ["cup,1,3,ann", "cup,1,2,ben", "cup,2,0,ann", "tea,1,1,ann", "tea,1,1,ben"]
    text = "\n".join(["query,docid,rating,rater", *rows])
    report = load(judgments=text)
    pairs = shop.tables().judgments
    assert pairs["relevance"].tolist() == [2.5, 0, 1]
    params = {problem.code: problem.params for problem in report.tables["judgments"].problems}
    assert params["data.raters"] == {"pairs": 2, "count": 1}


LABELS = [
    ("1 2", ["negative", "positive"]),
    ("-1 1", ["negative", "positive"]),
    ("0 4", ["negative", "positive"]),
    ("no yes", ["negative", "positive"]),
    ("差评 好评", ["negative", "positive"]),
]


@pytest.mark.parametrize(("labels", "expected"), LABELS)
def test_labels_are_shown_with_their_numbers(
    load: Load, shop: Workspace, labels: str, expected: list[str]
) -> None:
    first, second = labels.split()
    report = load(reviews=f"review,label\nBad,{first}\nGood,{second}\nFine,{second}\n")
    assert shop.tables().reviews["sentiment"].tolist() == [*expected, expected[1]]
    problem = report.tables["reviews"].problems[0]
    assert problem.params == {"labels": f"{second} → positive (2), {first} → negative (1)"}


def test_an_exact_name_beats_a_fuller_column(load: Load, shop: Workspace) -> None:
    load(products="sku,name,brand,supplier\n1,Cup,Acme,North\n2,Jug,,North\n3,Pot,Best,North\n")
    assert shop.tables().products["brand"].fillna("").tolist() == ["Acme", "", "Best"]


def test_a_second_column_fills_the_gaps_of_the_first(load: Load, shop: Workspace) -> None:
    header = "id,title,description,link,image_link,availability,price,sale_price"
    rows = "1,Cup,c,u,https://x.com/1.png,in,9.00 USD,7.00 USD\n2,Jug,j,u,,in,5.00 USD,\n"
    load(products=f"{header}\n{rows}")
    assert shop.tables().products["price"].tolist() == [7, 5]


def test_columns_without_names_are_told_by_their_content(load: Load, shop: Workspace) -> None:
    rows = [
        f"K-{n},Cup number {n},Kitchen/Cups,{'Acme' if n % 2 else 'Best'},{n}.50"
        for n in range(1, 7)
    ]
    load(products="\n".join(rows) + "\n")
    first = shop.tables().products.iloc[0]
    assert first[["product_id", "title", "category", "brand"]].tolist() == [
        "K-1",
        "Cup number 1",
        "Kitchen > Cups",
        "Acme",
    ]
    assert first["price"] == 1.5


def test_what_was_loaded_can_be_taken_out(load: Load, shop: Workspace, tmp_path: Path) -> None:
    load(products=SHOPIFY)
    assert main(["tables", shop.name, "--out", str(tmp_path / "out"), "--json"]) == DONE
    written = pd.read_parquet(tmp_path / "out" / "products.parquet")
    pd.testing.assert_frame_equal(written, shop.tables().products)
    about = json.loads((tmp_path / "out" / "tables.json").read_text(encoding="utf-8"))
    assert about["products"]["source"] == "products.csv"
    assert about["products"]["rows"] == 2
    assert about["products"]["mapping"]["product_id"] == "Handle"
    with zipfile.ZipFile(io.BytesIO(zipped_tables(shop))) as archive:
        assert sorted(archive.namelist()) == ["products.parquet", "tables.json"]


def test_sheet_and_header_row_are_chosen_on_the_command_line(
    shop: Workspace, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    for name, code in (("Catalog", "1"), ("Old", "2")):
        sheet = book.create_sheet(name)
        for row in (["id", "title"], ["sku", "name"], [code, "Cup"]):
            sheet.append(row)
    book.save(tmp_path / "p.xlsx")
    options = ["--products", str(tmp_path / "p.xlsx"), "--sheet", "products=Old"]
    assert main(["load", shop.name, *options, "--header-row", "products=2", "--json"]) == DONE
    assert shop.tables().products["product_id"].tolist() == ["2"]
    for wrong in (["--sheet", "products"], ["--header-row", "products=one"]):
        assert main(["load", shop.name, *options, *wrong, "--json"]) == BAD_INPUT
