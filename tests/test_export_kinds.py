"""Exports whose rows need more than a map of columns: variants, events, raters, ids of queries."""

import json
from pathlib import Path

import pandas as pd
import pytest

from engine.errors import InputError
from engine.reading.labels import Label, read_labels
from engine.reading.load import load_files, preview
from engine.reading.load_report import LoadReport
from engine.storage.workspace import Workspace

CATALOG = "id,title,price\nK-1,Red kettle,39.90\nK-2,Teapot,24\nK-3,Mug,8\n"


class Loader:
    """Loads texts by table, each under a name that ends as it says, into one workspace."""

    def __init__(self, folder: Path) -> None:
        self.shop = Workspace.create("shop")
        self._folder = folder

    def __call__(self, ending: str = "csv", **texts: str) -> LoadReport:
        return load_files(
            self.shop, {table: self.save(text, ending) for table, text in texts.items()}
        )

    def save(self, text: str, ending: str = "csv") -> Path:
        path = self._folder / f"{len(list(self._folder.iterdir()))}.{ending}"
        path.write_text(text, encoding="utf-8")
        return path

    def column(self, table: str, name: str) -> list[object]:
        cells = self.shop.tables()[table][name]
        return [None if pd.isna(cell) else cell for cell in cells]


@pytest.fixture
def load(home: Path, tmp_path: Path) -> Loader:
    (tmp_path / "files").mkdir()
    return Loader(tmp_path / "files")


def codes(report: LoadReport, table: str) -> list[str]:
    return [problem.code.split(".")[1] for problem in report.tables[table].problems]


WOO = """\
ID,Type,SKU,Name,Sale price,Regular price,Categories,Images,Parent
44,variable,hoodie,Hoodie,,,"Clothing, Clothing > Hoodies",https://x.com/1.jpg,
45,variation,hoodie-b,Hoodie - Blue,,45,,,hoodie
46,variation,hoodie-g,Hoodie - Green,39,42,,,id:44
60,simple,cap,Cap,,16,Accessories,,
"""


def test_a_woocommerce_product_has_the_price_of_its_variations(load: Loader) -> None:
    load(products=WOO)
    assert load.column("products", "product_id") == ["44", "60"]
    assert load.column("products", "title") == ["Hoodie", "Cap"]
    assert load.column("products", "price") == [45, 16]
    load(orders="order_id,sku,quantity\n1,hoodie-b,1\n1,cap,1\n2,hoodie-g,2\n")
    assert load.column("orders", "product_id") == ["44", "60", "44"]


def ubi(action: str, second: int, **more: object) -> str:
    about = {"query_id": "q1", "client_id": "c1", "timestamp": f"2024-03-05T10:00:0{second}Z"}
    return json.dumps({"action_name": action, **about, "event_attributes": {}, **more})


def test_ubi_events_take_the_query_of_their_search(load: Loader) -> None:
    kettle = {"object": {"object_id": "K-1"}, "position": {"ordinal": 2}}
    events = [
        ubi("on_search", 0, message_type="QUERY", message="red kettle"),
        ubi("item_click", 1, message="item was clicked", event_attributes=kettle),
        ubi("global_click", 2, message="page was clicked"),
        ubi("add_to_cart", 3, event_attributes=kettle),
    ]
    report = load("ndjson", searches="\n".join(events))
    assert load.column("searches", "query") == ["red kettle"] * 3
    assert load.column("searches", "event") == ["impression", "click", "add_to_cart"]
    assert load.column("searches", "product_id") == [None, "K-1", "K-1"]
    assert load.column("searches", "position") == [None, 2, 2]
    assert codes(report, "searches") == ["other_rows"]


def test_recbole_files_are_read_under_their_own_endings(load: Loader) -> None:
    load("item", products="item_id:token\ttitle:token_seq\tprice:float\nK-1\tKettle\t39.9\n")
    assert load.column("products", "product_id") == ["K-1"]
    load("inter", orders="user_id:token\titem_id:token\ttimestamp:float\nu1\tK-1\t1709630062\n")
    assert load.column("orders", "user_id") == ["u1"]
    assert load.column("orders", "time") == [pd.Timestamp("2024-03-05 09:14:22")]


def test_qrels_have_no_header(load: Loader) -> None:
    load(products=CATALOG)
    report = load(
        "qrels", judgments="red kettle\t0\tK-1\t2\nred kettle\t0\tK-2\t0\nmug\t0\tK-3\t1\n"
    )
    assert load.column("judgments", "query") == ["red kettle", "red kettle", "mug"]
    assert load.column("judgments", "product_id") == ["K-1", "K-2", "K-3"]
    assert load.column("judgments", "relevance") == [2, 0, 1]
    assert codes(report, "judgments") == ["no_header"]


@pytest.mark.parametrize(
    "text",
    [
        "301 Q0 K-1 2\n301 Q0 K-2  0\n302 Q0 K-3 1\n",
        "query-id\tcorpus-id\tscore\n1\tK-1\t2\n2\tK-3\t1\n",
        "qid,docid,grade\nq-1,K-1,2\nq-2,K-3,1\n",
    ],
)
def test_queries_that_are_ids_are_refused_with_the_reason(load: Loader, text: str) -> None:
    with pytest.raises(InputError) as caught:
        load("tsv", products=CATALOG)
        load("txt", judgments=text)
    assert caught.value.code == "data.queries_are_ids"


RETAIL = """\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID
536365,85123A,HEART,6,12/1/2010 8:26,2.55,17850
C536379,D,Discount,-1,12/1/2010 9:41,27.5,14527
A563186,B,Adjust bad debt,1,8/12/2011 14:51,-11062.06,
536400,22632,,2,12/13/2010 9:41,0,
"""


