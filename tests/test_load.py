"""Files into a workspace: all of them or none, and what was there before stays whole."""

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest

from engine.errors import InputError
from engine.reading import load
from engine.reading.checks import restore_zeros
from engine.reading.language import detect_language
from engine.reading.load import load_files, load_sample, preview
from engine.storage.workspace import Workspace

PRODUCTS = "sku,title,price\n007,Red cup,3.00\n008,Blue jug,4.50\n"


@pytest.fixture
def shop(home: Path) -> Workspace:
    return Workspace.create("shop")


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text(text, encoding=encoding)
    return path


def content(workspace: Workspace) -> dict[str, bytes]:
    files = (workspace.folder / workspace.generation).glob("*")
    return {file.name: file.read_bytes() for file in files}


def test_products_and_searches_load_together(shop: Workspace, tmp_path: Path) -> None:
    files = {
        "products": write(tmp_path, "p.csv", PRODUCTS),
        "searches": write(tmp_path, "s.csv", "query;sku;clicked\ncup;007;true\njug;8;false\n"),
    }
    report = load_files(shop, files)
    assert shop.tables().products["product_id"].tolist() == ["007", "008"]
    assert shop.tables().searches["product_id"].tolist() == ["007", "008"]
    assert shop.tables().searches["event"].tolist() == ["click", "impression"]
    tables = report.as_json("en")["tables"]
    assert isinstance(tables, dict)
    assert set(tables["products"]) == {"rows", "kept", "rejected", "problems"}
    assert tables["products"]["rows"] == tables["products"]["kept"] == 2
    assert [problem["code"] for problem in tables["searches"]["problems"]] == [
        "data.zeros_restored"
    ]
    json.dumps(report.as_json("zh"), ensure_ascii=False)


def test_what_is_known_of_a_table_is_kept(shop: Workspace, tmp_path: Path) -> None:
    path = write(tmp_path, "upload-1", PRODUCTS)
    load_files(shop, {"products": path}, names={"products": "catalog.csv"})
    about = shop.about_tables()["products"]
    assert about["source"] == "catalog.csv"
    assert about["mapping"] == {"product_id": "sku", "title": "title", "price": "price"}
    assert about["preset"] is None
    assert (about["rows"], about["file_rows"], about["kept"], about["rejected"]) == (2, 2, 2, 0)


def test_a_map_overrides_the_guess_and_empty_drops_it(shop: Workspace, tmp_path: Path) -> None:
    path = write(tmp_path, "p.csv", "sku,title,name,price\n1,A long title,Cup,3\n2,Another,Jug,4\n")
    load_files(shop, {"products": path}, {"products": {"title": "name", "price": ""}})
    products = shop.tables().products
    assert products["title"].tolist() == ["Cup", "Jug"]
    assert products["price"].isna().all()
    assert json.loads(products["attributes"][0]) == {"title": "A long title", "price": "3"}


def test_bad_rows_stop_a_load_unless_skipped(shop: Workspace, tmp_path: Path) -> None:
    load_files(shop, {"products": write(tmp_path, "p.csv", PRODUCTS)})
    before = content(shop)
    bad = write(tmp_path, "bad.csv", "sku,title,price\n1,Cup,3\n2,,4\n3,Jug,-1\n4,Pot,1,9\n")
    orders = write(tmp_path, "o.csv", "order_id,sku\na,1\n")
    with pytest.raises(InputError) as caught:
        load_files(shop, {"orders": orders, "products": bad})
    assert caught.value.code == "data.bad_rows"
    assert caught.value.params["count"] == 3
    assert sorted(problem.row or 0 for problem in caught.value.details) == [3, 4, 5]
    assert content(shop) == before
    report = load_files(shop, {"orders": orders, "products": bad}, skip_bad_rows=True)
    products = report.tables["products"]
    assert (products.rows, products.kept, products.rejected) == (4, 1, 3)
    assert len(shop.tables().orders) == 1


def test_a_second_bad_file_keeps_the_first_out(shop: Workspace, tmp_path: Path) -> None:
    files = {
        "products": write(tmp_path, "p.csv", PRODUCTS),
        "orders": write(tmp_path, "o.csv", "colour,shade\nred,dark\n"),
    }
    with pytest.raises(InputError) as caught:
        load_files(shop, files)
    assert caught.value.code == "data.no_column"
    assert "colour, shade" in caught.value.message("en")
    assert shop.about_tables() == {}


