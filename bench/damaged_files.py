"""Good files of each kind that a shop exports, and what people and programs do to them."""

import gzip
import io
import json
import random
from collections.abc import Callable, Sequence

import openpyxl
import pandas as pd

MOST_CHANGES = 4
HEAVIEST = 64  # times that a part of a file is repeated

CATALOG = (
    "product_id,title,category,price\nK-1,Red kettle,Kitchen > Kettles,39.90\nK-2,茶壶,厨房,24\n"
)
RSS = """<?xml version="1.0"?><rss xmlns:g="http://base.google.com/ns/1.0"><channel><item>
<g:id>K-1</g:id><title>Red kettle</title><g:price>39.90 USD</g:price></item><item><g:id>K-2</g:id>
<title>茶壶</title><g:price>24 USD</g:price></item></channel></rss>"""
RECORDS = [
    {"product_id": "K-1", "title": "Red kettle", "price": 39.9, "tags": ["a", {"b": None}]},
    {"product_id": "K-2", "title": "茶壶", "price": "24元"},
]
# The good files: a table, a name, and the text or the rows.
TEXTS: dict[str, tuple[str, str, str]] = {
    "catalog": ("products", "a.csv", CATALOG),
    "no header": ("products", "a.csv", "K-1,Red kettle,3.00\nK-2,茶壶,4.50\nK-3,Pot,9.00\n"),
    "shopify": (
        "products",
        "a.csv",
        "Handle,Title,Body (HTML),Vendor,Variant Price,Option1 Name,Option1 Value\n"
        "a,Cup,<p>Red</p>,Acme,3,Size,S\na,,,,4,,L\n",
    ),
    "woocommerce": (
        "products",
        "a.csv",
        "ID,Type,SKU,Name,Regular price,Categories,Parent\n1,variable,h,Hat,,Hats,\n"
        "2,variation,h-1,Hat - S,9,,h\n3,variation,h-2,Hat - M,,,id:1\n",
    ),
    "feed": ("products", "a.xml", RSS),
    "records": ("products", "a.json", json.dumps({"products": RECORDS}, ensure_ascii=False)),
    "lines": ("products", "a.jsonl", "\n".join(map(json.dumps, RECORDS))),
    "dump": ("products", "a.jsonl", "\n".join(json.dumps({"_source": r}) for r in RECORDS)),
    "report": (
        "searches",
        "a.csv",
        "# Search terms\n# 2024\nSearch term,Event count\n,9,Grand total\nred cup,5\n茶壶,4\n",
    ),
    "log": (
        "searches",
        "a.tsv",
        "query\tproduct_id\tevent\tdate\ttime\ttimezone\nred+cup\tK-1\tclick\t05/03/2024\t9:05\tUTC+8\n"
        "%E8%8C%B6\tK-2\t浏览\t13/03/2024\t13:07:22\tAsia/Shanghai\n",
    ),
    "ubi": (
        "searches",
        "a.ndjson",
        '{"action_name":"on_search","query_id":"q","client_id":"c","timestamp":"2024-03-05T10:00Z",'
        '"message_type":"QUERY","message":"cup","event_attributes":{}}\n'
        '{"action_name":"click","query_id":"q","client_id":"c","timestamp":"2024-03-05T10:01Z",'
        '"event_attributes":{"object":{"object_id":"K-1"},"position":{"ordinal":1}}}\n',
    ),
    "taobao": (
        "orders",
        "a.csv",
        '订单编号,买家会员名,订单创建时间,商家编码,宝贝数量,买家实际支付金额\n"=""0012""",甲,'
        '2024-03-05 12:34:56,"=""K-1""",2,"￥1,168.00"\n'
        '"=""0013""",乙,2024/3/6 下午1:00,K-2,1,9元\n',
    ),
    "returns": (
        "orders",
        "a.csv",
        "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID\n"
        "5,K-1,6,12/13/2010 8:26,2.55,1\nC6,K-2,-1,12/1/2010 9:41,27.5,1\n"
        "A7,B,1,8/12/2011 14:51,-11.06,\n",
    ),
    "recbole": (
        "orders",
        "a.inter",
        "user_id:token\titem_id:token\ttimestamp:float\nu\tK-1\t1709630062\nv\tK-2\t1709630063\n",
    ),
    "reviews": (
        "reviews",
        "a.csv",
        'review,stars,label,product_id,date\n"Good, ""very""",5,1,K-1,2024-03-05\n'
        "差,★,2,K-2,3/5/24\n此用户未填写评价,4/5,1,K-1,1709630062\n",
    ),
    "qrels": ("judgments", "a.qrels", "red cup\t0\tK-1\t2\nred cup\t0\tK-2\t0\n茶\tQ0\tK-2\t1\n"),
    "raters": (
        "judgments",
        "a.csv",
        "query,docid,grade,rater\ncup,K-1,4,ann\ncup,K-1,0,ben\n茶,K-2,2,ann\n茶,K-1,,ben\n",
    ),
    "judges": ("judgments", "a.csv", "query,docid,judge A,judge B\ncup,K-1,3,1\n茶,K-2,,2\n"),
}
BINARIES = ("workbook", "parquet")
ROWS: list[list[object]] = [
    ["十月商品", None, None, None],
    ["编号", "商品名称", "类目", "售价"],
    ["K-1", "Red kettle", "Kitchen > Kettles", 39.9],
    ["K-2", "茶壶", "厨房", "24元起"],
    ["合计", None, None, 63.9],
]
CELLS = (
    *(
        "",
        " ",
        "NULL",
        "-",
        "1e999",
        "NaN",
        "-1",
        "9" * 400,
        "=1+1",
        '="007"',
        "½",
        "٣",
        "1,5",
        "万",
    ),
    *(
        "\ud83d",
        "\0",
        "\u202e",
        "\ufeff",
        "<b",
        "<![CDATA[",
        "&#x110000;",
        "%E4%BF",
        "cafÃ©",
        "a" * 3000,
    ),
    *("2024-13-45", "99/99/9999", "0000-00-00", "25:61", "1709630062000000000000", "UTC+99"),
    *("{", "[" * 500, '{"a":{"b":[1]}}', "true", "五星", "click", "# ", "合计", "1,5", "a" * 3000),
)
MARKS = (",", ";", "\t", "|", '"', "'", "\\", "\n", "\r", "\r\n", '""', "\x1c", "\u2028")
CODECS = ("gb18030", "utf-16", "utf-8-sig", "cp1252", "shift_jis", "euc_kr", "cp874", "utf-32")