def test_returns_and_corrections_are_left_out_and_counted(load: Loader) -> None:
    report = load(orders=RETAIL)
    assert load.column("orders", "order_id") == ["536365", "536400"]
    assert load.column("orders", "time")[1] == pd.Timestamp("2010-12-13 09:41")
    assert codes(report, "orders") == ["returns", "refunds"]


def test_orders_without_codes_meet_the_catalog_by_titles(load: Loader) -> None:
    load(products=CATALOG)
    load(orders="订单编号,宝贝标题,宝贝数量\n1,Red kettle - 2 l,1\n1,Mug,2\n2,Teapot,1\n")
    assert load.column("orders", "product_id") == ["K-1", "K-3", "K-2"]


def test_another_column_of_the_same_meaning_fills_gaps_row_by_row(load: Loader) -> None:
    load(
        products="sku,name,price,sale_price,cost\n1,Cup,9,7,1\n2,Jug,5,,1\n3,Pot,,4,1\n4,Pan,,,1\n"
    )
    assert load.column("products", "price") == [9, 5, 4, None]


def test_objects_in_cells_are_called_by_their_names(load: Loader) -> None:
    hits = [
        {"_source": {"sku": str(n), "title": f"Cup {n}", "category": {"id": 7, "name": "Cups"}}}
        for n in range(3)
    ]
    load("json", products="\n".join(map(json.dumps, hits)))
    assert load.column("products", "category") == ["Cups"] * 3


AMAZON = """\
TemplateType=fptcustom\tVersion=2024.0105\tThe top 3 rows are for Amazon.com use only.\t\t
Seller SKU\tProduct Name\tBrand Name\tYour Price\tMain Image URL
item_sku\titem_name\tbrand_name\tstandard_price\tmain_image_url
K-1\tRed kettle\tAcme\t39.90\thttps://x.com/1.jpg
K-2\tTeapot\tAcme\t24.00\thttps://x.com/2.jpg
"""


def test_names_for_machines_below_the_header_are_no_product(load: Loader) -> None:
    load("txt", products=AMAZON)
    assert load.column("products", "product_id") == ["K-1", "K-2"]
    assert load.column("products", "price") == [39.9, 24]


def test_a_grand_total_behind_the_last_column_is_no_term(load: Loader) -> None:
    comments = "# ----\n# Search terms\n# Account: Demo\n# Start date: 20240301\n# ----\n"
    rows = "Search term,Event count\n,812,Grand total\nred kettle,41\n(not set)\nteapot,30\n"
    report = load(searches=comments + rows.replace("(not set)\n", "(not set),12\n"))
    assert load.column("searches", "query") == ["red kettle", "teapot"]
    assert codes(report, "searches") == [
        "header_below",
        "not_a_record",
        "words_for_missing",
        "no_term",
        "counts_unused",
    ]


LONG = """\
query,product_id,grade,rater
cup,K-1,3,ann
cup,K-1,0,ben
cup,K-2,1,ann
tea,K-2,2,ann
tea,K-2,2,ben
"""
WIDE = "query,docid,Judge ann,Judge ben\ncup,K-1,3,0\ncup,K-2,1,\ntea,K-2,2,2\n"
BOOK = "query,docid,ann,ben\ncup,K-1,3,0\ncup,K-2,1,\ntea,K-2,2,2\n"


@pytest.mark.parametrize(
    ("text", "ann", "ben"),
    [(LONG, "ann", "ben"), (WIDE, "Judge ann", "Judge ben"), (BOOK, "ann", "ben")],
)
def test_grades_are_kept_by_rater_and_their_mean_is_used(
    load: Loader, text: str, ann: str, ben: str
) -> None:
    load(products=CATALOG)
    report = load(judgments=text)
    assert load.column("judgments", "relevance") == [1.5, 1, 2]
    assert [json.loads(str(cell)) for cell in load.column("judgments", "raters")] == [
        {ann: 3, ben: 0},
        {ann: 1},
        {ann: 2, ben: 2},
    ]
    assert codes(report, "judgments") == ["raters", "raters_dispute"]
    dispute = report.tables["judgments"].problems[-1]
    assert dispute.params["people"] == 2
    assert f"cup · K-1 ({ann}: 3, {ben}: 0)" in dispute.message("en")
    assert "Krippendorff" in dispute.message("zh")


def test_a_pair_that_no_judge_rated_is_left_out_once(load: Loader) -> None:
    report = load(judgments=WIDE + "tea,K-3,,\n")
    assert len(load.column("judgments", "query")) == 3
    unrated = [p for p in report.tables["judgments"].problems if p.code == "data.unrated"]
    assert [problem.params["count"] for problem in unrated] == [1]


def test_labels_are_counted_before_they_are_believed(load: Loader) -> None:
    seen = preview(
        load.save("评价内容,好评差评\n很好,好评\n差,差评\n不错,好评\n嗯,其他\n"), "reviews"
    )
    assert read_labels(seen.counts[seen.mapping.fields["sentiment"]]) == [
        Label("好评", 2, "positive"),
        Label("差评", 1, "negative"),
        Label("其他", 1, None),
    ]
    assert read_labels({"4": 3, "0": 1}) == [Label("4", 3, "positive"), Label("0", 1, "negative")]


def test_the_title_of_a_review_is_no_label_of_it(load: Loader) -> None:
    header = "review_id,review_title,review_content,review_score"
    load(reviews=f"{header}\n1,Great,Boils fast,5\n2,Bad,Leaks,1\n3,Good,,4\n")
    assert load.column("reviews", "sentiment") == [None] * 3
    assert load.column("reviews", "text") == ["Boils fast", "Leaks", "Good"]
