"""Where the table is in a sheet: titles, notes, totals, two header rows, several sheets, none."""

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from engine.errors import InputError
from engine.reading.layout import Place
from engine.reading.reader import RawTable, read_table

Cells = list[list[object]]
HEADER: list[object] = ["编号", "商品名称", "品牌", "售价"]
RECORDS: Cells = [["007", "茶杯", "山月", 12.5], ["008", "茶壶", "云禾", 30]]
AS_TEXT = [["007", "茶杯", "山月", "12.5"], ["008", "茶壶", "云禾", "30"]]
Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save(*merged: str, **sheets: Cells) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
            for cells in merged:
                sheet.merge_cells(cells)
        book.save(tmp_path / "shop.xlsx")
        return tmp_path / "shop.xlsx"

    return save


def text_file(folder: Path, text: str) -> Path:
    path = folder / "shop.csv"
    path.write_text(text, encoding="utf-8")
    return path


def read(path: Path, table: str = "products", **choices: object) -> RawTable:
    return read_table(path, place=Place(table, **choices))  # type: ignore[arg-type]


def rows_of(raw: RawTable) -> list[list[str]]:
    return [[cell for cell in row if isinstance(cell, str)] for row in raw.frame.values.tolist()]


def codes(raw: RawTable) -> list[str]:
    return [problem.code.removeprefix("reader.") for problem in raw.problems]


def test_titles_and_totals_around_a_table_are_no_records(save: Save) -> None:
    sheet = [["十月在售商品"], ["制表：运营"], [], HEADER, *RECORDS, ["合计", None, None, 42.5]]
    raw = read(save("A1:D1", sheet=sheet))
    assert list(raw.frame) == HEADER
    assert rows_of(raw) == AS_TEXT
    assert raw.rows.tolist() == [5, 6]
    assert raw.left_out == 1
    assert codes(raw) == ["header_below", "not_a_record"]
    assert raw.view is not None
    assert raw.view.header_row == 4
    assert raw.view.rows[0] == (1, ["十月在售商品", "", "", ""])


def test_names_stand_below_their_groups(save: Save) -> None:
    groups: list[object] = ["基本信息", None, "价格", None]
    names: list[object] = ["编号", "商品名称", "吊牌价", "售价"]
    raw = read(save("A1:B1", "C1:D1", sheet=[groups, names, ["007", "茶杯", 20, 12.5]]))
    assert list(raw.frame) == names
    assert rows_of(raw) == [["007", "茶杯", "20", "12.5"]]


def test_equal_names_take_their_group_and_empty_ones_become_it(save: Save) -> None:
    groups: list[object] = ["编号", "商品名称", "2023", None, "2024", None]
    names: list[object] = [None, None, "销量", "售价", "销量", "售价"]
    merged = ("A1:A2", "B1:B2", "C1:D1", "E1:F1")
    raw = read(save(*merged, sheet=[groups, names, ["007", "茶杯", 1, 2, 3, 4]]))
    assert list(raw.frame) == [
        "编号",
        "商品名称",
        "2023 销量",
        "2023 售价",
        "2024 销量",
        "2024 售价",
    ]


def test_a_merged_cell_counts_in_all_its_rows(save: Save) -> None:
    raw = read(save("C2:C3", sheet=[HEADER, ["1", "a", "山月", 1], ["2", "b", None, 2]]))
    assert raw.frame["品牌"].tolist() == ["山月", "山月"]


def test_the_sheet_with_the_data_is_read_unless_another_is_chosen(save: Save) -> None:
    path = save(说明=[["序号", "说明"], ["1", "勿改表头"]], 商品=[HEADER, *RECORDS])
    raw = read(path)
    assert rows_of(raw) == AS_TEXT
    assert codes(raw) == ["other_sheets"]
    assert raw.view is not None
    assert (raw.view.sheet, raw.view.sheets) == ("商品", ["说明", "商品"])
    assert list(read(path, sheet="说明").frame) == ["序号", "说明"]
    with pytest.raises(InputError) as caught:
        read(path, sheet="价格")
    assert caught.value.code == "reader.no_sheet"
    assert "说明, 商品" in caught.value.message("en")


def test_errors_of_formulas_are_empty_cells_and_counted(save: Save) -> None:
    raw = read(save(sheet=[HEADER, ["1", "茶杯", "#N/A", "=1/0"], *RECORDS]))
    assert raw.frame["品牌"].isna().tolist() == [True, False, False]
    assert [problem.params for problem in raw.problems] == [{"count": 1}]


REPORT = """# ------
# Search terms
# ------
Search term,Event count,Total users,
,344,210,Grand total
red kettle,41,39,
total,9,8,
"""


def test_comments_and_the_grand_total_of_a_report_are_left_out(tmp_path: Path) -> None:
    raw = read(text_file(tmp_path, REPORT), "searches")
    assert raw.frame["Search term"].tolist() == ["red kettle", "total"]
    assert raw.left_out == 1


def test_a_file_without_a_header_keeps_its_first_record(tmp_path: Path) -> None:
    raw = read(text_file(tmp_path, "K-1,Red cup,3.00\nK-2,Blue jug,4.50\nK-3,Teapot,9.00\n"))
    assert raw.frame["column_1"].tolist() == ["K-1", "K-2", "K-3"]
    assert codes(raw) == ["no_header"]


@pytest.mark.parametrize(
    "text",
    [
        "name,2023,2024\nK-1,10,12\nK-2,11,14\nK-3,9,8\n",
        "query\nred cup, large\nblue jug, small\ntea, green\n",
        "my column\nred cup, large\nblue jug, small\ntea, green\n",
        "id,title\n1,Total\n2,Sum\n",
        "código,nombre,precio\nK-1,Taza,3.00\nK-2,Jarra,4.50\nK-3,Olla,9.00\n",
    ],
)
def test_a_plain_header_stays_where_it_is(tmp_path: Path, text: str) -> None:
    raw = read(text_file(tmp_path, text))
    assert raw.view is not None
    assert raw.view.header_row == 1
    assert len(raw.frame) == text.count("\n") - 1


def test_the_user_can_move_the_header(tmp_path: Path) -> None:
    path = text_file(tmp_path, "a,b\nid,title\n1,Cup\n2,Jug\n")
    assert list(read(path, header_row=1).frame) == ["a", "b"]
    assert list(read(path, header_row=2).frame) == ["id", "title"]
    assert len(read(path, header_row=0).frame) == 4
    for row in (9, -1, 2_000_000):
        with pytest.raises(InputError) as caught:
            read(path, header_row=row)
        assert caught.value.code == "reader.no_header_row"


def test_another_delimiter_in_the_header_is_still_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(text_file(tmp_path, "sku_x,name_x,price_x\n1;Cup;3\n2;Jug;4\n3;Pot;9\n"))
    assert caught.value.code == "reader.wrong_delimiter"


def test_notes_below_a_table_are_left_out(tmp_path: Path) -> None:
    text = "id,title,price\n1,Cup,3\n2,Jug,4\nTotal,,7\nSource: our shop\n"
    raw = read(text_file(tmp_path, text))
    assert raw.frame["title"].tolist() == ["Cup", "Jug"]
    assert raw.left_out == 2
    assert raw.rejected == 0