Change = Callable[[str, random.Random], str]


def make_file(number: int, seed: int) -> tuple[str, str, bytes]:
    """The table, the name and the content of a damaged file."""
    draw = random.Random(f"{seed}/{number}")
    kinds = [*TEXTS, *BINARIES]
    kind = kinds[number % len(kinds)]
    if kind in TEXTS:
        table, name, text = TEXTS[kind]
        for _ in range(draw.randrange(MOST_CHANGES)):
            text = draw.choice(CHANGES)(text, draw)
        codec = draw.choice(CODECS) if draw.random() < 0.3 else "utf-8"
        content = text.encode(codec, draw.choice(("replace", "ignore")))
    else:
        table, (name, content) = "products", _binary(kind, draw)
    for _ in range(draw.randrange(MOST_CHANGES)):
        content = _damage(content, draw)
    if draw.random() < 0.05:
        name, content = f"{name}.gz", gzip.compress(content)
    elif draw.random() < 0.05:
        name = f"a.{draw.choice(('csv', 'json', 'xlsx', 'xml', 'parquet', 'txt'))}"
    return table, name, content


def _binary(kind: str, draw: random.Random) -> tuple[str, bytes]:
    rows = [list(row) for row in ROWS]
    for _ in range(draw.randrange(MOST_CHANGES)):
        draw.choice(rows)[draw.randrange(4)] = _plain(draw.choice(CELLS))
    file = io.BytesIO()
    if kind == "parquet":
        frame = pd.DataFrame(rows[2:], columns=["id", "title", "category", "price"]).astype("str")
        frame.to_parquet(file)
        return "a.parquet", file.getvalue()
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    if draw.random() < 0.5:
        top, left = draw.randrange(1, 5), draw.randrange(1, 4)
        book.worksheets[0].merge_cells(
            start_row=top, end_row=top + 1, start_column=left, end_column=left + 1
        )
    book.save(file)
    return "a.xlsx", file.getvalue()


def _plain(cell: str) -> str:
    """The cell without signs that a workbook cannot hold."""
    return "".join(sign for sign in cell if sign.isprintable())


def _change_cell(text: str, draw: random.Random) -> str:
    lines = text.split("\n")
    place = draw.randrange(len(lines))
    parts = lines[place].split(mark := draw.choice((",", "\t", '"', ">")))
    parts[draw.randrange(len(parts))] = draw.choice(CELLS)
    lines[place] = mark.join(parts)
    return "\n".join(lines)


def _change_mark(text: str, draw: random.Random) -> str:
    old, new = draw.choice(MARKS), draw.choice(MARKS)
    return text.replace(old, new, draw.choice((1, 3, -1)))


def _insert(text: str, draw: random.Random) -> str:
    place = draw.randrange(len(text) + 1)
    return text[:place] + draw.choice((*MARKS, *CELLS)) + text[place:]


def _move_lines(text: str, draw: random.Random) -> str:
    lines = text.split("\n")
    lines.insert(draw.randrange(len(lines) + 1), draw.choice(lines))
    if draw.random() < 0.3:
        draw.shuffle(lines)
    return "\n".join(lines)


def _repeat(text: str, draw: random.Random) -> str:
    start, end = sorted(draw.randrange(len(text) + 1) for _ in range(2))
    return text[:end] + text[start:end] * draw.randrange(HEAVIEST) + text[end:]


CHANGES: Sequence[Change] = (_change_cell, _change_mark, _insert, _move_lines, _repeat)


def _damage(content: bytes, draw: random.Random) -> bytes:
    if not content:
        return content
    place = draw.randrange(len(content))
    match draw.randrange(4):
        case 0:
            return content[:place]
        case 1:
            return content[:place] + content[place + draw.randrange(8) :]
        case 2:
            return content[:place] + draw.randbytes(draw.randrange(1, 4)) + content[place:]
        case _:
            return content[:place] + draw.randbytes(1) + content[place + 1 :]