def test_repeated_products_do_not_stop_a_load(shop: Workspace, tmp_path: Path) -> None:
    path = write(tmp_path, "p.csv", PRODUCTS + "007,Red cup,3.00\n008,Other jug,9\n")
    report = load_files(shop, {"products": path}).tables["products"]
    assert (report.rows, report.kept, report.rejected) == (4, 2, 2)


def test_unknown_products_are_counted_and_kept(shop: Workspace, tmp_path: Path) -> None:
    load_files(shop, {"products": write(tmp_path, "p.csv", PRODUCTS)})
    path = write(tmp_path, "j.csv", "query,product_id,relevance\ncup,007,3\ncup,x1,0\ncup,x2,1\n")
    report = load_files(shop, {"judgments": path}).tables["judgments"]
    assert report.kept == 3
    assert [problem.code for problem in report.problems] == ["data.unknown_products"]
    assert report.problems[0].params == {"count": 2, "rows": 3, "examples": "x1, x2"}


def test_zeros_are_restored_only_where_one_product_fits() -> None:
    products = pd.DataFrame({"product_id": ["007", "08", "008", "9", "09"]}, dtype="str")
    frame = pd.DataFrame({"product_id": ["7", "8", "9", None]}, dtype="str")
    restored, count = restore_zeros(frame, products)
    assert restored["product_id"][:3].tolist() == ["007", "8", "9"]
    assert count == 1


@pytest.mark.parametrize(
    ("title", "language"), [("红色陶瓷杯", "zh"), ("Red cup", "en"), ("Apple 手机 15 Pro", "zh")]
)
def test_the_catalog_sets_the_language(
    shop: Workspace, tmp_path: Path, title: str, language: str
) -> None:
    load_files(shop, {"products": write(tmp_path, "p.csv", f"sku,title\n1,{title}\n2,{title} B\n")})
    assert Workspace.open("shop").language == language


def test_a_chosen_language_stays(home: Path, tmp_path: Path) -> None:
    chosen = Workspace.create("mine", "zh")
    load_files(chosen, {"products": write(tmp_path, "p.csv", PRODUCTS)})
    assert Workspace.open("mine").language == "zh"
    assert detect_language(chosen.tables().products["title"], None) == "en"


def test_a_catalog_saved_by_chinese_excel(shop: Workspace, tmp_path: Path) -> None:
    text = "商品编号\t商品名称\t售价\n001\t红色陶瓷杯\t¥1,299.00\n002\t蓝色水壶\t39元\n"
    report = load_files(shop, {"products": write(tmp_path, "商品.csv", text, "gb18030")})
    products = shop.tables().products
    assert report.tables["products"].kept == 2
    assert products["title"].tolist() == ["红色陶瓷杯", "蓝色水壶"]
    assert products["price"].tolist() == [1299, 39]


def test_preview_shows_columns_guess_and_first_rows(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path, "upload", PRODUCTS)
    shown = preview(path, "products", "catalog.csv")
    assert shown.columns == ["sku", "title", "price"]
    assert shown.mapping.fields["product_id"] == "sku"
    assert shown.rows["title"].tolist() == ["Red cup", "Blue jug"]


def test_a_preset_file_names_its_source(shop: Workspace, tmp_path: Path) -> None:
    text = (
        "id,title,description,link,image_link,availability,price,brand\n"
        "1,Cup,<b>Red</b> cup,https://x.com/1,https://x.com/1.jpg,in stock,15.00 USD,Acme\n"
    )
    load_files(shop, {"products": write(tmp_path, "feed.csv", text)})
    assert shop.about_tables()["products"]["preset"] == "Google Merchant Center"
    row = shop.tables().products.iloc[0]
    assert (row["description"], row["price"]) == ("Red cup", 15)


def test_a_sample_shop_loads_and_sets_the_language(
    shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "samples" / "zh"
    folder.mkdir(parents=True)
    write(folder, "products.csv", "product_id,title\n1,红杯\n2,蓝壶\n")
    write(folder, "orders.csv", "order_id,product_id\na,1\n")
    write(folder, "reviews.csv", "product_id,text,rating\n1,很好,5\n")
    packed = gzip.compress(b"query,product_id,event\ncup,1,click\n")
    (folder / "searches.csv.gz").write_bytes(packed)
    monkeypatch.setattr(load, "SAMPLE_DATA", tmp_path / "samples")
    report = load_sample(shop, "zh")
    assert set(report.tables) == {"products", "searches", "orders", "reviews"}
    assert (shop.language, shop.language_chosen) == ("zh", True)
    with pytest.raises(InputError, match="sample shop"):
        load_sample(shop, "en")
