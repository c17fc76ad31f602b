"""Product feeds in XML: what they become, and which ones are refused."""

import json
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.reading.columns import TextColumns, TextTable
from engine.reading.format import is_feed
from engine.reading.layout import Place
from engine.reading.load import load_files
from engine.reading.reader import read_table
from engine.reading.xml_feed import parse_feed
from engine.storage.workspace import Workspace

RSS = """<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel>
<title>Our shop</title><link>https://shop.example</link><description>All of it</description>
<item><title>Red kettle &amp; lid</title><description><![CDATA[<p>Boils.</p>]]></description>
<link>https://shop.example/1</link><g:id>K-1</g:id><g:title>Red kettle</g:title>
<g:image_link>https://shop.example/1.jpg</g:image_link><g:availability>in stock</g:availability>
<g:price>39.90 USD</g:price><g:sale_price>29.90 USD</g:sale_price><g:brand>Acme</g:brand>
<g:product_type>Kitchen &gt; Kettles</g:product_type><g:product_type>Gifts</g:product_type>
<g:shipping><g:country>US</g:country><g:price>5 USD</g:price></g:shipping></item>
<item><g:id>K-2</g:id><title>Teapot</title><description>For tea</description>
<link>https://shop.example/2</link><g:image_link/><g:availability>in stock</g:availability>
<g:price>24 USD</g:price></item></channel></rss>
"""


def parse(folder: Path, text: str | bytes) -> TextTable:
    path = folder / "feed.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    columns = TextColumns("feed.xml")
    parse_feed(path, columns)
    return columns.finish()


def records(folder: Path, text: str | bytes) -> list[dict[str, str]]:
    rows = parse(folder, text).table.to_pylist()
    return [{name: cell for name, cell in row.items() if cell is not None} for row in rows]


def test_a_merchant_center_feed_becomes_products(home: Path, tmp_path: Path) -> None:
    # A feed is known by its content, and read in the limited child whatever its name.
    path = tmp_path / "feed.txt"
    path.write_text(RSS, encoding="utf-8")
    shop = Workspace.create("shop")
    report = load_files(shop, {"products": path}).tables["products"]
    assert report.mapping.preset == "google_merchant_center"
    assert [problem.code for problem in report.problems] == ["reader.other_format"]
    products = shop.tables().products
    columns = ["product_id", "title", "description", "category", "brand", "price", "image"]
    cells = products[columns].astype(object)
    assert cells.where(cells.notna(), None).values.tolist() == [
        ["K-1", "Red kettle", "Boils.", "Kitchen > Kettles", "Acme", 29.9,
         "https://shop.example/1.jpg"],
        ["K-2", "Teapot", "For tea", None, None, 24, None],
    ]  # fmt: skip
    assert "shipping" in json.loads(products["attributes"][0])


def test_atom_and_plain_feeds(tmp_path: Path) -> None:
    atom = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
<title>x</title><entry><g:id>1</g:id><title>Cup</title><link href="https://s.example/1"/></entry>
</feed>"""
    assert records(tmp_path, atom) == [{"id": "1", "title": "Cup", "link": "https://s.example/1"}]
    offers = """<yml_catalog><shop><name>Shop</name><offers><offer id="7" available="true">
<name>Cup</name><price>3</price><param name="Colour">red</param></offer></offers></shop>
</yml_catalog>"""
    offer = {"id": "7", "available": "true", "name": "Cup", "price": "3", "Colour": "red"}
    assert records(tmp_path, offers) == [offer]


def test_the_encoding_that_a_feed_declares_may_be_any(tmp_path: Path) -> None:
    product = "<product><name>红色保温杯与茶壶</name></product>"
    feed = f'<?xml version="1.0" encoding="{{}}"?><products>{product}</products>'
    for codec in ("gb18030", "utf-16", "utf-8-sig"):
        content = feed.format(codec.removesuffix("-sig")).encode(codec)
        assert records(tmp_path, content) == [{"name": "红色保温杯与茶壶"}]


XML = "<?xml version='1.0'?>"
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
REFUSED = {
    "entities that grow": (f"{XML}{BOMB}<rss><item><id>&b;</id></item></rss>", "doctype"),
    "an entity that names a file": (f"{XML}{FILE}<rss><item><id>&a;</id></item></rss>", "doctype"),
    "a feed that ends too early": (RSS[:500], "broken_xml"),
    "an entity of HTML": ("<rss><item><id>&nbsp;</id></item></rss>", "broken_xml"),
    "no list of products": (f"{XML}<Workbook><Row>1</Row></Workbook>", "no_feed"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code"), REFUSED.values(), ids=list(REFUSED))
def test_feeds_that_are_refused(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(tmp_path, text)
    assert caught.value.code == f"reader.{code}"


def test_elements_inside_elements_without_end_stay_outside(tmp_path: Path) -> None:
    deep = "<rss><item><id>1</id>" + "<a>" * 5_000 + "x" + "</a>" * 5_000 + "</item></rss>"
    assert records(tmp_path, deep)[0]["id"] == "1"


def test_a_web_page_is_no_feed(tmp_path: Path) -> None:
    path = tmp_path / "page.xml"
    path.write_text('<?xml version="1.0"?>\n<!DOCTYPE html><html><body/></html>', encoding="utf-8")
    assert is_feed(path)
    with pytest.raises(InputError) as caught:
        read_table(path, place=Place("products"))
    assert caught.value.code == "reader.web_page"
